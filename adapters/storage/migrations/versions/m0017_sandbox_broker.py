"""The sandbox broker: its orders, the messages about them, and how far its list of fills has been read."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Exact, Id, RowNumber, SafeText, UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alpaca_orders",
        sa.Column("external_order_id", sa.String(length=64), nullable=False),
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("submitted_at", UtcTime(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("external_order_id", name="pk_alpaca_orders"),
        sa.UniqueConstraint("client_order_id", name="uq_alpaca_orders_client_order_id"),
        comment="orders that the sandbox broker has shown; an ended one needs no more looking after",
    )
    op.create_index(
        "ix_alpaca_orders_open",
        "alpaca_orders",
        ["external_order_id"],
        unique=False,
        sqlite_where=sa.text("ended = 0"),
        postgresql_where=sa.text("NOT ended"),
    )
    op.create_table(
        "alpaca_messages",
        sa.Column("number", RowNumber, autoincrement=False, nullable=False),
        sa.Column("external_order_id", sa.String(length=64), nullable=False),
        sa.Column("what", SafeText(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("qty", Exact(), nullable=True),
        sa.Column("price", Exact(), nullable=True),
        sa.Column("filled_until", Exact(), nullable=True),
        sa.Column("reason", SafeText(), nullable=True),
        sa.Column("heard_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_alpaca_messages"),
        sa.ForeignKeyConstraint(
            ["external_order_id"],
            ["alpaca_orders.external_order_id"],
            name="fk_alpaca_messages_external_order_id",
        ),
        sa.UniqueConstraint("external_order_id", "what", name="uq_alpaca_messages_external_order_id"),
        comment="what the sandbox broker told of its orders, each thing once however often it was told",
    )
    op.create_index("ix_alpaca_messages_heard_at", "alpaca_messages", ["heard_at"], unique=False)
    op.create_table(
        "alpaca_progress",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_alpaca_progress"),
        comment="when the sandbox account was opened here, and up to when its list of fills has been read",
    )


def downgrade() -> None:
    op.drop_table("alpaca_progress")
    op.drop_index("ix_alpaca_messages_heard_at", table_name="alpaca_messages")
    op.drop_table("alpaca_messages")
    op.drop_index("ix_alpaca_orders_open", table_name="alpaca_orders")
    op.drop_table("alpaca_orders")
