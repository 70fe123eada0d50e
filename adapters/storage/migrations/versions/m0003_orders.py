"""Orders: permits, orders and their events, fills, keys, alerts; evaluations say what they are for."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Exact, Id, RowNumber, SafeText, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broker_cursor",
        sa.Column("broker", sa.String(length=32), nullable=False),
        sa.Column("number", RowNumber, nullable=False),
        sa.PrimaryKeyConstraint("broker", name="pk_broker_cursor"),
        comment="the last message of each broker's stream that was applied",
    )
    op.create_table(
        "execution_alerts",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("symbol", SafeText(), nullable=True),
        sa.Column("order_id", Id(), nullable=True),
        sa.Column("detail", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_execution_alerts"),
        comment="what needs a person: quarantined fills, impossible events, mismatches",
    )
    op.create_table(
        "frozen_symbols",
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("why", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", name="pk_frozen_symbols"),
        comment="symbols that take no new risk until their position is explained",
    )
    op.create_table(
        "holdings",
        sa.Column("asset", sa.String(length=32), nullable=False),
        sa.Column("amount", Exact(), nullable=False),
        sa.PrimaryKeyConstraint("asset", name="pk_holdings"),
        comment="the sum of all fills: shares by symbol, and the change of cash in dollars under $",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", SafeText(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency_keys"),
        sa.UniqueConstraint("order_id", name="uq_idempotency_keys_order_id"),
        comment="who asked for what under which key, and the answer to give again to the byte",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "orders",
        sa.Column("seq", RowNumber, autoincrement=True, nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("signal_id", Id(), nullable=True),
        sa.Column("decision_id", Id(), nullable=True),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("shown", sa.String(length=16), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_orders"),
        sa.UniqueConstraint("client_order_id", name="uq_orders_client_order_id"),
        sa.UniqueConstraint("order_id", name="uq_orders_order_id"),
        comment="one order as its events left it, whole in record; the other columns are for looking up",
    )
    op.create_index("ix_orders_decision_id", "orders", ["decision_id"], unique=False)
    op.create_index("ix_orders_signal_id", "orders", ["signal_id"], unique=False)
    op.create_index("ix_orders_symbol_seq", "orders", ["symbol", "seq"], unique=False)
    op.create_index(
        "ix_orders_working",
        "orders",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("working = 1"),
        postgresql_where=sa.text("working"),
    )
    op.create_table(
        "permits",
        sa.Column("permit_id", Id(), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("client_order_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("signal_id", Id(), nullable=True),
        sa.Column("decision_id", Id(), nullable=True),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("qty", Exact(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("grounds", CanonicalJson(), nullable=False),
        sa.Column("granted_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", RowNumber, nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("permit_id", name="pk_permits"),
        sa.UniqueConstraint("chain", "seq", name="uq_permits_chain"),
        sa.UniqueConstraint("order_id", name="uq_permits_order_id"),
        sa.UniqueConstraint("signal_id", name="uq_permits_signal_id"),
        comment="leave to send one order, each used once; hash-chained like the decisions they rest on",
    )
    op.create_table(
        "execution_events",
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("event", sa.String(length=24), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("anomaly", sa.Text(), nullable=True),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name="fk_execution_events_order_id"),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_execution_events"),
        comment="what happened to each order, refused events included; replaying it gives the order",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fills",
        sa.Column("seq", RowNumber, autoincrement=True, nullable=False),
        sa.Column("execution_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("qty", Exact(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("commission", Exact(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("booked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name="fk_fills_order_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_fills"),
        comment="what was booked to position and cash, append-only; a reversal takes a synthetic fill back",
    )
    op.create_index("ix_fills_booked_at", "fills", ["booked_at"], unique=False)
    op.create_index("ix_fills_order_id", "fills", ["order_id"], unique=False)
    op.create_index("uq_fills_execution", "fills", ["execution_id", "kind"], unique=True)
    op.add_column("policy_evaluations", sa.Column("purpose", sa.String(length=8), nullable=True))


def downgrade() -> None:
    op.drop_column("policy_evaluations", "purpose")
    op.drop_index("uq_fills_execution", table_name="fills")
    op.drop_index("ix_fills_order_id", table_name="fills")
    op.drop_index("ix_fills_booked_at", table_name="fills")
    op.drop_table("fills")
    op.drop_table("execution_events")
    op.drop_table("permits")
    op.drop_index(
        "ix_orders_working",
        table_name="orders",
        sqlite_where=sa.text("working = 1"),
        postgresql_where=sa.text("working"),
    )
    op.drop_index("ix_orders_symbol_seq", table_name="orders")
    op.drop_index("ix_orders_signal_id", table_name="orders")
    op.drop_index("ix_orders_decision_id", table_name="orders")
    op.drop_table("orders")
    op.drop_table("idempotency_keys")
    op.drop_table("holdings")
    op.drop_table("frozen_symbols")
    op.drop_table("execution_alerts")
    op.drop_table("broker_cursor")
