"""The tables of what outlives old decisions: rows kept aside, what is left of the others, and anchors."""

from sqlalchemy import (
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    select,
    union_all,
)

from policy.columns import Id, RowNumber, SafeText, UtcTime, metadata
from policy.tables import policy_evaluations, policy_rule_hits


def _columns_of(table: Table) -> list[Column[object]]:
    return [Column(one.name, one.type, nullable=one.nullable) for one in table.columns]


kept_evaluations = Table(
    "kept_evaluations",
    metadata,
    *_columns_of(policy_evaluations),
    PrimaryKeyConstraint("decision_id"),
    UniqueConstraint("chain", "seq"),
    comment="old evaluations that an open order or a pending review refers to, as they were written",
)

kept_rule_hits = Table(
    "kept_rule_hits",
    metadata,
    *_columns_of(policy_rule_hits),
    PrimaryKeyConstraint("chain", "seq", "position"),
    comment="the rule hits of evaluations that are kept aside",
)

retired_decisions = Table(
    "retired_decisions",
    metadata,
    Column("decision_id", Id(), nullable=False),
    Column("anchor", RowNumber, nullable=False),
    Column("seq", RowNumber, nullable=False),
    Column("signal_id", Id(), nullable=False),
    Column("supersedes", Id()),
    Column("purpose", String(8)),
    Column("verdict", String(7), nullable=False),
    Column("answered_by", SafeText()),
    PrimaryKeyConstraint("decision_id"),
    Index("ix_retired_decisions_anchor", "anchor", "seq"),
    comment="what is left of a decision whose record was dropped; claims, reviews, permits rest on it",
    sqlite_with_rowid=False,
)

audit_anchors = Table(
    "audit_anchors",
    metadata,
    Column("number", RowNumber, autoincrement=False, nullable=False),
    Column("chain", String(64), nullable=False),
    Column("first_seq", RowNumber, nullable=False),
    Column("last_seq", RowNumber, nullable=False),
    Column("hash_before", String(64), nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("rows", RowNumber, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("number"),
    comment="each bridges links that retention dropped from a chain; anchors are a chain of their own",
)

_TOLD = ("decision_id", "verdict", "answered_by", "supersedes")
known_decisions = union_all(
    *(
        select(*(table.c[name] for name in _TOLD))
        for table in (policy_evaluations, kept_evaluations, retired_decisions)
    )
).subquery("known_decisions")
"""What every decision said, whether its record is in place, kept aside or retired."""
