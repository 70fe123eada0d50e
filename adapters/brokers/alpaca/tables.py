"""The tables of the sandbox broker: the orders it has shown, what was told of them, and how far that goes.

Messages are only ever added to: they are numbered once for all, whichever way the news came.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint, text

from policy.columns import Exact, Id, RowNumber, SafeText, UtcTime, metadata

alpaca_orders = Table(
    "alpaca_orders",
    metadata,
    Column("external_order_id", String(64), primary_key=True),
    Column("client_order_id", Id(), nullable=False, unique=True),
    Column("symbol", SafeText(), nullable=False),
    Column("submitted_at", UtcTime(), nullable=False),
    Column("ended", Boolean, nullable=False),
    Index(
        "ix_alpaca_orders_open",
        "external_order_id",
        sqlite_where=text("ended = 0"),
        postgresql_where=text("NOT ended"),
    ),
    comment="orders that the sandbox broker has shown; an ended one needs no more looking after",
)

alpaca_messages = Table(
    "alpaca_messages",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=False),
    Column("external_order_id", String(64), ForeignKey("alpaca_orders.external_order_id"), nullable=False),
    Column("what", SafeText(), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("word", String(16), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("qty", Exact()),
    Column("price", Exact()),
    Column("filled_until", Exact()),
    Column("reason", SafeText()),
    Column("heard_at", UtcTime(), nullable=False, index=True),
    UniqueConstraint("external_order_id", "what"),
    comment="what the sandbox broker told of its orders, each thing once however often it was told",
)

alpaca_progress = Table(
    "alpaca_progress",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("at", UtcTime(), nullable=False),
    comment="when the sandbox account was opened here, and up to when its list of fills has been read",
)
