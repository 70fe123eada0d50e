"""A condition as a pair of Z3 formulas: one for *true* and one for *false*; neither means *unknown*."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import z3

from engine.symbolic_space import Formula, Key, Slot, Space
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

_TRUE, _FALSE = z3.BoolVal(True), z3.BoolVal(False)
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
        return z3.Not(z3.Or(self.true, self.false))


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
        return z3.Or([self._overflows(node) for node in sums])

    def present(self, path: str) -> Formula:
        """That the input is there, of whatever type."""
        return z3.Or([slot.present for slot in self.named[path]])

    def _translate(self, node: Node) -> Kleene:
        match node:
            case Not(term):
                meaning = self.meaning(term)
                return Kleene(meaning.false, meaning.true)
            case And(terms):
                meanings = [self.meaning(term) for term in terms]
                return Kleene(z3.And([one.true for one in meanings]), z3.Or([one.false for one in meanings]))
            case Or(terms):
                meanings = [self.meaning(term) for term in terms]
                return Kleene(z3.Or([one.true for one in meanings]), z3.And([one.false for one in meanings]))
            case Has(path):
                return Kleene(self.present(path), z3.Not(self.present(path)))
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
                alike = [self._compared("==", operands[0], _always(value)) for value in literals(options)]
                holds = z3.Or(alike)
            case _:
                operands = [self._operand(node)]
                holds = self._term(operands[0], floating=False)
        known = [operand.known for operand in operands]
        return Kleene(z3.And(*known, holds), z3.And(*known, z3.Not(holds)))

    def _compared(self, op: str, left: _Operand, right: _Operand) -> Formula:
        if left.value is not None and right.value is not None:
            return z3.BoolVal(_ON_RANKS[op](left.value, right.value))
        floating = left.floating or right.floating
        operators = _ON_FLOATS if floating else _ON_RANKS
        return operators[op](self._term(left, floating), self._term(right, floating))

    def _term(self, operand: _Operand, floating: bool) -> Formula:
        return operand.term if operand.value is None else self.space.constant(operand.value, floating)

    def _operand(self, node: Node) -> _Operand:
        match node:
            case Constant(value) | LimitRef(_, value):
                assert not isinstance(value, tuple)
                return _always(value)
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
            return _negated(self._operand(node.term))
        left, right = self._operand(node.left), self._operand(node.right)
        if left.value is not None and right.value is not None:
            return _folded(node.op, left, right)
        term = _CALCULATED[node.op](z3.RNE(), self._term(left, True), self._term(right, True))
        return _Operand(None, term, z3.And(left.known, right.known, _finite(term)), floating=True)

    def _overflows(self, node: Arithmetic) -> Formula:
        left, right, outcome = map(self._operand, (node.left, node.right, node))
        return z3.And(left.known, right.known, z3.Not(outcome.known))


def _always(value: Scalar) -> _Operand:
    return _Operand(value, None, _TRUE)


def _negated(operand: _Operand) -> _Operand:
    """Ranks are symmetrical around zero, so the minus of a rank is the rank of the minus."""
    if operand.value is not None:
        assert isinstance(operand.value, float)
        return _Operand(-operand.value, None, operand.known)
    term = z3.fpNeg(operand.term) if operand.floating else -operand.term
    return _Operand(None, term, operand.known, operand.floating)


def _folded(op: str, left: _Operand, right: _Operand) -> _Operand:
    """A calculation with constants alone, done here as the evaluators do it."""
    assert isinstance(left.value, float)
    assert isinstance(right.value, float)
    value = float(_FOLDED[op](left.value, right.value))
    known = z3.And(left.known, right.known) if isfinite(value) else _FALSE
    return _Operand(value if isfinite(value) else 0.0, None, known)


def _finite(term: Formula) -> Formula:
    return z3.Not(z3.Or(z3.fpIsInf(term), z3.fpIsNaN(term)))
