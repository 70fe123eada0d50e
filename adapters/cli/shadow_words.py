"""A comparison of packs in shadow with the active ones, in words and as JSON."""

from collections.abc import Iterator
from typing import Any

from engine.message import in_words
from policy.contracts import utc_text
from policy.shadow_report import Parted, ShadowReport

_VERDICTS = ("APPROVE", "REVIEW", "REJECT")
_WIDTH = 9


def as_text(report: ShadowReport) -> str:
    """The matrix, what each rule does differently, and some signals."""
    return "\n".join(_lines(report))


def as_json(report: ShadowReport) -> dict[str, Any]:
    """The same for a machine."""
    cells = sorted(report.matrix.items())
    return {
        "pack": report.pack, "version": report.version, "for": report.pack_set,
        "signals": report.signals, "first": utc_text(report.first), "last": utc_text(report.last),
        "matrix": [{"active": one, "shadow": other, "signals": count} for (one, other), count in cells],
        "resized": report.resized, "failed": report.failed,
        "rules": {
            rule: {"active_only": one, "shadow_only": other} for rule, (one, other) in report.rules.items()
        },
        "sample": [_parted_json(one) for one in report.sample],
    }  # fmt: skip


def _lines(report: ShadowReport) -> Iterator[str]:
    span = f"{utc_text(report.first)} to {utc_text(report.last)}"
    yield f"{report.pack}@{report.version} in shadow for {report.pack_set}: {report.signals} signals, {span}"
    yield "  active    " + "".join(f"{word:>{_WIDTH}}" for word in _VERDICTS) + "  in shadow"
    for active in _VERDICTS:
        counts = (report.matrix.get((active, shadow), 0) for shadow in _VERDICTS)
        yield f"  {active:<10}" + "".join(f"{count:>{_WIDTH}}" for count in counts)
    yield f"  same verdict, another size: {report.resized}; could not be judged: {report.failed}"
    for rule, (without, within) in report.rules.items():
        yield f"  {rule}: objects {without} times only without the shadow, {within} times only with it"
    yield from map(_parted, report.sample)


def _parted(one: Parted) -> str:
    head = (
        f"  {utc_text(one.at)} {one.symbol} {one.decision_id}: {_said(one.active_verdict, one.active_rules)}"
    )
    if one.verdict is None:
        return f"{head}; in shadow: {one.error}"
    sizes = " -> ".join(in_words(size, "fraction") for size in one.sizes if size is not None)
    resized = f", size {sizes}" if one.sizes[0] != one.sizes[1] else ""
    return f"{head}; in shadow {_said(one.verdict, one.rules)}{resized}"


def _said(verdict: str, rules: tuple[str, ...]) -> str:
    return f"{verdict} ({', '.join(rules)})" if rules else verdict


def _parted_json(one: Parted) -> dict[str, Any]:
    return {
        "decision_id": one.decision_id, "symbol": one.symbol, "at": utc_text(one.at),
        "active": {"decision": one.active_verdict, "rules": [*one.active_rules], "size_pct": one.sizes[0]},
        "shadow": {"decision": one.verdict, "rules": [*one.rules], "size_pct": one.sizes[1]},
        "error": one.error,
    }  # fmt: skip
