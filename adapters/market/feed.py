"""What comes in and what of it is let in, symbol by symbol: for those who watch the feed, and who accept."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.accepting import Acceptances, Accepted
from adapters.market.inspection.outcome import Held
from adapters.market.inspection.quarantine import Case, Quarantine
from adapters.market.inspection.tally import ACCEPTED, QuoteTally
from adapters.market.overrides import Overrides
from adapters.ports import LatestQuotes
from policy.contracts import Contract, NonNegative, Quote, Utc
from policy.ports import Clock

_SHOWN = 5  # acceptances beside the feed


class HeldView(Contract):
    """A level that waits for somebody: dollars, the exchange's day, what it jumped from, since when."""

    level: Decimal
    day: date
    against: str
    since: Utc


class FeedLine(Contract):
    """One symbol's last quote with its age, and what came of its quotes since the process began."""

    symbol: str
    quote: Quote | None
    data_age_seconds: NonNegative | None
    accepted: int
    quarantined: Mapping[str, int]
    held: HeldView | None


class EarlyCloseView(Contract):
    """When a session closes early by the exchange's clock, and why."""

    at: str
    reason: str


class OverridesView(Contract):
    """What an operator takes away from the exchange's calendar, by day."""

    closed: Mapping[date, str]
    closes_early: Mapping[date, EarlyCloseView]


class AcceptedView(Contract):
    """Who let which level in, in dollars, and why."""

    symbol: str
    day: date
    level: Decimal
    against: str
    by: str
    note: str
    at: Utc


class FeedView(Contract):
    """Every symbol that is followed; ``others`` counts quotes of symbols that are not, by fault.

    ``acceptances`` are the last levels that people let in, newest first.
    """

    time: Utc
    market_open: bool
    closes_at: Utc | None
    items: tuple[FeedLine, ...]
    others: Mapping[str, int]
    calendar: OverridesView
    acceptances: tuple[AcceptedView, ...]


class CaseView(Contract):
    """One row of the quarantine: one fault of a symbol on a day, how often, and the last that came."""

    kind: str
    source: str
    symbol: str | None
    fault: str
    day: date
    times: int
    first_at: Utc
    last_at: Utc
    text: str
    against: str | None
    came: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FeedWatch:
    """Reads board, tally and store of one house; ``symbols`` are those that are followed."""

    symbols: Sequence[str]
    board: LatestQuotes
    calendar: TradingCalendar
    clock: Clock
    tally: QuoteTally
    quarantine: Quarantine
    acceptances: Acceptances

    def view(self) -> FeedView:
        """The feed as it stands."""
        now, held = self.clock.now(), self.quarantine.holds()
        closes = self.calendar.close_of(now)
        return FeedView(
            time=now,
            market_open=closes is not None,
            closes_at=closes,
            items=tuple(self._line(symbol, now, held.get(symbol)) for symbol in self.symbols),
            others=self.tally.of(""),
            calendar=overrides_view(self.calendar.overrides),
            acceptances=last_accepted(self.acceptances),
        )

    def cases(self, symbol: str | None, limit: int) -> tuple[CaseView, ...]:
        """The quarantine's newest rows."""
        return tuple(case_view(case) for case in self.quarantine.cases(symbol, limit))

    def _line(self, symbol: str, now: datetime, held: Held | None) -> FeedLine:
        quote, counts = self.board.latest(symbol), dict(self.tally.of(symbol))
        return FeedLine(
            symbol=symbol,
            quote=quote,
            data_age_seconds=max(0.0, (now - quote.at).total_seconds()) if quote else None,
            accepted=counts.pop(ACCEPTED, 0),
            quarantined=counts,
            held=held_view(held) if held else None,
        )


def held_view(held: Held) -> HeldView:
    """A held level to show."""
    return HeldView(level=held.level, day=held.day, against=held.against, since=held.since)


def case_view(case: Case) -> CaseView:
    """A row of the quarantine to show; a symbol that is not followed is None."""
    return CaseView(**{**asdict(case), "symbol": case.symbol or None})


def accepted_view(accepted: Accepted) -> AcceptedView:
    """An acceptance to show."""
    return AcceptedView(**{name: value for name, value in asdict(accepted).items() if name != "number"})


def last_accepted(acceptances: Acceptances) -> tuple[AcceptedView, ...]:
    """The last levels that people let in, newest first."""
    return tuple(accepted_view(one) for one in acceptances.last(_SHOWN))


def overrides_view(overrides: Overrides) -> OverridesView:
    """The operator's calendar to show."""
    early = {
        day: EarlyCloseView(at=f"{one.at:%H:%M}", reason=one.reason)
        for day, one in sorted(overrides.closes_early.items())
    }
    return OverridesView(closed=dict(sorted(overrides.closed.items())), closes_early=early)
