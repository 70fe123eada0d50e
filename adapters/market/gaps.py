"""Sessions that a symbol should have a bar of and has not, by the exchange's calendar."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date

from adapters.market.calendar import Session, TradingCalendar
from adapters.storage.bars import BarStore
from policy.contracts import Bar

_WHOLE_DAY_SECONDS = 23_400


@dataclass(frozen=True, slots=True)
class Gap:
    """A session without a bar of ``symbol``."""

    symbol: str
    session: Session

    @property
    def is_half_day(self) -> bool:
        """Whether the exchange closed early on that day."""
        return self.session.seconds < _WHOLE_DAY_SECONDS


def gaps(symbol: str, have: Set[date], calendar: TradingCalendar, until: date | None = None) -> Iterator[Gap]:
    """The sessions not among the days ``have``, from their first to ``until``, or else to their last."""
    if not have:
        return
    for session in calendar.between(min(have), until or max(have)):
        if session.day not in have:
            yield Gap(symbol, session)


def stored_gaps(store: BarStore, calendar: TradingCalendar, symbols: Sequence[str] = ()) -> Iterator[Gap]:
    """The gaps of ``symbols``, or of all that are stored, between their first and their last bar."""
    for symbol in symbols or store.symbols():
        yield from gaps(symbol, days_of(store.between(symbol)), calendar)


def unbroken(bars: Sequence[Bar], calendar: TradingCalendar) -> tuple[Bar, ...]:
    """Those of ``bars``, oldest first, that follow the last session that is missing among them."""
    missing = [gap.session.day for gap in gaps("", days_of(bars), calendar)]
    return tuple(bar for bar in bars if not missing or session_day(bar) > missing[-1])


def days_of(bars: Iterable[Bar]) -> frozenset[date]:
    """The days of the sessions that ``bars`` are of."""
    return frozenset(map(session_day, bars))


def session_day(bar: Bar) -> date:
    """The day of the session that ``bar`` is of; sessions open and close on one day of UTC."""
    return bar.opened_at.astimezone(UTC).date()
