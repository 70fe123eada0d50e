"""The tables that the portfolio service owns: what is held, the book at moments, results of sessions."""

from sqlalchemy import Column, Date, Double, String, Table

from policy.columns import Exact, Id, SafeText, UtcTime, metadata

positions = Table(
    "positions",
    metadata,
    Column("symbol", SafeText(), primary_key=True),
    Column("qty", Exact(), nullable=False),
    Column("cost", Exact(), nullable=False),
    Column("mark", Exact(), nullable=False),
    Column("realised", Exact(), nullable=False),
    Column("fees", Exact(), nullable=False),
    Column("as_of", UtcTime(), nullable=False),
    comment="every symbol that was ever traded, as of the last snapshot; follows from fills and quotes",
    sqlite_with_rowid=False,
)

portfolio_snapshots = Table(
    "portfolio_snapshots",
    metadata,
    Column("snapshot_id", Id(), primary_key=True),
    Column("as_of", UtcTime(), nullable=False, unique=True),
    Column("reason", String(32), nullable=False),
    Column("session", Date),
    Column("starting_cash", Exact(), nullable=False),
    Column("cash", Exact(), nullable=False),
    Column("market_value", Exact(), nullable=False),
    Column("gross_exposure", Exact(), nullable=False),
    Column("realised", Exact(), nullable=False),
    Column("unrealised", Exact(), nullable=False),
    Column("fees", Exact(), nullable=False),
    Column("session_open_equity", Exact(), nullable=False),
    Column("session_low", Exact(), nullable=False),
    comment="the book in numbers at one moment, dollars; written once",
)

pnl_history = Table(
    "pnl_history",
    metadata,
    Column("session", Date, primary_key=True),
    Column("closed_at", UtcTime(), nullable=False, unique=True),
    Column("opened_with", Exact(), nullable=False),
    Column("closed_with", Exact(), nullable=False),
    Column("lowest_equity", Exact(), nullable=False),
    Column("realised", Exact(), nullable=False),
    Column("fees", Exact(), nullable=False),
    Column("max_drawdown_pct", Double),
    comment="the result of each session in dollars; opened_with is the equity at its opening quotes",
)
