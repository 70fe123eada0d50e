"""The policy service's first tables: claims, evaluations, reviews, the shelf, the chain, the outbox."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Id, RowNumber, SafeText, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", RowNumber, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_heads"),
        comment="length and last hash of every chain of evaluations",
    )
    op.create_table(
        "decided_signals",
        sa.Column("signal_id", Id(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("decision_id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", name="pk_decided_signals"),
        comment="the claim that gives a signal exactly one decision; never partitioned",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("seq", RowNumber, autoincrement=True, nullable=False),
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("subject", SafeText(), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("delivered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        comment="events written in the transaction of the change they tell of",
    )
    op.create_index(
        "ix_outbox_undelivered",
        "outbox",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("delivered = 0"),
        postgresql_where=sa.text("NOT delivered"),
    )
    op.create_index(
        "uq_outbox_event_id",
        "outbox",
        ["event_id"],
        unique=True,
        sqlite_where=sa.text("source <> '/trivet/policy'"),
        postgresql_where=sa.text("source <> '/trivet/policy'"),
    )
    op.create_table(
        "pack_activations",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("pack_set", sa.String(length=8), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("shadow", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("replaces", RowNumber, nullable=True),
        sa.Column("logic", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=80), nullable=False),
        sa.Column("activated_at", UtcTime(), nullable=False),
        sa.Column("activated_by", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pack_activations"),
        comment="append-only; the newest row of a set, pack and role is in force",
    )
    op.create_table(
        "policy_evaluations",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("signal_id", Id(), nullable=False),
        sa.Column("supersedes", Id(), nullable=True),
        sa.Column("review_id", Id(), nullable=True),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("candidate_action", sa.String(length=4), nullable=False),
        sa.Column("verdict", sa.String(length=7), nullable=False),
        sa.Column("evaluated_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("answered_by", SafeText(), nullable=True),
        sa.Column("note", SafeText(), nullable=True),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("facts_source", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("packs", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.String(length=32), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", RowNumber, nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_evaluations"),
        sa.UniqueConstraint("chain", "seq", name="uq_policy_evaluations_chain"),
        sa.UniqueConstraint("decision_id", name="uq_policy_evaluations_decision_id"),
        comment="one decision with everything it was made from; hash-chained; JSON columns are verbatim text",
    )
    op.create_index(
        "ix_policy_evaluations_evaluated_at", "policy_evaluations", ["evaluated_at"], unique=False
    )
    op.create_index("ix_policy_evaluations_symbol", "policy_evaluations", ["symbol"], unique=False)
    op.create_table(
        "policy_rule_hits",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", RowNumber, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=7), nullable=True),
        sa.Column("size_pct", sa.Double(), nullable=True),
        sa.Column("message", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", "position", name="pk_policy_rule_hits"),
        comment="one row per hit, unknown rule or cap of a decision, keyed by its link",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refusals",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("signal_id", Id(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("errors", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refusals"),
        comment="what was refused before it could be judged, by the digest of what was sent",
    )
    op.create_table(
        "reviews",
        sa.Column("review_id", Id(), nullable=False),
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("signal_id", Id(), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("candidate_action", sa.String(length=4), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reasons", CanonicalJson(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("answered_by", SafeText(), nullable=True),
        sa.Column("note", SafeText(), nullable=True),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("answer_id", Id(), nullable=True),
        sa.PrimaryKeyConstraint("review_id", name="pk_reviews"),
        sa.UniqueConstraint("decision_id", name="uq_reviews_decision_id"),
        comment="decisions that wait for a person",
    )
    op.create_index("ix_reviews_status_expires_at", "reviews", ["status", "expires_at"], unique=False)
    op.create_table(
        "review_steps",
        sa.Column("review_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("what", SafeText(), nullable=False),
        sa.Column("note", SafeText(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.review_id"], name="fk_review_steps_review_id"),
        sa.PrimaryKeyConstraint("review_id", "position", name="pk_review_steps"),
        comment="the history of a review",
    )


def downgrade() -> None:
    op.drop_table("review_steps")
    op.drop_index("ix_reviews_status_expires_at", table_name="reviews")
    op.drop_table("reviews")
    op.drop_table("refusals")
    op.drop_table("policy_rule_hits")
    op.drop_index("ix_policy_evaluations_symbol", table_name="policy_evaluations")
    op.drop_index("ix_policy_evaluations_evaluated_at", table_name="policy_evaluations")
    op.drop_table("policy_evaluations")
    op.drop_table("pack_activations")
    op.drop_index(
        "ix_outbox_undelivered",
        table_name="outbox",
        sqlite_where=sa.text("delivered = 0"),
        postgresql_where=sa.text("NOT delivered"),
    )
    op.drop_index("uq_outbox_event_id", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("decided_signals")
    op.drop_table("audit_heads")
