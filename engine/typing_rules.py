"""Types and units of conditions: every name declared, every operand of the right kind.

A unit is a word such as ``seconds`` or ``fraction``. Bare numbers and results of ``*`` and ``/``
have none and fit every unit; two different units never meet in a comparison, sum or list.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lark import Token, Tree

from engine.declarations import Input, Limit, type_of
from engine.literals import unquote
from engine.problems import did_you_mean
from engine.tree import (
    And,
    Arithmetic,
    Compare,
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
    Type,
)

RESERVED = frozenset(
    {
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "has",
        "if",
        "import",
        "in",
        "let",
    }
    | {"limits", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}
)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in a condition, ``offset`` characters from its start."""

    offset: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A sub-expression with what it is; ``type`` is None after a mistake, so that it is reported once."""

    node: Node
    type: Type | None
    unit: str | None = None
    compound: bool = False
    """True for conditions built from others: they are joined with && and ||, not compared."""


_WRONG = Typed(Constant(False), None)


class Checker:
    """Turns a parse tree into a typed tree and collects the faults."""

    def __init__(self, inputs: Mapping[str, Input], limits: Mapping[str, Limit]) -> None:
        self.inputs = inputs
        self.limits = limits
        self.faults: list[Fault] = []

    def condition(self, tree: Tree[Token]) -> Node:
        """The whole condition, which must be boolean."""
        return self._boolean(tree).node

    def _typed(self, tree: Tree[Token]) -> Typed:
        typed: Typed = getattr(self, f"_{str(tree.data).rstrip('_')}")(tree)
        return typed

    def _boolean(self, tree: Tree[Token]) -> Typed:
        typed = self._typed(tree)
        if typed.type not in (None, "boolean"):
            self._fault(
                tree, "P210", f"is a {typed.type} where a condition is needed; compare it with something"
            )
        return typed

    def _or(self, tree: Tree[Token]) -> Typed:
        return Typed(Or(self._flat(tree, Or)), "boolean", compound=True)

    def _and(self, tree: Tree[Token]) -> Typed:
        return Typed(And(self._flat(tree, And)), "boolean", compound=True)

    def _flat(self, tree: Tree[Token], kind: type[And] | type[Or]) -> tuple[Node, ...]:
        terms: list[Node] = []
        for child in _trees(tree):
            node = self._boolean(child).node
            terms.extend(node.terms if isinstance(node, kind) else (node,))
        return tuple(terms)

    def _not(self, tree: Tree[Token]) -> Typed:
        return Typed(Not(self._boolean(_trees(tree)[0]).node), "boolean", compound=True)

    def _group(self, tree: Tree[Token]) -> Typed:
        return self._typed(_trees(tree)[0])

    def _compare(self, tree: Tree[Token]) -> Typed:
        left, right = (self._operand(child) for child in _trees(tree))
        op = str(next(c for c in tree.children if isinstance(c, Token)))
        node = Typed(Compare(op, left.node, right.node), "boolean", compound=True)  # type: ignore[arg-type]
        if left.type is None or right.type is None:
            return node
        if left.type != right.type:
            self._fault(
                tree, "P204", f"compares a {left.type} with a {right.type}; both sides must be of one type"
            )
        elif op not in ("==", "!=") and left.type != "number":
            self._fault(tree, "P204", f"uses {op} on a {left.type}; only numbers have an order")
        self._same_unit(tree, left, right, "compares")
        return node

    def _operand(self, tree: Tree[Token]) -> Typed:
        typed = self._typed(tree)
        if typed.compound:
            self._fault(tree, "P212", "compares a condition; join conditions with &&, || and !")
            return _WRONG
        if isinstance(typed.node, ListConstant) or _is_list_limit(typed.node):
            self._fault(tree, "P209", "is a list; lists stand only to the right of in")
            return _WRONG
        return typed

    def _member(self, tree: Tree[Token]) -> Typed:
        item_tree, options_tree = _trees(tree)
        item, options = self._operand(item_tree), self._typed(options_tree)
        if options.type is None or item.type is None:
            return Typed(Constant(False), "boolean", compound=True)
        if not isinstance(options.node, ListConstant | LimitRef) or not _is_list(options.node):
            self._fault(options_tree, "P209", "is not a list; in needs a list limit or [a, b] on its right")
            return Typed(Constant(False), "boolean", compound=True)
        if item.type != options.type:
            self._fault(
                tree,
                "P204",
                f"looks for a {item.type} in a list of {options.type}s; both must be of one type",
            )
        self._same_unit(tree, item, options, "looks up")
        return Typed(In(item.node, options.node), "boolean", compound=True)

    def _arithmetic(self, tree: Tree[Token]) -> Typed:
        left_tree, right_tree = _trees(tree)
        left, right = self._number_operand(left_tree), self._number_operand(right_tree)
        op = str(next(c for c in tree.children if isinstance(c, Token)))
        if op == "/":
            self._divisor(right_tree, right)
        if op in "+-":
            self._same_unit(tree, left, right, "adds")
        unit = (left.unit or right.unit) if op in "+-" else None
        return Typed(Arithmetic(op, left.node, right.node), "number", unit)  # type: ignore[arg-type]

    def _number_operand(self, tree: Tree[Token]) -> Typed:
        typed = self._operand(tree)
        if typed.type not in (None, "number"):
            self._fault(tree, "P204", f"calculates with a {typed.type}; only numbers can be calculated with")
        return typed

    def _divisor(self, tree: Tree[Token], divisor: Typed) -> None:
        value = constant_value(divisor.node)
        if divisor.type is not None and (value is None or value == 0):
            self._fault(
                tree, "P208", "divides by something that is not a constant other than 0; multiply instead"
            )

    def _negative(self, tree: Tree[Token]) -> Typed:
        term = self._number_operand(_trees(tree)[0])
        if isinstance(term.node, Constant) and isinstance(term.node.value, float):
            return Typed(Constant(-term.node.value), "number")
        return Typed(Negative(term.node), "number", term.unit)

    def _number(self, tree: Tree[Token]) -> Typed:
        value = float(_token(tree))
        if not math.isfinite(value):
            self._fault(tree, "P211", "is larger than any double; write a smaller number")
        return Typed(Constant(value), "number")

    def _string(self, tree: Tree[Token]) -> Typed:
        text, wrong = unquote(_token(tree))
        if wrong is not None:
            self._fault(
                tree, "P213", f"has the escape '{wrong}', which CEL does not know; write \\\\ for a backslash"
            )
        return Typed(Constant(text), "string")

    def _boolean_literal(self, tree: Tree[Token]) -> Typed:
        return Typed(Constant(_token(tree) == "true"), "boolean")

    def _list(self, tree: Tree[Token]) -> Typed:
        items = [self._operand(child) for child in _trees(tree)]
        if any(item.type is None for item in items):
            return _WRONG
        if not all(isinstance(item.node, Constant) for item in items):
            self._fault(tree, "P209", "holds something that is not a literal; lists hold literals only")
            return _WRONG
        kinds = {item.type for item in items}
        if len(kinds) != 1:
            advice = "is empty" if not kinds else "mixes types"
            self._fault(tree, "P209", f"is a list that {advice}; list literals of one type")
            return _WRONG
        values = tuple(item.node.value for item in items if isinstance(item.node, Constant))
        return Typed(ListConstant(values), items[0].type)

    def _has(self, tree: Tree[Token]) -> Typed:
        path = str(tree.children[-1])
        if path not in self.inputs:
            self._unknown_input(tree, path, "asks for")
        return Typed(Has(path), "boolean", compound=True)

    def _path(self, tree: Tree[Token]) -> Typed:
        path = _token(tree)
        if path.startswith("limits."):
            return self._limit(tree, path.removeprefix("limits."))
        if path in self.inputs:
            declared = self.inputs[path]
            return Typed(InputRef(path, declared.type), declared.type, declared.unit)
        self._unknown_input(tree, path, "reads")
        return _WRONG

    def _limit(self, tree: Tree[Token], name: str) -> Typed:
        if name not in self.limits:
            hint = did_you_mean(f"limits.{name}", (f"limits.{known}" for known in self.limits))
            self._fault(tree, "P205", f"reads limits.{name}, which the pack does not declare{hint}")
            return _WRONG
        limit = self.limits[name]
        first = limit.value[0] if isinstance(limit.value, tuple) else limit.value
        return Typed(LimitRef(name, limit.value), type_of(first), limit.unit)

    def _unknown_input(self, tree: Tree[Token], path: str, verb: str) -> None:
        hint = did_you_mean(path, self.inputs) or "; declare it under inputs"
        self._fault(tree, "P204", f"{verb} {path}, which is not an input{hint}")

    def _same_unit(self, tree: Tree[Token], left: Typed, right: Typed, verb: str) -> None:
        if left.unit and right.unit and left.unit != right.unit:
            self._fault(tree, "P206", f"{verb} {left.unit} and {right.unit}; both sides must have one unit")

    def _fault(self, tree: Tree[Token], code: str, text: str) -> None:
        self.faults.append(Fault(tree.meta.start_pos, code, text))


def constant_value(node: Node) -> float | None:
    """The number that ``node`` always is, or None."""
    if isinstance(node, Negative):
        inner = constant_value(node.term)
        return None if inner is None else -inner
    value: Scalar | tuple[Scalar, ...] | None = node.value if isinstance(node, Constant | LimitRef) else None
    return value if isinstance(value, float) else None


def _is_list(node: Node) -> bool:
    return isinstance(node, ListConstant) or _is_list_limit(node)


def _is_list_limit(node: Node) -> bool:
    return isinstance(node, LimitRef) and isinstance(node.value, tuple)


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _token(tree: Tree[Token]) -> str:
    return str(tree.children[0])
