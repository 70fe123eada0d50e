"""The tables of the rollout: every phase the house ever entered, and every request to advance."""

from sqlalchemy import Column, Index, String, Table

from policy.columns import CanonicalJson, Id, RowNumber, SafeText, UtcTime, metadata

rollout_phases = Table(
    "rollout_phases",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("phase", String(16), nullable=False),
    Column("from_phase", String(16), nullable=False),
    Column("act", String(8), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("confirmed_by", SafeText()),
    Column("note", SafeText(), nullable=False),
    Column("checklist", CanonicalJson(), nullable=False),
    comment="append-only: the newest row is the phase in force, none is development",
)

rollout_requests = Table(
    "rollout_requests",
    metadata,
    Column("request_id", Id(), primary_key=True),
    Column("from_phase", String(16), nullable=False),
    Column("to_phase", String(16), nullable=False),
    Column("standing", RowNumber, nullable=False),
    Column("asked_at", UtcTime(), nullable=False),
    Column("asked_by", SafeText(), nullable=False),
    Column("asked_with", String(64), nullable=False),
    Column("note", SafeText(), nullable=False),
    Column("checklist", CanonicalJson(), nullable=False),
    Column("status", String(10), nullable=False),
    Column("confirmed_by", SafeText()),
    Column("settled_at", UtcTime()),
    Index("ix_rollout_requests_asked_at", "asked_at", "request_id"),
    comment="every request to advance with what was found then; standing is the phase row it follows",
)
