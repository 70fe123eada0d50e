"""Memos: what each reasoner was asked, what was sent and came back, and the digest that vouches for it."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Exact, Id, SafeText, UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reasoning_memos",
        sa.Column("memo_id", Id(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("signal_id", Id(), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("question_hash", sa.String(length=64), nullable=False),
        sa.Column("reasoner", SafeText(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=7), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost", Exact(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("memo_id", name="pk_reasoning_memos"),
        sa.UniqueConstraint("source", "signal_id", name="uq_reasoning_memos_source"),
        comment="append-only: each memo with its prompts, answers and errors; JSON columns are verbatim text",
    )
    op.create_index("ix_reasoning_memos_asked_at", "reasoning_memos", ["asked_at", "memo_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_reasoning_memos_asked_at", table_name="reasoning_memos")
    op.drop_table("reasoning_memos")
