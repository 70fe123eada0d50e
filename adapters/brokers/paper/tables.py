"""The tables of the paper broker: an account, its orders, the journal, and what was told of it when.

Orders and journal are only ever added to; cash, positions and the state of every order follow from them.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from policy.columns import Exact, Id, RowNumber, SafeText, UtcTime, metadata

_HELD = text("number IS NULL")

paper_account = Table(
    "paper_account",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("opened_with", Exact(), nullable=False),
    Column("steps", Integer, nullable=False),
    Column("stepped_at", UtcTime()),
    comment="cash that the paper broker's account began with, and the last step that concerned it",
)

paper_orders = Table(
    "paper_orders",
    metadata,
    Column("arrival", RowNumber, primary_key=True, autoincrement=False),
    Column("client_order_id", Id(), nullable=False, unique=True),
    Column("symbol", SafeText(), nullable=False),
    Column("side", String(4), nullable=False),
    Column("qty", Exact(), nullable=False),
    Column("order_type", String(6), nullable=False),
    Column("limit_price", Exact()),
    Column("reserve_price", Exact(), nullable=False),
    Column("session", Date, nullable=False),
    Column("taken_at", UtcTime(), nullable=False),
    comment="orders that the paper broker has taken, as they came in",
)

paper_journal = Table(
    "paper_journal",
    metadata,
    Column("client_order_id", Id(), ForeignKey("paper_orders.client_order_id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("word", String(16), nullable=False),
    Column("at", UtcTime(), nullable=False, index=True),
    Column("execution_id", SafeText()),
    Column("qty", Exact()),
    Column("price", Exact()),
    Column("commission", Exact()),
    Column("reason", SafeText()),
    PrimaryKeyConstraint("client_order_id", "sequence"),
    UniqueConstraint("execution_id"),
    comment="everything that happened to the paper broker's orders; append-only",
)

paper_deliveries = Table(
    "paper_deliveries",
    metadata,
    Column("place", RowNumber, primary_key=True, autoincrement=False),
    Column("client_order_id", Id(), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("due", Integer, nullable=False),
    Column("behind", Boolean, nullable=False),
    Column("made_at", UtcTime(), nullable=False),
    Column("number", RowNumber),
    Column("told_at", UtcTime()),
    UniqueConstraint("number"),
    Index("ix_paper_deliveries_held", "place", sqlite_where=_HELD, postgresql_where=_HELD),
    comment="when each journal entry is told to the customer; without a number it is still held back",
)

paper_submissions = Table(
    "paper_submissions",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("client_order_id", Id(), nullable=False, index=True),
    Column("at", UtcTime(), nullable=False),
    Column("outcome", String(8), nullable=False),
    comment="every time an order was handed to the paper broker: taken, repeated, refused or lost",
)
