"""Which metrics and labels a PromQL expression reads."""

from collections.abc import Iterator
from typing import Any

import promql_parser

_PARTS = ("lhs", "rhs", "expr", "param", "vector_selector")


def selectors(expression: str) -> list[Any]:
    """Every vector selector of ``expression``; raises ValueError where it is not PromQL."""
    return list(_below(promql_parser.parse(expression)))


def metrics_of(expression: str) -> set[str]:
    """The names of the metrics that ``expression`` reads."""
    return {one.name for one in selectors(expression)}


def labels_of(expression: str) -> set[tuple[str, str]]:
    """Each metric with each label that ``expression`` matches it by."""
    return {(one.name, matcher.name) for one in selectors(expression) for matcher in one.matchers.matchers}


def _below(node: Any) -> Iterator[Any]:
    if isinstance(node, promql_parser.VectorSelector):
        yield node
        return
    for name in _PARTS:
        child = getattr(node, name, None)
        if isinstance(child, promql_parser.Expr | promql_parser.VectorSelector):
            yield from _below(child)
    for child in getattr(node, "args", ()):
        yield from _below(child)
