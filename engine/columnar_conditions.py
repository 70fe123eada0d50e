"""A condition as columns: where it is true and where it is false; where neither holds it is unknown.

As in the reference evaluator each of the two is an expression of its own, and every comparison is
guarded by what it reads being known. So no NULL ever comes out, and values that a pack refuses are
as good as absent, without a pass over the data to remove them.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from engine.columnar_surface import LARGEST, Surface, Term, Truth, all_of, any_of, negated
from engine.declarations import Input
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
    children,
    walk,
)

_OPERATORS: Mapping[str, Callable[..., Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_NEGATIVE: Callable[..., Any] = operator.neg


@dataclass(frozen=True, eq=False, slots=True)
class _Side:
    """One side of a comparison: a constant, or a term that means something where it is known."""

    known: Truth
    constant: Scalar | None = None
    term: Term = None
    path: str | None = None
    """The name of an input of strings, whose column is compared by the surface."""


class Conditions:
    """Translates the conditions of one pack over one surface."""

    def __init__(self, surface: Surface, inputs: Mapping[str, Input]) -> None:
        self.surface = surface
        self.inputs = inputs
        self._presence: dict[str, Truth] = {}
        self._known: dict[str, Truth] = {}
        self._calculated: dict[Node, _Side] = {}

    def true(self, node: Node) -> Truth:
        """Where ``node`` is true; never NULL."""
        match node:
            case And(terms):
                return all_of(map(self.true, terms))
            case Or(terms):
                return any_of(map(self.true, terms))
            case Not(term):
                return self.false(term)
            case Has(path):
                return self.known(path)
            case _:
                return self._atom(node, wanted=True)

    def false(self, node: Node) -> Truth:
        """Where ``node`` is false; never NULL."""
        match node:
            case And(terms):
                return any_of(map(self.false, terms))
            case Or(terms):
                return all_of(map(self.false, terms))
            case Not(term):
                return self.true(term)
            case Has(path):
                return negated(self.known(path))
            case _:
                return self._atom(node, wanted=False)

    def known(self, path: str) -> Truth:
        """Where the input is present and its pack accepts it; never NULL."""
        if path not in self._known:
            self._known[path] = self.surface.share(self._accepted(self.inputs[path]))
        return self._known[path]

    def refused(self, path: str) -> Truth:
        """Where the input makes the facts incomplete: required and absent, or not what its pack accepts."""
        known = self.known(path)
        if self.inputs[path].required:
            return negated(known)
        present = self._present(path)
        return False if known is present else all_of([present, negated(known)])

    def not_finite(self, condition: Node) -> Truth:
        """Where some calculation in ``condition`` has its operands and no finite value."""
        sums = dict.fromkeys(node for node in walk(condition) if isinstance(node, Arithmetic))
        return any_of(self._overflows(node) for node in sums)

    def _present(self, path: str) -> Truth:
        if path not in self._presence:
            self._presence[path] = self.surface.has(path) and self.surface.present(path)
        return self._presence[path]

    def _accepted(self, declared: Input) -> Truth:
        if not self.surface.has(declared.name):
            return False
        column = self.surface.value(declared.name, declared.type)
        if declared.type == "number":
            return all_of([self._present(declared.name), self.surface.within(column, *_range(declared))])
        return all_of([self._present(declared.name), self._word_accepted(declared)])

    def _word_accepted(self, declared: Input) -> Truth:
        if declared.one_of is not None:
            return self.surface.word_in(declared.name, declared.one_of)
        if declared.min_length is None and declared.max_length is None:
            return True
        return self.surface.length_within(declared.name, declared.min_length or 0, declared.max_length)

    def _atom(self, node: Node, wanted: bool) -> Truth:
        """A comparison, membership or bare boolean, where it comes out as ``wanted``."""
        match node:
            case Compare(_, left, right):
                sides = [self._side(left), self._side(right)]
            case In(item, _):
                sides = [self._side(item)]
            case _:
                sides = [self._side(node)]
        known = all_of(side.known for side in sides)
        if known is False:
            return False
        holds = self._holds(node, sides)
        # Rules seldom hit: asked first, SQL engines look only at the few rows left whether these are known.
        return all_of([holds if wanted else negated(holds), known])

    def _holds(self, node: Node, sides: list[_Side]) -> Truth:
        match node:
            case Compare(op, _, _):
                return self._compared(op, *sides)
            case In(_, options):
                return self._among(sides[0], _listed(options))
            case _:
                return sides[0].term if sides[0].constant is None else sides[0].constant

    def _compared(self, op: str, left: _Side, right: _Side) -> Truth:
        if left.constant is not None and right.constant is not None:
            return bool(_OPERATORS[op](left.constant, right.constant))
        kinds = {type(side.constant) for side in (left, right)}
        if str in kinds or bool in kinds:
            alike = self._equals(*((left, right) if left.constant is None else (right, left)))
            return alike if op == "==" else negated(alike)
        return _OPERATORS[op](self._term(left), self._term(right))

    def _equals(self, side: _Side, other: _Side) -> Truth:
        """Where an input is the word or the truth value given."""
        if isinstance(other.constant, str):
            assert side.path is not None
            return self.surface.word_in(side.path, [other.constant])
        return side.term if other.constant else negated(side.term)

    def _among(self, item: _Side, options: tuple[Scalar, ...]) -> Truth:
        if item.constant is not None:
            return item.constant in options
        if item.path is not None:
            return self.surface.word_in(item.path, [str(word) for word in options])
        return any_of(self._compared("==", item, _Side(True, value)) for value in dict.fromkeys(options))

    def _term(self, side: _Side) -> Term:
        return self.surface.double(float(side.constant)) if side.constant is not None else side.term

    def _side(self, node: Node) -> _Side:
        match node:
            case Constant(value) | LimitRef(_, value):
                assert not isinstance(value, tuple)
                return _Side(True, value)
            case InputRef(path, _):
                return self._input(path)
            case Arithmetic() | Negative():
                if node not in self._calculated:
                    self._calculated[node] = self._calculate(node)
                return self._calculated[node]
            case _:
                raise TypeError(f"{node} is a condition, not a value")

    def _input(self, path: str) -> _Side:
        kind = self.inputs[path].type
        known = self.known(path)
        if known is False:
            return _Side(False)
        return _Side(known, term=self.surface.value(path, kind), path=path if kind == "string" else None)

    def _calculate(self, node: Arithmetic | Negative) -> _Side:
        """A calculation; with constants alone it is done here, as the evaluators do it."""
        sides = [self._side(term) for term in children(node)]
        operands = all_of(side.known for side in sides)
        if operands is False:
            return _Side(False)
        calculate = _NEGATIVE if isinstance(node, Negative) else _OPERATORS[node.op]
        if all(side.constant is not None for side in sides):
            value = calculate(*(side.constant for side in sides))
            return _Side(True, value) if isfinite(value) else _Side(False)
        term = calculate(*map(self._term, sides))
        finite = isinstance(node, Negative) or self.surface.within(term, -LARGEST, LARGEST)
        return _Side(all_of([operands, finite]), term=term)

    def _overflows(self, node: Arithmetic) -> Truth:
        operands = [self._side(node.left).known, self._side(node.right).known]
        return all_of([*operands, negated(self._side(node).known)])


def _range(declared: Input) -> tuple[float, float]:
    """The least and the largest number accepted; infinities never are."""
    least = -LARGEST if declared.minimum is None else declared.minimum
    return least, LARGEST if declared.maximum is None else declared.maximum


def _listed(options: Node) -> tuple[Scalar, ...]:
    values = getattr(options, "values", None) or getattr(options, "value", None)
    assert isinstance(values, tuple)
    return values
