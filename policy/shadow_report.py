"""Packs in shadow beside the active ones: how often they agree, where they part, on which signals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, or_, select

from policy.store import reading
from policy.tables import shadow_judgements as judgements

_KEY = (judgements.c.pack_set, judgements.c.pack, judgements.c.version)
_COUNTED = (
    select(
        *_KEY, judgements.c.active_verdict, judgements.c.verdict,
        func.count().label("signals"), func.min(judgements.c.at).label("first"),
        func.max(judgements.c.at).label("last"),
    )
    .group_by(*_KEY, judgements.c.active_verdict, judgements.c.verdict)
    .order_by(*_KEY, judgements.c.active_verdict, judgements.c.verdict)
)  # fmt: skip
_RESIZED = and_(
    judgements.c.verdict == judgements.c.active_verdict,
    judgements.c.size_pct != judgements.c.active_size_pct,
)
_PARTED = or_(judgements.c.verdict.is_(None), judgements.c.verdict != judgements.c.active_verdict, _RESIZED)


@dataclass(frozen=True, slots=True)
class Parted:
    """One signal on which a shadow and the active packs differ; ``verdict`` is None where it failed."""

    decision_id: str
    symbol: str
    at: datetime
    active_verdict: str
    active_rules: tuple[str, ...]
    verdict: str | None
    rules: tuple[str, ...]
    sizes: tuple[float, float | None]
    error: str | None


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """One version in shadow for one set; ``matrix`` counts signals by (active verdict, shadow's verdict).

    ``resized`` counts signals of the same verdict with another approved size; ``failed`` those the
    shadow could not judge; ``rules`` how often each rule objected on one side only.
    """

    pack_set: str
    pack: str
    version: str
    first: datetime
    last: datetime
    matrix: Mapping[tuple[str, str], int]
    resized: int
    failed: int
    rules: Mapping[str, tuple[int, int]]
    sample: tuple[Parted, ...]

    @property
    def signals(self) -> int:
        """How many signals it was asked about."""
        return sum(self.matrix.values()) + self.failed


def compared(store: Engine, sample: int) -> list[ShadowReport]:
    """A report for every version that was ever in shadow, with the newest ``sample`` signals that part."""
    with reading(store) as connection:
        groups: dict[tuple[str, str, str], list[Row[Any]]] = {}
        for row in connection.execute(_COUNTED):
            groups.setdefault((row.pack_set, row.pack, row.version), []).append(row)
        return [_report(connection, key, rows, sample) for key, rows in groups.items()]


def _report(
    connection: Connection, key: tuple[str, str, str], rows: list[Row[Any]], sample: int
) -> ShadowReport:
    mine = and_(*(column == value for column, value in zip(_KEY, key, strict=True)))
    resized = connection.scalar(select(func.count()).select_from(judgements).where(mine, _RESIZED)) or 0
    newest = select(judgements).where(mine, _PARTED)
    newest = newest.order_by(judgements.c.at.desc(), judgements.c.decision_id).limit(sample)
    return ShadowReport(
        *key,
        first=min(row.first for row in rows),
        last=max(row.last for row in rows),
        matrix={(row.active_verdict, row.verdict): row.signals for row in rows if row.verdict is not None},
        resized=resized,
        failed=sum(row.signals for row in rows if row.verdict is None),
        rules=_one_sided(connection, mine),
        sample=tuple(map(_parted, connection.execute(newest))),
    )


def _one_sided(connection: Connection, mine: Any) -> dict[str, tuple[int, int]]:
    """How often each rule objected for the active packs alone, and for the shadow alone."""
    query = select(judgements.c.active_rules, judgements.c.rules).where(mine, judgements.c.rules.is_not(None))
    query = query.where(judgements.c.rules != judgements.c.active_rules)
    counts: dict[str, list[int]] = {}
    for active, shadow in connection.execute(query).yield_per(1000):
        for side, rules in enumerate((set(active) - set(shadow), set(shadow) - set(active))):
            for rule in rules:
                counts.setdefault(rule, [0, 0])[side] += 1
    return {rule: (before, after) for rule, (before, after) in sorted(counts.items())}


def _parted(row: Row[Any]) -> Parted:
    return Parted(
        str(row.decision_id), row.symbol, row.at, row.active_verdict, tuple(row.active_rules),
        row.verdict, tuple(row.rules or ()), (row.active_size_pct, row.size_pct), row.error,
    )  # fmt: skip
