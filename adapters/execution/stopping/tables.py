"""The tables of stops in execution: how each was obeyed, what watchers have tripped for, and every drill."""

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, String, Table, Text

from policy.columns import CanonicalJson, Exact, RowNumber, SafeText, UtcTime, metadata

stop_obedience = Table(
    "stop_obedience",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=False),
    Column("scope", String(80), nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("noticed_at", UtcTime(), nullable=False),
    Column("quiet_at", UtcTime()),
    Column("cancelled", CanonicalJson(), nullable=False),
    Column("began", UtcTime(), nullable=False),
    Column("ended", UtcTime()),
    comment="what execution did about each trip, by its event; began and ended are real times",
)

watch_marks = Table(
    "watch_marks",
    metadata,
    Column("cause", String(64), nullable=False),
    Column("scope", String(80), nullable=False),
    Column("episode", Text(), nullable=False),
    Column("measure", Exact(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    PrimaryKeyConstraint("cause", "scope"),
    comment="the worst that each watcher has tripped for: who re-arms is not overruled by the same",
    sqlite_with_rowid=False,
)

stop_drills = Table(
    "stop_drills",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("at", UtcTime(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("result", CanonicalJson(), nullable=False),
    comment="append-only: every drill of the stops, with its whole table and the sha256 over that",
)
