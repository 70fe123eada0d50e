"""The tables that the execution service owns: orders, what happened to them, and what was booked."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from policy.columns import CanonicalJson, Exact, Id, RowNumber, SafeText, UtcTime, metadata

orders = Table(
    "orders",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("order_id", Id(), nullable=False, unique=True),
    Column("client_order_id", Id(), nullable=False, unique=True),
    Column("signal_id", Id()),
    Column("decision_id", Id()),
    Column("symbol", SafeText(), nullable=False),
    Column("strategy", SafeText()),
    Column("state", String(16), nullable=False),
    Column("shown", String(16), nullable=False),
    Column("working", Boolean, nullable=False),
    Column("record", Text(), nullable=False),
    Column("events", Integer, nullable=False),
    Column("created_at", UtcTime(), nullable=False),
    Column("updated_at", UtcTime(), nullable=False),
    Index("ix_orders_signal_id", "signal_id", "seq"),
    Index("ix_orders_decision_id", "decision_id", "seq"),
    Index("ix_orders_shown", "shown", "seq"),
    Index("ix_orders_created_at", "created_at", "seq"),
    Index("ix_orders_symbol_seq", "symbol", "seq"),
    Index("ix_orders_working", "seq", sqlite_where=text("working = 1"), postgresql_where=text("working")),
    comment="one order as its events left it, whole in record; the other columns are for looking up",
)

execution_events = Table(
    "execution_events",
    metadata,
    Column("order_id", Id(), ForeignKey("orders.order_id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("event", String(24), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("anomaly", Text()),
    Column("happened", Text(), nullable=False),
    PrimaryKeyConstraint("order_id", "position"),
    comment="what happened to each order, refused events included; replaying it gives the order",
    sqlite_with_rowid=False,
)

fills = Table(
    "fills",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("execution_id", String(128), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("order_id", Id(), ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("symbol", SafeText(), nullable=False),
    Column("side", String(4), nullable=False),
    Column("qty", Exact(), nullable=False),
    Column("price", Exact(), nullable=False),
    Column("commission", Exact(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("booked_at", UtcTime(), nullable=False, index=True),
    Index("uq_fills_execution", "execution_id", "kind", unique=True),
    comment="what was booked to position and cash, append-only; a reversal takes a synthetic fill back",
)

holdings = Table(
    "holdings",
    metadata,
    Column("asset", String(32), primary_key=True),
    Column("amount", Exact(), nullable=False),
    comment="the sum of all fills: shares by symbol, and the change of cash in dollars under $",
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", SafeText(), nullable=False),
    Column("key", String(128), nullable=False),
    Column("payload_hash", String(64), nullable=False),
    Column("order_id", Id(), nullable=False, unique=True),
    Column("status", Integer),
    Column("answer", Text()),
    Column("created_at", UtcTime(), nullable=False),
    PrimaryKeyConstraint("scope", "key"),
    comment="who asked for what under which key, and the answer to give again to the byte",
    sqlite_with_rowid=False,
)

broker_cursor = Table(
    "broker_cursor",
    metadata,
    Column("broker", String(32), primary_key=True),
    Column("number", RowNumber, nullable=False),
    comment="the last message of each broker's stream that was applied",
)

execution_alerts = Table(
    "execution_alerts",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("at", UtcTime(), nullable=False),
    Column("what", String(32), nullable=False),
    Column("symbol", SafeText()),
    Column("order_id", Id()),
    Column("detail", CanonicalJson(), nullable=False),
    comment="what needs a person: quarantined fills, impossible events, mismatches",
)

frozen_symbols = Table(
    "frozen_symbols",
    metadata,
    Column("symbol", SafeText(), primary_key=True),
    Column("since", UtcTime(), nullable=False),
    Column("why", SafeText(), nullable=False),
    comment="symbols that take no new risk until their position is explained",
)

approvals_to_follow = Table(
    "approvals_to_follow",
    metadata,
    Column("decision_id", Id(), primary_key=True),
    Column("evaluated_at", UtcTime(), nullable=False),
    Column("decision", Text(), nullable=False),
    comment="the house's approvals that came in as events and have not become orders yet",
    sqlite_with_rowid=False,
)
