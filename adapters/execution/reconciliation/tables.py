"""The tables of reconciliation: looks at the broker, repairs, and differences that a person explained."""

from sqlalchemy import Column, Index, String, Table

from policy.columns import CanonicalJson, Exact, Id, RowNumber, SafeText, UtcTime, metadata

execution_starts = Table(
    "execution_starts",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("started_at", UtcTime(), nullable=False),
    Column("settled_at", UtcTime()),
    Column("waits_for", SafeText()),
    comment="every start of the execution service, and when its books were first settled with the broker",
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("run_id", Id(), nullable=False),
    Column("first_at", UtcTime(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("why", SafeText()),
    Column("picture", CanonicalJson()),
    comment="looks at the broker's account; equal ones in a row share a row, with the last one's picture",
)

repairs = Table(
    "repairs",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("run_id", Id()),
    Column("at", UtcTime(), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("asset", SafeText(), nullable=False),
    Column("order_id", Id()),
    Column("before", CanonicalJson(), nullable=False),
    Column("after", CanonicalJson(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Index("ix_repairs_order_id", "order_id"),
    comment="append-only: every repair of the books, and who made it, with what was before and after",
)

explained_differences = Table(
    "explained_differences",
    metadata,
    Column("asset", SafeText(), primary_key=True),
    Column("amount", Exact(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("note", SafeText(), nullable=False),
    comment="by how much the broker has more than the books, and a person said why",
)
