"""Reconciliation: starts, looks at the broker, repairs, and what a person explained."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Exact, Id, RowNumber, SafeText, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_looks()
    _create_repairs()


def _create_looks() -> None:
    op.create_table(
        "execution_starts",
        sa.Column("number", RowNumber, autoincrement=True, nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("waits_for", SafeText(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_execution_starts"),
        comment="every start of the execution service, and when its books were first settled with the broker",
    )
    op.create_table(
        "reconciliations",
        sa.Column("number", RowNumber, autoincrement=True, nullable=False),
        sa.Column("run_id", Id(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("why", SafeText(), nullable=True),
        sa.Column("picture", CanonicalJson(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_reconciliations"),
        comment="looks at the broker's account; equal ones in a row share a row, with the last one's picture",
    )


def _create_repairs() -> None:
    op.create_table(
        "repairs",
        sa.Column("number", RowNumber, autoincrement=True, nullable=False),
        sa.Column("run_id", Id(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("asset", SafeText(), nullable=False),
        sa.Column("order_id", Id(), nullable=True),
        sa.Column("before", CanonicalJson(), nullable=False),
        sa.Column("after", CanonicalJson(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_repairs"),
        comment="append-only: every repair of the books, and who made it, with what was before and after",
    )
    op.create_index("ix_repairs_order_id", "repairs", ["order_id"], unique=False)
    op.create_table(
        "explained_differences",
        sa.Column("asset", SafeText(), nullable=False),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("note", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("asset", name="pk_explained_differences"),
        comment="by how much the broker has more than the books, and a person said why",
    )


def downgrade() -> None:
    op.drop_table("explained_differences")
    op.drop_index("ix_repairs_order_id", table_name="repairs")
    op.drop_table("repairs")
    op.drop_table("reconciliations")
    op.drop_table("execution_starts")
