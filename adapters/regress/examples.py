"""Signals that moved, explained one by one: the evaluators judge them again under both versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from adapters.regress.engines import Signals
from adapters.regress.matrix import AFTER, BEFORE, SIZE, SIZES, Cell, Comparison
from adapters.regress.signals import AT, SIGNAL_ID, Told, inputs_of
from engine import EngineFailure, Outcome, RulePack, Verdict, evaluate
from engine.tree import Scalar


@dataclass(frozen=True, slots=True)
class Said:
    """What one side says of a signal; each objection is a rule and its reason."""

    verdict: Verdict
    size_pct: float | None
    objections: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One signal that moved, with what was said of it before and after; ``size`` is as in ``Cell``."""

    signal_id: str | None
    at: str | None
    facts: Mapping[str, Scalar]
    before: Said
    after: Said
    size: int

    @property
    def move(self) -> str:
        """``APPROVE -> REVIEW``, and where the size moved ``APPROVE -> APPROVE, larger size``."""
        size = f", {SIZES[self.size]} size" if self.size else ""
        return f"{self.before.verdict.name} -> {self.after.verdict.name}{size}"


Move = tuple[Verdict, Verdict, int]
"""Verdict before and after, and whether less (-1) or more (1) of the size is let through."""


def moves_of(cells: Iterable[Cell]) -> list[Move]:
    """Every way in which some signal moved, strictest outcome first."""
    found = {(one.before, one.after, one.size) for one in cells if one.before != one.after or one.size}
    return sorted(found, key=lambda move: (-move[1], move[0], move[2]))


def examples_of(
    comparison: Comparison, signals: Signals, moves: Sequence[Move], most: int, told: Told
) -> list[Example]:
    """At most ``most`` signals for each of ``moves``.

    Raises:
        EngineFailure: the evaluators do not confirm what the columns say.
    """
    found: list[Example] = []
    for number, move in enumerate(moves if most else ()):
        rows = signals.run(comparison.examples(*move, most), lambda _: None)
        found += [_example(comparison, row) for row in rows.to_pylist()]
        told((number + 1) / len(moves))
    return found


def _example(comparison: Comparison, row: dict[str, Any]) -> Example:
    sides = comparison.base.packs, comparison.head.packs
    before, after = (evaluate(packs, _facts(packs, row), partial=True) for packs in sides)
    if (before.verdict, after.verdict) != (row[BEFORE], row[AFTER]) or _size_move(before, after) != row[SIZE]:
        raise EngineFailure(
            f"the evaluators say {before.verdict.name} and {after.verdict.name} of signal "
            f"{row.get(SIGNAL_ID) or row}, not what was counted; nothing of this comparison holds"
        )
    facts = _facts([pack for packs in sides for pack in packs], row)
    return Example(row.get(SIGNAL_ID), _time(row.get(AT)), facts, _said(before), _said(after), row[SIZE])


def _facts(packs: Sequence[RulePack], row: Mapping[str, Any]) -> dict[str, Scalar]:
    return {name: row[name] for name in inputs_of(packs) if row.get(name) is not None}


def _size_move(before: Outcome, after: Outcome) -> int:
    sizes = before.approved_size_pct, after.approved_size_pct
    if Verdict.REJECT in (before.verdict, after.verdict) or sizes[0] is None or sizes[1] is None:
        return 0
    return (sizes[1] > sizes[0]) - (sizes[1] < sizes[0])


def _said(outcome: Outcome) -> Said:
    hits = [(hit.rule, hit.message) for hit in outcome.hits]
    caps = [(cap.rule, cap.message) for cap in outcome.caps]
    return Said(outcome.verdict, outcome.approved_size_pct, (*hits, *caps))


def _time(at: date | None) -> str | None:
    """UTC with ``Z``; engines that know no zones hand out UTC without one."""
    if not isinstance(at, datetime):
        return at.isoformat() if at else None
    known = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return known.isoformat().replace("+00:00", "Z")
