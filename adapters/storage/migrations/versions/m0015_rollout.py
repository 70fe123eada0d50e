"""Rollout phases: the phases entered, requests to advance; a pack may leave the shelf again."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Id, RowNumber, SafeText, UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollout_phases",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("from_phase", sa.String(length=16), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("confirmed_by", SafeText(), nullable=True),
        sa.Column("note", SafeText(), nullable=False),
        sa.Column("checklist", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rollout_phases"),
        comment="append-only: the newest row is the phase in force, none is development",
    )
    op.create_table(
        "rollout_requests",
        sa.Column("request_id", Id(), nullable=False),
        sa.Column("from_phase", sa.String(length=16), nullable=False),
        sa.Column("to_phase", sa.String(length=16), nullable=False),
        sa.Column("standing", RowNumber, nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("asked_by", SafeText(), nullable=False),
        sa.Column("asked_with", sa.String(length=64), nullable=False),
        sa.Column("note", SafeText(), nullable=False),
        sa.Column("checklist", CanonicalJson(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("confirmed_by", SafeText(), nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name="pk_rollout_requests"),
        comment="every request to advance with what was found then; standing is the phase row it follows",
    )
    op.create_index(
        "ix_rollout_requests_asked_at", "rollout_requests", ["asked_at", "request_id"], unique=False
    )
    op.add_column(
        "pack_activations", sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("pack_activations", "withdrawn")
    op.drop_index("ix_rollout_requests_asked_at", table_name="rollout_requests")
    op.drop_table("rollout_requests")
    op.drop_table("rollout_phases")
