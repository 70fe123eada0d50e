"""The tables of stops: how each scope stands, and every trip and re-arming there ever was."""

from sqlalchemy import Boolean, Column, Index, String, Table

from policy.columns import RowNumber, SafeText, UtcTime, metadata

stops = Table(
    "stops",
    metadata,
    Column("scope", String(80), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("exits", Boolean, nullable=False),
    Column("cause", String(64), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("note", SafeText(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("number", RowNumber, nullable=False),
    comment="how every scope stands that was ever tripped; number is the stop event that made it so",
)

stop_events = Table(
    "stop_events",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("scope", String(80), nullable=False),
    Column("act", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("exits", Boolean, nullable=False),
    Column("cause", String(64), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("note", SafeText(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Index("ix_stop_events_scope", "scope", "number"),
    comment="append-only: every trip and every re-arming, with the state that was asked for",
)
