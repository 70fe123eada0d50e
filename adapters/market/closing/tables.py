"""The tables of sessions under way: minutes as they came, holes in them, and the bars that have closed."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, PrimaryKeyConstraint, String, Table

from policy.columns import Exact, SafeText, UtcTime, metadata

SYMBOL = String(32)

session_minutes = Table(
    "session_minutes",
    metadata,
    Column("session", Date, nullable=False),
    Column("symbol", SYMBOL, nullable=False),
    Column("opened_at", UtcTime(), nullable=False),
    Column("open", Exact(), nullable=False),
    Column("high", Exact(), nullable=False),
    Column("low", Exact(), nullable=False),
    Column("close", Exact(), nullable=False),
    Column("volume", BigInteger, nullable=False),
    Column("source", SafeText(), nullable=False),
    PrimaryKeyConstraint("session", "symbol", "opened_at"),
    comment="minutes as traded of the last sessions, from which their bars are built",
    sqlite_with_rowid=False,
)

session_holes = Table(
    "session_holes",
    metadata,
    Column("session", Date, primary_key=True),
    Column("since", UtcTime(), nullable=False),
    Column("reason", SafeText(), nullable=False),
    comment="sessions that lack minutes: their bars are not built, they are asked for afterwards",
)

closed_bars = Table(
    "closed_bars",
    metadata,
    Column("session", Date, nullable=False),
    Column("symbol", SYMBOL, nullable=False),
    Column("opened_at", UtcTime(), nullable=False),
    Column("closed_at", UtcTime(), nullable=False),
    Column("open", Exact(), nullable=False),
    Column("high", Exact(), nullable=False),
    Column("low", Exact(), nullable=False),
    Column("close", Exact(), nullable=False),
    Column("volume", BigInteger, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("recorded_at", UtcTime(), nullable=False),
    Column("filed", Boolean, nullable=False),
    PrimaryKeyConstraint("session", "symbol"),
    comment="bars as traded that closed here, each once; filed: it is among the bars in Parquet, too",
    sqlite_with_rowid=False,
)
