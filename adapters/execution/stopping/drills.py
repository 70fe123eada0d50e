"""Drills of the stops on record, for whoever asks whether they were seen to work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, insert

from adapters.execution.stopping.tables import stop_drills
from policy.canonical import canonical, digest
from policy.ports import Clock
from policy.store import writing


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill on record: its number, and the sha256 over its table."""

    number: int
    digest: str


def keep_drill(
    store: Engine, clock: Clock, by: str, *, passed: bool, table: Sequence[Mapping[str, Any]]
) -> Drilled:
    """Put a drill on record, done now by ``by``; ``table`` holds plain JSON values."""
    rows = [dict(row) for row in table]
    total = _sum(rows)
    row = {"at": clock.now(), "by": by, "passed": passed, "digest": total, "result": rows}
    with writing(store) as connection:
        number = connection.execute(insert(stop_drills).values(**row).returning(stop_drills.c.number))
        return Drilled(number.scalar_one(), total)


def bears_out(table: Sequence[Mapping[str, Any]], kept: str) -> bool:
    """Whether ``table`` is the one whose digest was ``kept``, and every stop in it did what it should."""
    return bool(table) and all(row["as_expected"] for row in table) and _sum(table) == kept


def _sum(table: Sequence[Mapping[str, Any]]) -> str:
    return digest(canonical({"stops": table}))
