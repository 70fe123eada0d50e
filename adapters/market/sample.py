"""The daily bars that ship with Trivet: read as they were traded, played split-adjusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from adapters.market.calendar import Session, TradingCalendar
from policy.contracts import Bar

SAMPLE = Path(__file__).with_name("sample-bars.parquet")
Bars = Mapping[str, tuple[Bar, ...]]


@dataclass(frozen=True, slots=True)
class TradedBar:
    """One session as it was traded: prices in dollars of that day, volume in shares of that day.

    ``split_factor`` is how many shares of the end of the file one share of that day became.
    """

    symbol: str
    session: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    split_factor: int


def read_traded_bars(path: Path = SAMPLE) -> tuple[TradedBar, ...]:
    """Every row of the file, by symbol and session; raises ``OSError`` or ``ArrowInvalid`` if unreadable."""
    from pyarrow import parquet  # noqa: PLC0415 - heavy, and commands without bars need none of it

    names = list(TradedBar.__dataclass_fields__)
    columns = parquet.read_table(path, columns=names).to_pydict()
    return tuple(TradedBar(*row) for row in zip(*(columns[name] for name in names), strict=True))


def load_bars(calendar: TradingCalendar, path: Path = SAMPLE) -> Bars:
    """Split-adjusted bars by symbol, oldest first, each with its session's times.

    What an operator has closed is left out. Raises ValueError when a row names a day on which the exchange
    did not trade.
    """
    rows = [row for row in read_traded_bars(path) if row.session not in calendar.overrides.closed]
    days = [row.session for row in rows]
    sessions = {session.day: session for session in calendar.between(min(days), max(days))}
    by_symbol: dict[str, list[Bar]] = {}
    for row in rows:
        by_symbol.setdefault(row.symbol, []).append(adjusted(row, _session_of(row, sessions)))
    return {symbol: tuple(bars) for symbol, bars in by_symbol.items()}


def adjusted(row: TradedBar, session: Session) -> Bar:
    """``row`` in shares of the file's last day: prices divided by the factor, volume multiplied."""
    return Bar(
        symbol=row.symbol,
        open=row.open / row.split_factor,
        high=row.high / row.split_factor,
        low=row.low / row.split_factor,
        close=row.close / row.split_factor,
        volume=row.volume * row.split_factor,
        opened_at=session.opens,
        closed_at=session.closes,
    )


def traded_bars(rows: Sequence[TradedBar], calendar: TradingCalendar) -> tuple[Bar, ...]:
    """``rows``, oldest first, as they were traded, each with its session's times.

    Raises ValueError when a row names a day on which the exchange did not trade.
    """
    sessions = {one.day: one for one in calendar.between(rows[0].session, rows[-1].session)}
    return tuple(adjusted(replace(row, split_factor=1), _session_of(row, sessions)) for row in rows)


def with_twin(bars: Bars, symbol: str, of: str) -> Bars:
    """``bars`` with one more listing, ``symbol``, which trades exactly as ``of`` does."""
    twin = tuple(bar.model_copy(update={"symbol": symbol}) for bar in bars[of])
    return {**bars, symbol: twin}


def bars_between(bars: Sequence[Bar], first: date, last: date) -> tuple[Bar, ...]:
    """Those of ``bars`` whose session lies between the two days, both included."""
    return tuple(bar for bar in bars if first <= bar.opened_at.date() <= last)


def _session_of(row: TradedBar, sessions: Mapping[date, Session]) -> Session:
    if row.session not in sessions:
        raise ValueError(
            f"{row.symbol} has a bar on {row.session}, when XNYS did not trade; correct the bar file"
        )
    return sessions[row.session]
