"""What a condition means, written down as plainly as possible: the yardstick for every evaluator.

None is *unknown*. Nothing here is shared with the evaluators it measures.
"""

import operator
from collections.abc import Mapping
from math import isfinite

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
)

Facts = Mapping[str, Scalar]


def meaning(node: Node, facts: Facts) -> Scalar | None:
    """The value of ``node``: true, false, a number, a string, or None when it is unknown."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, LimitRef):
        assert not isinstance(node.value, tuple)
        return node.value
    if isinstance(node, InputRef):
        return facts.get(node.path)
    if isinstance(node, Has):
        return node.path in facts
    if isinstance(node, Not):
        term = meaning(node.term, facts)
        return None if term is None else not term
    if isinstance(node, And | Or):
        return _connective(node, facts)
    return _operation(node, facts)


def _connective(node: And | Or, facts: Facts) -> bool | None:
    terms = [meaning(term, facts) for term in node.terms]
    decisive = isinstance(node, Or)
    if decisive in terms:
        return decisive
    return None if None in terms else not decisive


def _operation(node: Node, facts: Facts) -> Scalar | None:
    if isinstance(node, In):
        item = meaning(node.item, facts)
        return None if item is None else item in options_of(node)
    if isinstance(node, Negative):
        term = meaning(node.term, facts)
        return None if term is None else -term
    assert isinstance(node, Compare | Arithmetic)
    left, right = meaning(node.left, facts), meaning(node.right, facts)
    if left is None or right is None:
        return None
    return _compared(node.op, left, right) if isinstance(node, Compare) else _calculated(node.op, left, right)


def options_of(node: In) -> tuple[Scalar, ...]:
    """The list on the right of ``in``, written out or named."""
    if isinstance(node.options, ListConstant):
        return node.options.values
    assert isinstance(node.options.value, tuple)
    return node.options.value


def _compared(op: str, left, right) -> bool:
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[op]


def _calculated(op: str, left: float, right: float) -> float | None:
    apply = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[op]
    number = apply(left, right)
    return number if isfinite(number) else None


def masks(conditions: list[Node], facts: Facts) -> tuple[int, int]:
    """Which conditions are true and which are unknown, as bit masks."""
    values = [meaning(condition, facts) for condition in conditions]
    hits = sum(1 << index for index, value in enumerate(values) if value is True)
    unknowns = sum(1 << index for index, value in enumerate(values) if value is None)
    return hits, unknowns
