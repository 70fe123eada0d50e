"""How far the numbers of a signal are from the limits that a condition compares them with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from engine.tree import Compare, Constant, InputRef, LimitRef, Node, Not, Scalar, children

_ROOM_ABOVE = {"<": -1, "<=": -1, ">": 1, ">=": 1}
"""1 where a larger left side brings the comparison nearer to true; ``==`` and ``!=`` have no distance."""


@dataclass(frozen=True, slots=True)
class Margin:
    """The ``room`` between ``fact`` and one number it is compared with, in the fact's own unit.

    Positive: so far may it still move before it reaches ``limit``, where the comparison begins to count
    for the rule; 0 is exactly at the limit; negative: it is so far past it.
    """

    fact: str
    limit: float
    room: float


def margins(condition: Node, facts: Mapping[str, Scalar]) -> tuple[Margin, ...]:
    """One for each comparison of a present number with a literal or a limit, in the order of the text.

    A distance beyond the doubles is left out.
    """
    found = (_margin(*one, facts) for one in _comparisons(condition, 1))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _comparisons(node: Node, towards: int) -> Iterator[tuple[Compare, int]]:
    """Every comparison, and -1 where its being true keeps the condition from being true."""
    if isinstance(node, Compare):
        yield node, towards
        return
    for child in children(node):
        yield from _comparisons(child, -towards if isinstance(node, Not) else towards)


def _margin(node: Compare, towards: int, facts: Mapping[str, Scalar]) -> Margin | None:
    up = _ROOM_ABOVE.get(node.op, 0) * towards
    for here, there, sign in ((node.left, node.right, up), (node.right, node.left, -up)):
        if sign and isinstance(here, InputRef) and isinstance(there, Constant | LimitRef):
            return _distance(here.path, facts.get(here.path), there.value, sign)
    return None


def _distance(fact: str, value: object, limit: object, sign: int) -> Margin | None:
    """Reckoned in decimals, as both numbers are written: from 0.59 to 0.6 it is 0.01."""
    if not isinstance(value, float) or not isinstance(limit, float):
        return None
    room = float((Decimal(repr(limit)) - Decimal(repr(value))) * sign)
    return Margin(fact, limit, room + 0.0) if isfinite(room) else None
