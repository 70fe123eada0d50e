"""The tree of a condition: what the parser builds, the checker types, and every back end reads.

Numbers are IEEE doubles throughout. Limits are resolved when the pack is read, so a ``LimitRef``
carries its value. ``And`` and ``Or`` are flat and hold at least two terms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

Type = OneOf["number", "boolean", "string"]
Scalar = bool | float | str
CompareOp = OneOf["==", "!=", "<", "<=", ">", ">="]
ArithmeticOp = OneOf["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: ``30``, ``"AAPL"``, ``true``. Numbers are always floats."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class ListConstant:
    """A list of literals of one type; only ever the right side of ``in``."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class InputRef:
    """A fact by its dotted name, such as ``market_context.data_age_seconds``."""

    path: str
    type: Type


@dataclass(frozen=True, slots=True)
class LimitRef:
    """A named limit of the pack with the value it has there."""

    name: str
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Has:
    """``has(path)``: true when the input is present; never unknown."""

    path: str


@dataclass(frozen=True, slots=True)
class Not:
    """Logical negation; unknown stays unknown."""

    term: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """Kleene conjunction: one false makes it false, whatever is unknown."""

    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene disjunction: one true makes it true, whatever is unknown."""

    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two operands of one type; unknown when it reads an absent input."""

    op: CompareOp
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class In:
    """Membership of a scalar in a list of literals or a list limit."""

    item: "Node"
    options: ListConstant | LimitRef


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left op right`` on numbers; its value must be finite (rule-pack semantics, 6)."""

    op: ArithmeticOp
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus on a number."""

    term: "Node"


Node = (
    Constant
    | ListConstant
    | InputRef
    | LimitRef
    | Has
    | Not
    | And
    | Or
    | Compare
    | In
    | Arithmetic
    | Negative
)


def children(node: Node) -> tuple[Node, ...]:
    """The direct sub-expressions of ``node``, left to right."""
    match node:
        case Not(term) | Negative(term):
            return (term,)
        case And(terms) | Or(terms):
            return terms
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case In(item, options):
            return (item, options)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it, parents first, without recursion."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def inputs_of(node: Node) -> tuple[str, ...]:
    """The inputs a condition names, ``has()`` included, in order of first appearance."""
    found = (n.path for n in walk(node) if isinstance(n, InputRef | Has))
    return tuple(dict.fromkeys(found))
