"""Stops: how every scope stands, and every trip and re-arming."""

import sqlalchemy as sa
from alembic import op

from policy.columns import RowNumber, SafeText, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stops",
        sa.Column("scope", sa.String(length=80), nullable=False),
        *_state(),
        sa.Column("number", RowNumber, nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_stops"),
        comment="how every scope stands that was ever tripped; number is the stop event that made it so",
    )
    op.create_table(
        "stop_events",
        sa.Column("number", RowNumber, autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        *_state(),
        sa.PrimaryKeyConstraint("number", name="pk_stop_events"),
        comment="append-only: every trip and every re-arming, with the state that was asked for",
    )
    op.create_index("ix_stop_events_scope", "stop_events", ["scope", "number"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_stop_events_scope", table_name="stop_events")
    op.drop_table("stop_events")
    op.drop_table("stops")


def _state() -> list[sa.Column[object]]:
    return [
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("exits", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("note", SafeText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    ]
