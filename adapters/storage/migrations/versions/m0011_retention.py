"""What outlives old decisions: rows kept aside, what is left of the others, anchors of the chains."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Id, RowNumber, SafeText, UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_anchors",
        sa.Column("number", RowNumber, autoincrement=False, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("first_seq", RowNumber, nullable=False),
        sa.Column("last_seq", RowNumber, nullable=False),
        sa.Column("hash_before", sa.String(length=64), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("rows", RowNumber, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_anchors"),
        comment="each bridges links that retention dropped from a chain; anchors are a chain of their own",
    )
    op.create_table(
        "kept_evaluations",
        sa.Column("id", RowNumber, nullable=False),
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
        sa.Column("purpose", sa.String(length=8), nullable=True),
        sa.PrimaryKeyConstraint("decision_id", name="pk_kept_evaluations"),
        sa.UniqueConstraint("chain", "seq", name="uq_kept_evaluations_chain"),
        comment="old evaluations that an open order or a pending review refers to, as they were written",
    )
    op.create_table(
        "kept_rule_hits",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", RowNumber, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=7), nullable=True),
        sa.Column("size_pct", sa.Double(), nullable=True),
        sa.Column("message", SafeText(), nullable=False),
        sa.Column("evaluated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", "position", name="pk_kept_rule_hits"),
        comment="the rule hits of evaluations that are kept aside",
    )
    op.create_table(
        "retired_decisions",
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("anchor", RowNumber, nullable=False),
        sa.Column("seq", RowNumber, nullable=False),
        sa.Column("signal_id", Id(), nullable=False),
        sa.Column("supersedes", Id(), nullable=True),
        sa.Column("purpose", sa.String(length=8), nullable=True),
        sa.Column("verdict", sa.String(length=7), nullable=False),
        sa.Column("answered_by", SafeText(), nullable=True),
        sa.PrimaryKeyConstraint("decision_id", name="pk_retired_decisions"),
        comment="what is left of a decision whose record was dropped; claims, reviews, permits rest on it",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_retired_decisions_anchor", "retired_decisions", ["anchor", "seq"], unique=False)


def downgrade() -> None:
    _refuse_to_forget()
    op.drop_index("ix_retired_decisions_anchor", table_name="retired_decisions")
    op.drop_table("retired_decisions")
    op.drop_table("kept_rule_hits")
    op.drop_table("kept_evaluations")
    op.drop_table("audit_anchors")


def _refuse_to_forget() -> None:
    """Without its anchors a log that was shortened cannot be told from one that was tampered with."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM audit_anchors")):
        raise RuntimeError(
            "retention has dropped decisions from this store, and an older version would take that for "
            "tampering; restore a backup from before instead"
        )
