"""How the feed stands by the store alone, for a terminal beside the house or after it."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Engine

from adapters.market.board import QuoteBoard
from adapters.market.feed import (
    AcceptedView,
    HeldView,
    OverridesView,
    held_view,
    last_accepted,
    overrides_view,
)
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.overrides_file import read_calendar
from adapters.settings import Settings
from adapters.storage.checkpoints import HOUSE, MARKET, load
from adapters.wiring.store import clock_of
from policy.contracts import Contract, NonNegative, Quote, Utc

_MOST_CASES = 500


class LineOnRecord(Contract):
    """A symbol's last quote at the last settled step, and what was put aside of it on the house's day."""

    symbol: str
    quote: Quote | None
    data_age_seconds: NonNegative | None
    quarantined: Mapping[str, int]
    held: HeldView | None


class FeedOnRecord(Contract):
    """Every symbol that was quoted, held or put aside; ``others`` counts those that are not followed.

    ``acceptances`` are the last levels that people let in, newest first.
    """

    time: Utc
    market_open: bool
    items: tuple[LineOnRecord, ...]
    others: Mapping[str, int]
    calendar: OverridesView
    acceptances: tuple[AcceptedView, ...]


def feed_on_record(store: Engine, settings: Settings) -> FeedOnRecord:
    """What ``store`` knows of the feed; raises ``OverridesUnfit`` for a calendar that cannot be followed."""
    calendar, clock = read_calendar(settings.calendar_overrides), clock_of(store)
    now = clock.now()
    quarantine = Quarantine(store)
    quotes, held = _quotes(store), {symbol: held_view(one) for symbol, one in quarantine.holds().items()}
    counts = _counts(quarantine, now.date())
    symbols = sorted({*quotes, *held, *counts} - {""})
    return FeedOnRecord(
        time=now,
        market_open=calendar.is_open(now),
        items=tuple(
            LineOnRecord(
                symbol=symbol,
                quote=quotes.get(symbol),
                data_age_seconds=_age(quotes.get(symbol), now),
                quarantined=counts.get(symbol, {}),
                held=held.get(symbol),
            )
            for symbol in symbols
        ),
        others=counts.get("", {}),
        calendar=overrides_view(calendar.overrides),
        acceptances=last_accepted(Acceptances(store, clock)),
    )


def _quotes(store: Engine) -> dict[str, Quote]:
    kept = load(store, HOUSE) or load(store, MARKET)
    board = QuoteBoard.from_state(kept.state["board"]) if kept else QuoteBoard()
    return {quote.symbol: quote for quote in board.all()}


def _counts(quarantine: Quarantine, day: date) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, Counter[str]] = {}
    for case in quarantine.cases(limit=_MOST_CASES):
        if case.day == day:
            found.setdefault(case.symbol, Counter())[case.fault] += case.times
    return found


def _age(quote: Quote | None, now: datetime) -> float | None:
    return None if quote is None else max(0.0, (now - quote.at).total_seconds())
