"""The tables of what was not let in: the quarantine, levels that are held, and what people accepted."""

from sqlalchemy import BigInteger, Column, Date, Index, PrimaryKeyConstraint, String, Table

from policy.columns import CanonicalJson, Exact, RowNumber, SafeText, UtcTime, metadata

market_quarantine = Table(
    "market_quarantine",
    metadata,
    Column("kind", String(8), nullable=False),
    Column("source", String(32), nullable=False),
    Column("symbol", String(32), nullable=False),
    Column("fault", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first_at", UtcTime(), nullable=False),
    Column("last_at", UtcTime(), nullable=False),
    Column("text", SafeText(), nullable=False),
    Column("against", SafeText(), nullable=True),
    Column("came", CanonicalJson(), nullable=False),
    PrimaryKeyConstraint("kind", "source", "symbol", "fault", "day"),
    Index("ix_market_quarantine_last_at", "last_at"),
    comment="quotes and bars that were not let in, a row for each fault of a symbol a day with the last that "
    "came; symbol is empty where it is none of ours; the oldest rows leave",
)

market_holds = Table(
    "market_holds",
    metadata,
    Column("symbol", String(32), primary_key=True),
    Column("level", Exact(), nullable=False),
    Column("day", Date, nullable=False),
    Column("against", SafeText(), nullable=False),
    Column("since", UtcTime(), nullable=False),
    comment="levels that symbols jumped to and that nobody has explained yet",
)

market_acceptances = Table(
    "market_acceptances",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("symbol", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("level", Exact(), nullable=False),
    Column("against", SafeText(), nullable=False),
    Column("by", SafeText(), nullable=False),
    Column("note", SafeText(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    comment="append-only: who let which level in, and why",
)
