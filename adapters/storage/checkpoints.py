"""Where a played run stands: one row per run, replaced when a step has settled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Engine, String, Table, delete, insert, select

from policy.columns import CanonicalJson, UtcTime, metadata
from policy.store import reading, writing

HOUSE, PLAYER, MARKET, PORTFOLIO = "house", "player", "market", "portfolio"
"""Names of checkpoints: of a house in one process, and of those services apart that keep one."""

LIVE = "live"
"""In the ``plan`` of a house that was live: the market it had its quotes from. It goes by the real clock."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("at", UtcTime(), nullable=False),
    Column("state", CanonicalJson(), nullable=False),
    comment="the last settled step of each played run, with everything needed to go on from it",
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A settled step: its time and the state after it, as JSON values."""

    at: datetime
    state: Mapping[str, Any]

    @property
    def is_live(self) -> bool:
        """Whether it is of a house on a live market, not of a played run."""
        return LIVE in self.state.get("plan", {})


def save(store: Engine, name: str, checkpoint: Checkpoint) -> None:
    """Replace the run's checkpoint; durable when this returns."""
    with writing(store) as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.name == name))
        row = {"name": name, "at": checkpoint.at, "state": dict(checkpoint.state)}
        connection.execute(insert(checkpoints), [row])


def load(store: Engine, name: str) -> Checkpoint | None:
    """The run's last settled step; None for a run that never settled one."""
    with reading(store) as connection:
        row = connection.execute(select(checkpoints).where(checkpoints.c.name == name)).first()
    return Checkpoint(row.at, row.state) if row is not None else None
