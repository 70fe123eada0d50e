"""The paper broker's account, orders, journal, deliveries and submissions."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Exact, Id, RowNumber, SafeText, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_account",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("opened_with", Exact(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("stepped_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_paper_account"),
        comment="cash that the paper broker's account began with, and the last step that concerned it",
    )
    op.create_table(
        "paper_orders",
        sa.Column("arrival", RowNumber, autoincrement=False, nullable=False),
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("qty", Exact(), nullable=False),
        sa.Column("order_type", sa.String(length=6), nullable=False),
        sa.Column("limit_price", Exact(), nullable=True),
        sa.Column("reserve_price", Exact(), nullable=False),
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("arrival", name="pk_paper_orders"),
        sa.UniqueConstraint("client_order_id", name="uq_paper_orders_client_order_id"),
        comment="orders that the paper broker has taken, as they came in",
    )
    op.create_table(
        "paper_journal",
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("execution_id", SafeText(), nullable=True),
        sa.Column("qty", Exact(), nullable=True),
        sa.Column("price", Exact(), nullable=True),
        sa.Column("commission", Exact(), nullable=True),
        sa.Column("reason", SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_order_id"], ["paper_orders.client_order_id"], name="fk_paper_journal_client_order_id"
        ),
        sa.PrimaryKeyConstraint("client_order_id", "sequence", name="pk_paper_journal"),
        sa.UniqueConstraint("execution_id", name="uq_paper_journal_execution_id"),
        comment="everything that happened to the paper broker's orders; append-only",
    )
    op.create_index("ix_paper_journal_at", "paper_journal", ["at"], unique=False)
    op.create_table(
        "paper_deliveries",
        sa.Column("place", RowNumber, autoincrement=False, nullable=False),
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("behind", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("number", RowNumber, nullable=True),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("place", name="pk_paper_deliveries"),
        sa.UniqueConstraint("number", name="uq_paper_deliveries_number"),
        comment="when each journal entry is told to the customer; without a number it is still held back",
    )
    op.create_index(
        "ix_paper_deliveries_held",
        "paper_deliveries",
        ["place"],
        unique=False,
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "paper_submissions",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paper_submissions"),
        comment="every time an order was handed to the paper broker: taken, repeated, refused or lost",
    )
    op.create_index(
        "ix_paper_submissions_client_order_id", "paper_submissions", ["client_order_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("paper_submissions")
    op.drop_table("paper_deliveries")
    op.drop_table("paper_journal")
    op.drop_table("paper_orders")
    op.drop_table("paper_account")
