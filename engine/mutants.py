"""Small wrong turns of a rule: each operator, limit, word, ``has()``, verdict and cap changed by one step.

A rule whose mutants nobody notices is a rule whose examples say too little.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, nextafter
from typing import get_args

from engine.boundary_values import OTHER_WORDS
from engine.effects import Stance
from engine.literals import literal, to_cel
from engine.pack import Rule
from engine.tree import (
    And,
    Arithmetic,
    ArithmeticOp,
    Compare,
    CompareOp,
    Constant,
    Has,
    In,
    InputRef,
    LimitRef,
    ListConstant,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
)
from engine.verdict import Verdict

Variant = tuple[str, Node]
_ORDERED: tuple[CompareOp, ...] = get_args(CompareOp)
_ARITHMETIC: dict[ArithmeticOp, ArithmeticOp] = {"+": "-", "-": "+", "*": "+", "/": "*"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one wrong turn; ``words`` say which."""

    words: str
    stance: Stance


def mutants_of(rule: Rule) -> tuple[Mutant, ...]:
    """Every mutant of ``rule``, in the order of its text; two that come to the same count once."""
    stance = Stance(rule.condition, rule.then, rule.cap)
    found: dict[Node, str] = {}
    for words, node in _variants(rule.condition):
        found.setdefault(node, words)
    turned = (Mutant(words, replace(stance, condition=node)) for node, words in found.items())
    return (*turned, *_effects(stance))


def _effects(stance: Stance) -> Iterator[Mutant]:
    if stance.then is not None:
        other = Verdict.REVIEW if stance.then is Verdict.REJECT else Verdict.REJECT
        yield Mutant(f"{stance.then.name} becomes {other.name}", replace(stance, then=other))
    if stance.cap is not None:
        for cap in _beside(stance.cap):
            yield Mutant(f"cap {stance.cap!r} becomes {cap!r}", replace(stance, cap=cap))
    yield Mutant("the rule never objects", replace(stance, condition=Constant(False)))


def _variants(node: Node) -> Iterator[Variant]:
    """A condition with one wrong turn in itself, then with one in each of its parts."""
    match node:
        case And(terms) | Or(terms):
            turned, words = (Or, "&& becomes ||") if isinstance(node, And) else (And, "|| becomes &&")
            yield f"{to_cel(node)}: {words}", turned(terms)
            for place, term in enumerate(terms):
                for words, one in _variants(term):
                    yield words, type(node)((*terms[:place], one, *terms[place + 1 :]))
        case Not(term):
            yield f"{to_cel(node)}: ! is dropped", term
            yield from ((words, Not(one)) for words, one in _variants(term))
        case Compare():
            yield from _compared(node)
        case In(item, options):
            yield f"{to_cel(node)} is negated", Not(node)
            yield from ((words, replace(node, item=one)) for words, one in _operands(item))
            yield from ((words, replace(node, options=one)) for words, one in _shorter(options))
        case _:
            yield from _flags(node)


def _flags(node: Node) -> Iterator[Variant]:
    """What has a truth and no parts."""
    yield f"{to_cel(node)} becomes !{to_cel(node)}", Not(node)
    if isinstance(node, Has):
        yield f"{to_cel(node)} becomes true", Constant(True)


def _compared(node: Compare) -> Iterator[Variant]:
    others: tuple[CompareOp, ...] = _ORDERED if _is_number(node.left) else ("==", "!=")
    for other in others:
        if other != node.op:
            yield f"{to_cel(node)}: {node.op} becomes {other}", replace(node, op=other)
    yield from ((words, replace(node, left=one)) for words, one in _operands(node.left))
    yield from ((words, replace(node, right=one)) for words, one in _operands(node.right))


def _operands(node: Node) -> Iterator[Variant]:
    """What is compared: calculations and literals, each with one wrong turn."""
    match node:
        case Arithmetic(op, left, right):
            yield f"{to_cel(node)}: {op} becomes {_ARITHMETIC[op]}", replace(node, op=_ARITHMETIC[op])
            yield from ((words, replace(node, left=one)) for words, one in _operands(left))
            for words, one in _operands(right):
                if op != "/" or one != Constant(0.0):  # nothing is divided by zero, not even by mistake
                    yield words, replace(node, right=one)
        case Negative(term):
            yield f"{to_cel(node)}: - is dropped", term
            yield from ((words, Negative(one)) for words, one in _operands(term))
        case Constant(value) | LimitRef(_, value) if not isinstance(value, tuple):
            for other in _others(value):
                yield f"{_named(node)} becomes {literal(other)}", Constant(other)


def _is_number(node: Node) -> bool:
    """Whether a comparison's operand, and so the other one too, is a number."""
    if isinstance(node, InputRef):
        return node.type == "number"
    if isinstance(node, Constant | LimitRef):
        return isinstance(node.value, float)
    return isinstance(node, Arithmetic | Negative)


def _named(node: Node) -> str:
    return f"limits.{node.name} {to_cel(node)}" if isinstance(node, LimitRef) else to_cel(node)


def _others(value: Scalar) -> Iterator[Scalar]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield next(word for word in OTHER_WORDS if word != value)
    else:
        yield from _beside(value)


def _beside(value: float) -> tuple[float, ...]:
    """The doubles next to ``value``."""
    return tuple(one for one in (nextafter(value, -inf), nextafter(value, inf)) if abs(one) != inf)


def _shorter(options: ListConstant | LimitRef) -> Iterator[tuple[str, ListConstant]]:
    """The list without each of its entries."""
    values = options.values if isinstance(options, ListConstant) else options.value
    assert isinstance(values, tuple), "the right side of in is a list"
    for place, one in enumerate(values):
        yield (
            f"{literal(one)} leaves {_list(options)}",
            ListConstant((*values[:place], *values[place + 1 :])),
        )


def _list(options: ListConstant | LimitRef) -> str:
    return f"limits.{options.name}" if isinstance(options, LimitRef) else to_cel(options)
