"""Features as the house has them: with the last quotes and the book, or from kept bars alone."""

from datetime import datetime
from pathlib import Path

from adapters.features.history import FeatureHistory
from adapters.features.service import FeatureService
from adapters.features.source import FeatureSource
from adapters.market.calendar import TradingCalendar
from adapters.market.gaps import session_day
from adapters.market.overrides_file import read_calendar
from adapters.market.sample import Bars, load_bars
from adapters.market.symbols import NoSymbol, house_symbol
from adapters.ports import LatestQuotes
from adapters.settings import Settings
from adapters.storage.bar_files import BarsRefused
from adapters.storage.bars import BarStore
from adapters.storage.splits import adjusted_as_of
from adapters.wiring.parts import MeasuredPortfolio
from adapters.wiring.refusal import Refused
from policy.contracts import Bar, FeatureSnapshot
from policy.ports import Clock

LAST_YEAR = 2099
"""After it, sessions are nobody's to tell."""


def feature_service(
    features: FeatureSource, clock: Clock, quotes: LatestQuotes, portfolio: MeasuredPortfolio
) -> FeatureService:
    """Tells ``features`` by ``clock``; the portfolio measures its own correlation, here or elsewhere."""

    def correlation(symbol: str, at: datetime) -> float | None:
        measured = portfolio.measure(symbol, at)
        return measured.correlation if measured is not None else None

    return FeatureService(features, clock, quotes, correlation, house_symbol)


def features_from_bars(
    settings: Settings, folder: Path | None, symbol: str, at: datetime | None
) -> FeatureSnapshot:
    """Features of ``symbol`` as of ``at``, or as its last bar closed, from the bars kept in ``folder``.

    Without a folder they are those of the sample. Raises ``Refused`` where there are none of it, and for a
    time that no calendar reaches.
    """
    if at is not None and at.year > LAST_YEAR:
        raise Refused(f"no calendar of the exchange goes beyond {LAST_YEAR}; ask for an earlier time")
    calendar = read_calendar(settings.calendar_overrides)
    bars = bars_kept(folder, calendar, at)
    try:
        name = house_symbol(symbol)
    except NoSymbol as error:
        raise Refused(str(error)) from error
    if not bars.get(name):
        raise Refused(f"there are no bars of {name}; choose one of {', '.join(bars) or 'none at all'}")
    series = bars[name]
    found = FeatureHistory({name: series}, calendar).snapshot(name, at or series[-1].closed_at)
    assert found is not None
    return found


def bars_kept(folder: Path | None, calendar: TradingCalendar, at: datetime | None = None) -> Bars:
    """Bars in ``folder`` by symbol, in shares of the day of ``at`` or of its last bar; else the sample's.

    Raises ``Refused`` for a folder without bars, and for one with bars that cannot be read.
    """
    if folder is None:
        return load_bars(calendar)
    store = BarStore(folder)
    if not store.symbols():
        raise Refused(f"there are no bars in {folder}; import or export some with trivet bars")
    try:
        return {symbol: _in_shares_of(store, symbol, at) for symbol in store.symbols()}
    except BarsRefused as error:
        raise Refused(str(error)) from error


def _in_shares_of(store: BarStore, symbol: str, at: datetime | None) -> tuple[Bar, ...]:
    """A split that is on record and has not had its day by then changes nothing yet."""
    bars = store.between(symbol)
    as_of = session_day(bars[-1]) if at is None else at.date()
    return adjusted_as_of(bars, store.splits(symbol), as_of)
