"""A condition as a pair of Z3 formulas: one for *true* and one for *false*; neither means *unknown*."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import z3

from engine.symbolic_space import Key, Slot, Space
from engine.symbolic_terms import Formula, all_of, any_of, negated
from engine.symbolic_texts import literals
from engine.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Has,
    In,
    InputRef,
    LimitRef,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
    walk,
)

_ON_FLOATS = {"<": z3.fpLT, "<=": z3.fpLEQ, ">": z3.fpGT, ">=": z3.fpGEQ, "==": z3.fpEQ, "!=": z3.fpNEQ}
_ON_RANKS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_CALCULATED = {"+": z3.fpAdd, "-": z3.fpSub, "*": z3.fpMul, "/": z3.fpDiv}
_FOLDED = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


class Kleene(NamedTuple):
    """When a condition is true and when it is false."""

    true: Formula
    false: Formula

    @property
    def unknown(self) -> Formula:
        """When it is neither."""
        return negated(any_of(self.true, self.false))


@dataclass(frozen=True, eq=False, slots=True)
class _Operand:
    """One side of a comparison: a constant or a Z3 term; ``known`` says when it has a value."""

    value: Scalar | None
    term: Formula
    known: Formula
    floating: bool = False


class Conditions:
    """Translates conditions over one set of slots; equal conditions become the very same formulas."""

    def __init__(self, space: Space, slots: Mapping[Key, Slot]) -> None:
        self.space = space
        self.slots = slots
        self.named: dict[str, list[Slot]] = {}
        for (name, _), slot in slots.items():
            self.named.setdefault(name, []).append(slot)
        self._meanings: dict[Node, Kleene] = {}
        self._operands: dict[Arithmetic | Negative, _Operand] = {}

    def meaning(self, node: Node) -> Kleene:
        """When ``node`` is true and when it is false."""
        found = self._meanings.get(node)
        if found is None:
            found = self._meanings[node] = self._translate(node)
        return found

    def not_finite(self, condition: Node) -> Formula:
        """That some calculation in ``condition`` has its operands and no finite value."""
        sums = dict.fromkeys(node for node in walk(condition) if isinstance(node, Arithmetic))
        return self.space.some(self._overflows(node) for node in sums)

    def present(self, path: str) -> Formula:
        """That the input is there, of whatever type."""
        return self.space.some(slot.present for slot in self.named[path])

    def _translate(self, node: Node) -> Kleene:
        match node:
            case Not(term):
                meaning = self.meaning(term)
                return Kleene(meaning.false, meaning.true)
            case And(terms):
                true, false = zip(*map(self.meaning, terms), strict=True)
                return Kleene(all_of(*true), any_of(*false))
            case Or(terms):
                true, false = zip(*map(self.meaning, terms), strict=True)
                return Kleene(any_of(*true), all_of(*false))
            case Has(path):
                return Kleene(self.present(path), negated(self.present(path)))
            case _:
                return self._atom(node)

    def _atom(self, node: Node) -> Kleene:
        """A comparison, membership or bare boolean."""
        match node:
            case Compare(op, left, right):
                operands = [self._operand(left), self._operand(right)]
                holds = self._compared(op, *operands)
            case In(item, options):
                operands = [self._operand(item)]
                holds = self._among(operands[0], literals(options))
            case _:
                operands = [self._operand(node)]
                holds = self._term(operands[0], floating=False)
        known = [operand.known for operand in operands]
        return Kleene(all_of(*known, holds), all_of(*known, negated(holds)))

    def _among(self, item: _Operand, options: Sequence[Scalar]) -> Formula:
        return self.space.some(self._compared("==", item, self._always(value)) for value in options)

    def _compared(self, op: str, left: _Operand, right: _Operand) -> Formula:
        if left.value is not None and right.value is not None:
            return self.space.constant(bool(_ON_RANKS[op](left.value, right.value)))
        floating = left.floating or right.floating
        terms = self._term(left, floating), self._term(right, floating)
        return _ON_FLOATS[op](*terms, self.space.context) if floating else _ON_RANKS[op](*terms)

    def _term(self, operand: _Operand, floating: bool) -> Formula:
        return operand.term if operand.value is None else self.space.constant(operand.value, floating)

    def _operand(self, node: Node) -> _Operand:
        match node:
            case Constant(value) | LimitRef(_, value):
                assert not isinstance(value, tuple)
                return self._always(value)
            case InputRef(path, kind):
                slot = self.slots[path, kind]
                return _Operand(None, slot.value, slot.present, slot.floating)
            case Arithmetic() | Negative():
                if node not in self._operands:
                    self._operands[node] = self._calculated(node)
                return self._operands[node]
            case _:
                raise TypeError(f"{node} is a condition, not a value")

    def _calculated(self, node: Arithmetic | Negative) -> _Operand:
        if isinstance(node, Negative):
            return self._negated(self._operand(node.term))
        left, right = self._operand(node.left), self._operand(node.right)
        if left.value is not None and right.value is not None:
            return self._folded(node.op, left, right)
        terms = self._term(left, True), self._term(right, True)
        term = _CALCULATED[node.op](z3.RNE(self.space.context), *terms, self.space.context)
        return _Operand(None, term, all_of(left.known, right.known, self._finite(term)), floating=True)

    def _always(self, value: Scalar) -> _Operand:
        return _Operand(value, None, self.space.true)

    def _folded(self, op: str, left: _Operand, right: _Operand) -> _Operand:
        """A calculation with constants alone, done here as the evaluators do it."""
        assert isinstance(left.value, float)
        assert isinstance(right.value, float)
        value = float(_FOLDED[op](left.value, right.value))
        if not isfinite(value):
            return _Operand(0.0, None, self.space.false)
        return _Operand(value, None, all_of(left.known, right.known))

    def _negated(self, operand: _Operand) -> _Operand:
        """Ranks are symmetrical around zero, so the minus of a rank is the rank of the minus."""
        if operand.value is not None:
            assert isinstance(operand.value, float)
            return _Operand(-operand.value, None, operand.known)
        term = z3.fpNeg(operand.term, self.space.context) if operand.floating else -operand.term
        return _Operand(None, term, operand.known, operand.floating)

    def _finite(self, term: Formula) -> Formula:
        context = self.space.context
        return negated(any_of(z3.fpIsInf(term, context), z3.fpIsNaN(term, context)))

    def _overflows(self, node: Arithmetic) -> Formula:
        left, right, outcome = map(self._operand, (node.left, node.right, node))
        return all_of(left.known, right.known, negated(outcome.known))
