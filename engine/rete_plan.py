"""Turns conditions into what the Rete network is good at: conjunctions of ``field op constant``.

A field is one property of the fact that the network is given: an input, or something derived from
inputs beforehand (arithmetic, membership, one input against another). Negations are pushed inwards
so that an absent field makes a test false, never true. Each alternative of an ``||`` becomes a
branch of its own; where there are too many, the sub-tree becomes one derived field instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

from engine.rete_values import Reader, options_of, reader
from engine.tree import (
    And,
    Arithmetic,
    Compare,
    CompareOp,
    Constant,
    In,
    InputRef,
    LimitRef,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
    inputs_of,
    walk,
)

MOST_BRANCHES = 32  # alternatives of one condition
MOST_TESTS = 32  # tests in one alternative
NEGATED: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Field:
    """One property of the network's fact.

    ``path`` names the input that it stands for, if it is not derived from several or by calculation.
    A field about a string has ``codes``: a number for each word that matters, 0 for any other.
    """

    name: str
    read: Reader
    is_number: bool
    path: str | None
    codes: Mapping[Scalar, int] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AlphaTest:
    """``field op constant``: an int is a string's code or a truth value, a float a number."""

    field: Field
    op: CompareOp
    constant: float


Tests = tuple[AlphaTest, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """One conjunction: when every test holds, condition ``index`` has the truth value asked for."""

    index: int
    tests: Tests


@dataclass(frozen=True, slots=True)
class Gate:
    """Opens the question whether some conditions are false: only what they read can leave them unknown."""

    field: Field
    reads: frozenset[str]


class Planner:
    """Plans the conditions of one network, which share fields and string codes."""

    def __init__(self, conditions: Sequence[Node]) -> None:
        self._conditions = conditions
        self._fields: dict[object, Field] = {}
        self._codes: dict[Scalar, int] = {}
        self._calculations: dict[Node, str] = {}
        self.gates = [self._gate(condition) for condition in conditions]
        self.inputs = frozenset(path for condition in conditions for path in inputs_of(condition))
        self.calculations = [(name, reader(node)) for node, name in self._calculations.items()]

    def hits(self) -> list[Branch]:
        """Branches that fire when a condition is true."""
        return [
            Branch(index, tests)
            for index, condition in enumerate(self._conditions)
            for tests in self._branches(condition, wanted=True)
        ]

    def misses(self) -> list[Branch]:
        """Branches that fire when a condition is false and its gate is open."""
        return [
            Branch(index, (AlphaTest(self.gates[index].field, "==", 1), *tests))
            for index, condition in enumerate(self._conditions)
            for tests in self._branches(condition, wanted=False)
        ]

    def _gate(self, condition: Node) -> Gate:
        """Names what ``condition`` needs in order to be known: its inputs, and its calculations as ``#n``."""
        calculated = [node for node in walk(condition) if isinstance(node, Arithmetic | Negative)]
        names = [self._calculations.setdefault(node, f"#{len(self._calculations)}") for node in calculated]
        reads = frozenset([*inputs_of(condition), *names])
        return Gate(self._field(("gate", reads), lambda _: True), reads)

    def _branches(self, condition: Node, wanted: bool) -> list[Tests]:
        """The alternatives, each of which gives ``condition`` the truth value ``wanted``."""
        if not inputs_of(condition):
            return [()] if reader(condition)({}) is wanted else []
        match condition:
            case Not(term):
                return self._branches(term, not wanted)
            case And(terms) | Or(terms):
                parts = [self._branches(term, wanted) for term in terms]
                whole = _all_of(parts) if isinstance(condition, And) is wanted else _any_of(parts)
                return [(self._truth(condition, wanted),)] if whole is None else whole
            case _:
                return [(self._test(condition, wanted),)]

    def _test(self, node: Node, wanted: bool) -> AlphaTest:
        match node:
            case InputRef():
                return self._truth(node, wanted)
            case Compare(op, left, Constant(value) | LimitRef(_, value)):
                return self._comparison(op if wanted else NEGATED[op], left, value)
            case Compare(op, Constant(value) | LimitRef(_, value), right):
                return self._comparison(MIRRORED[op if wanted else NEGATED[op]], right, value)
            case _:
                return self._truth(node, wanted)

    def _comparison(self, op: CompareOp, operand: Node, value: Scalar | tuple[Scalar, ...]) -> AlphaTest:
        match value:
            case bool():
                return AlphaTest(self._truth_field(operand), op, int(value))
            case str() if isinstance(operand, InputRef):
                code = self._codes.setdefault(value, len(self._codes) + 1)
                return AlphaTest(self._string_field(operand, operand, self._codes), op, code)
            case float():
                return AlphaTest(self._number_field(operand), op, value)
        raise TypeError(
            f"cannot compare with {value!r}: a condition compares with one number, text or truth value"
        )

    def _truth(self, node: Node, wanted: bool) -> AlphaTest:
        return AlphaTest(self._truth_field(node), "==", int(wanted))

    def _truth_field(self, node: Node) -> Field:
        match node:
            case In(InputRef(_, "string") as item, options):
                return self._string_field(node, item, dict.fromkeys(options_of(options), 1))
            case _:
                return self._field(("truth", node), reader(node), path=_input(node))

    def _string_field(self, node: Node, item: InputRef, codes: Mapping[Scalar, int]) -> Field:
        return self._field(("string", node), reader(item), path=item.path, codes=codes)

    def _number_field(self, node: Node) -> Field:
        return self._field(("number", node), reader(node), is_number=True, path=_input(node))

    def _field(
        self,
        key: object,
        read: Reader,
        *,
        is_number: bool = False,
        path: str | None = None,
        codes: Mapping[Scalar, int] | None = None,
    ) -> Field:
        return self._fields.setdefault(key, Field(f"p{len(self._fields)}", read, is_number, path, codes))


def _input(node: Node) -> str | None:
    return node.path if isinstance(node, InputRef) else None


def fields_of(branches: Iterable[Branch]) -> list[Field]:
    """The fields that ``branches`` read, each once, in order of first use."""
    return list(dict.fromkeys(test.field for branch in branches for test in branch.tests))


def _any_of(parts: list[list[Tests]]) -> list[Tests] | None:
    alternatives = [tests for part in parts for tests in part]
    return alternatives if len(alternatives) <= MOST_BRANCHES else None


def _all_of(parts: list[list[Tests]]) -> list[Tests] | None:
    if prod(map(len, parts)) > MOST_BRANCHES:
        return None
    alternatives = [tuple(test for tests in choice for test in tests) for choice in product(*parts)]
    return alternatives if all(len(tests) <= MOST_TESTS for tests in alternatives) else None
