"""The tables that the policy service owns.

Nothing refers to ``policy_evaluations`` by foreign key: old evaluations leave by partition while
claims stay for ever, and ``trivet audit verify`` checks that the two agree.

On Postgres evaluations and rule hits lie in one partition for each month (``policy/retention/months.py``). A
unique key then has to name the month's column as well, so there keys guard within a moment only. That
a signal is decided once, and that a chain has one link at each place, is kept by ``decided_signals``,
by the lock on a chain's head, and checked by ``trivet audit verify``.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from policy.columns import CanonicalJson, Exact, Id, RowNumber, SafeText, UtcTime, metadata

decided_signals = Table(
    "decided_signals",
    metadata,
    Column("signal_id", Id(), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("decision_id", Id(), nullable=False),
    comment="the claim that gives a signal exactly one decision; never partitioned",
    sqlite_with_rowid=False,
)

policy_evaluations = Table(
    "policy_evaluations",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("decision_id", Id(), nullable=False),
    Column("signal_id", Id(), nullable=False),
    Column("supersedes", Id()),
    Column("review_id", Id()),
    Column("source", String(8), nullable=False),
    Column("symbol", SafeText(), nullable=False),
    Column("candidate_action", String(4), nullable=False),
    Column("verdict", String(7), nullable=False),
    Column("evaluated_at", UtcTime(), nullable=False),
    Column("expires_at", UtcTime()),
    Column("answered_by", SafeText()),
    Column("note", SafeText()),
    Column("proposal", Text(), nullable=False),
    Column("facts", Text(), nullable=False),
    Column("facts_source", Text(), nullable=False),
    Column("outcome", Text(), nullable=False),
    Column("packs", Text(), nullable=False),
    Column("engine_version", String(32), nullable=False),
    Column("chain", String(64), nullable=False),
    Column("seq", RowNumber, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("purpose", String(8)),
    UniqueConstraint("chain", "seq", "evaluated_at"),
    UniqueConstraint("decision_id", "evaluated_at"),
    Index("ix_policy_evaluations_evaluated_at", "evaluated_at", "id"),
    Index("ix_policy_evaluations_symbol", "symbol", "evaluated_at", "id"),
    Index("ix_policy_evaluations_verdict", "verdict", "evaluated_at", "id"),
    comment="one decision with everything it was made from; hash-chained; JSON columns are verbatim text",
)

policy_rule_hits = Table(
    "policy_rule_hits",
    metadata,
    Column("chain", String(64), nullable=False),
    Column("seq", RowNumber, nullable=False),
    Column("position", Integer, nullable=False),
    Column("decision_id", Id(), nullable=False),
    Column("rule", Text(), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("verdict", String(7)),
    Column("size_pct", Double),
    Column("message", SafeText(), nullable=False),
    Column("evaluated_at", UtcTime(), nullable=False),
    PrimaryKeyConstraint("chain", "seq", "position", "evaluated_at"),
    comment="one row per hit, unknown rule or cap of a decision, keyed by its link",
    sqlite_with_rowid=False,
)

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", Id(), primary_key=True),
    Column("decision_id", Id(), nullable=False, unique=True),
    Column("signal_id", Id(), nullable=False),
    Column("symbol", SafeText(), nullable=False),
    Column("candidate_action", String(4), nullable=False),
    Column("status", String(10), nullable=False),
    Column("reasons", CanonicalJson(), nullable=False),
    Column("created_at", UtcTime(), nullable=False),
    Column("expires_at", UtcTime(), nullable=False),
    Column("answered_by", SafeText()),
    Column("note", SafeText()),
    Column("answered_at", UtcTime()),
    Column("answer_id", Id()),
    Index("ix_reviews_status_expires_at", "status", "expires_at", "review_id"),
    Index("ix_reviews_expires_at", "expires_at", "review_id"),
    comment="decisions that wait for a person",
)

review_steps = Table(
    "review_steps",
    metadata,
    Column("review_id", Id(), ForeignKey("reviews.review_id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("what", SafeText(), nullable=False),
    Column("note", SafeText(), nullable=False),
    PrimaryKeyConstraint("review_id", "position"),
    comment="the history of a review",
)

pack_activations = Table(
    "pack_activations",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("pack_set", String(8), nullable=False),
    Column("pack", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("shadow", Boolean, nullable=False, server_default=false()),
    Column("replaces", RowNumber),
    Column("logic", String(80), nullable=False),
    Column("text", String(80), nullable=False),
    Column("activated_at", UtcTime(), nullable=False),
    Column("activated_by", SafeText(), nullable=False),
    Column("difference", CanonicalJson()),
    Column("confirmed_by", SafeText()),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
    comment="append-only; the newest row of a set, pack and role is in force",
)

shadow_judgements = Table(
    "shadow_judgements",
    metadata,
    Column("decision_id", Id(), nullable=False),
    Column("pack", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("pack_set", String(8), nullable=False),
    Column("symbol", SafeText(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("active_verdict", String(7), nullable=False),
    Column("active_size_pct", Double, nullable=False),
    Column("active_rules", CanonicalJson(), nullable=False),
    Column("verdict", String(7)),
    Column("size_pct", Double),
    Column("rules", CanonicalJson()),
    Column("error", SafeText()),
    PrimaryKeyConstraint("decision_id", "pack"),
    Index("ix_shadow_judgements_pack", "pack", "version"),
    comment="what a pack in shadow would have made of a decision, or why it could not be asked",
    sqlite_with_rowid=False,
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("chain", String(64), primary_key=True),
    Column("seq", RowNumber, nullable=False),
    Column("hash", String(64), nullable=False),
    comment="length and last hash of every chain of evaluations",
)

permits = Table(
    "permits",
    metadata,
    Column("permit_id", Id(), primary_key=True),
    Column("order_id", Id(), nullable=False, unique=True),
    Column("client_order_id", Id(), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("signal_id", Id(), unique=True),
    Column("decision_id", Id()),
    Column("symbol", SafeText(), nullable=False),
    Column("side", String(4), nullable=False),
    Column("qty", Exact(), nullable=False),
    Column("price", Exact(), nullable=False),
    Column("grounds", CanonicalJson(), nullable=False),
    Column("granted_at", UtcTime(), nullable=False),
    Column("expires_at", UtcTime(), nullable=False),
    Column("chain", String(64), nullable=False),
    Column("seq", RowNumber, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "seq"),
    comment="leave to send one order, each used once; hash-chained like the decisions they rest on",
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("event_id", Id(), nullable=False),
    Column("type", String(64), nullable=False),
    Column("source", String(128), nullable=False),
    Column("subject", SafeText(), nullable=False),
    Column("time", UtcTime(), nullable=False),
    Column("data", Text(), nullable=False),
    Column("delivered", Boolean, nullable=False, server_default=false()),
    Index(
        "ix_outbox_undelivered",
        "seq",
        sqlite_where=text("delivered = 0"),
        postgresql_where=text("NOT delivered"),
    ),
    # Events of this service follow from claims and cannot come twice, so only the others are looked up.
    Index(
        "uq_outbox_event_id",
        "event_id",
        unique=True,
        sqlite_where=text("source <> '/trivet/policy'"),
        postgresql_where=text("source <> '/trivet/policy'"),
    ),
    comment="events written in the transaction of the change they tell of",
)

refusals = Table(
    "refusals",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("at", UtcTime(), nullable=False),
    Column("source", String(8), nullable=False),
    Column("code", String(64), nullable=False),
    Column("signal_id", Id()),
    Column("body_hash", String(64), nullable=False),
    Column("errors", CanonicalJson(), nullable=False),
    comment="what was refused before it could be judged, by the digest of what was sent",
)
