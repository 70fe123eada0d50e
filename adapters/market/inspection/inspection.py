"""Looks at every quote and bar of one source, in the order of arrival, and lets in what is sound.

It reads no clock, file or store: the same quotes and bars give the same outcome. What it remembers of each
symbol is the last quote and bar that it let in, and a level that is held.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.inspection.checks import check_closed, check_follows, check_order, check_shape
from adapters.market.inspection.level import JUMP, Level, Splits, level, no_splits
from adapters.market.inspection.outcome import Acceptance, Fault, Held, Quarantined, Unfit
from adapters.market.inspection.reading import day_of, price_of, shares_of, symbol_of, time_of
from adapters.market.source import RawBar, RawQuote
from policy.contracts import Bar, Quote

_FIRST_YEAR = 1960


@dataclass(slots=True)
class _Seen:
    """What was let in of one symbol."""

    quote: Quote | None = None
    bar: Bar | None = None
    level: Level | None = None
    level_for: date | None = None
    """The day for which ``level`` takes splits into account."""


class Inspection:
    """Inspects what comes of ``symbols``; every other one is unknown to it."""

    def __init__(
        self,
        symbols: Collection[str],
        calendar: TradingCalendar,
        *,
        jump: Decimal = JUMP,
        accepted: Iterable[Acceptance] = (),
        splits: Splits = no_splits,
    ) -> None:
        """``accepted`` are jumps that somebody has looked at before."""
        self._seen = {symbol: _Seen() for symbol in symbols}
        self._ours = ", ".join(sorted(self._seen))
        self._calendar = calendar
        self._jump = jump
        self._accepted = {(one.symbol, one.day): one for one in accepted}
        self._splits = splits
        self._held: dict[str, Held] = {}
        self._session: Session | None = None

    @property
    def symbols(self) -> Set[str]:
        """What is followed."""
        return self._seen.keys()

    @property
    def held(self) -> Mapping[str, Held]:
        """The levels that wait for somebody to look, by symbol."""
        return self._held

    def recall(
        self, quotes: Iterable[Quote] = (), bars: Iterable[Bar] = (), held: Iterable[Held] = ()
    ) -> None:
        """Go on where these were let in last, and ``held`` waited; unknown symbols are left out."""
        for bar in bars:
            if (seen := self._seen.get(bar.symbol)) is not None:
                self._let_in_bar(seen, bar, bar.opened_at.date())  # which an operator may have closed since
        for quote in quotes:
            if (seen := self._seen.get(quote.symbol)) is not None:
                self._go_on_from(seen, quote)
        self._held |= {one.symbol: one for one in held if one.symbol in self._seen}

    def accept(self, acceptance: Acceptance) -> None:
        """Let that level in when it comes again; a hold of that day ends, one of another stays."""
        self._accepted[acceptance.symbol, acceptance.day] = acceptance
        held = self._held.get(acceptance.symbol)
        if held is not None and held.day == acceptance.day:
            del self._held[acceptance.symbol]

    def quote(self, raw: RawQuote) -> Quote | Quarantined:
        """The quote in the house's form, or why it is not let in."""
        try:
            return self._quote(raw)
        except Unfit as unfit:
            return self._quarantined(raw, unfit)

    def bar(self, raw: RawBar) -> Bar | Quarantined:
        """The bar in the house's form, prices as they came, or why it is not let in."""
        try:
            return self._bar(raw)
        except Unfit as unfit:
            return self._quarantined(raw, unfit)

    def _quote(self, raw: RawQuote) -> Quote:
        symbol = self._known(symbol_of(raw.symbol))
        at = time_of(raw.at, raw.received_at)
        bid, ask = price_of("bid", raw.bid), price_of("ask", raw.ask)
        if bid > ask:
            raise Unfit(Fault.CROSSED, f"bid {bid} is above ask {ask}")
        seen = self._seen[symbol]
        if seen.quote is not None and at <= seen.quote.at:
            check_order(seen.quote, bid, ask, at)
        day = self._session_of(at).day
        self._check_level(seen, symbol, day, bid, ask, raw.received_at)
        # Every field is what the contract demands by now; to have pydantic look again would take longer.
        quote = Quote.model_construct(symbol=symbol, bid=bid, ask=ask, at=at)
        seen.quote = quote
        if seen.level is None:
            seen.level, seen.level_for = level((bid + ask) / 2, day, "quote", self._jump), day
        return quote

    def _bar(self, raw: RawBar) -> Bar:
        symbol, day = self._known(symbol_of(raw.symbol)), day_of(raw.session)
        prices = {name: price_of(name, getattr(raw, name)) for name in ("open", "high", "low", "close")}
        check_shape(**prices)
        volume, session = shares_of(raw.volume), self._session_on(day, raw.received_at)
        check_closed(session, raw.received_at)
        times = {"opened_at": session.opens, "closed_at": session.closes}
        bar = Bar.model_validate({"symbol": symbol, **prices, "volume": volume, **times})
        seen = self._seen[symbol]
        if seen.bar is not None and bar.opened_at <= seen.bar.opened_at:
            check_follows(seen.bar, bar, day)
        self._check_bar_level(seen, bar, day, raw.received_at)
        self._let_in_bar(seen, bar, day)
        self._held.pop(symbol, None)
        return bar

    def _known(self, symbol: str) -> str:
        if symbol not in self._seen:
            raise Unfit(Fault.UNKNOWN_SYMBOL, f"{symbol} is not among those that are followed", self._ours)
        return symbol

    def _session_of(self, at: datetime) -> Session:
        session = self._session
        if session is None or not session.opens <= at <= session.closes:
            session = self._calendar.latest_before(at) if at.year >= _FIRST_YEAR else None
            if session is None or at > session.closes:
                last = f"the last session, which closed at {session.closes.isoformat()}" if session else None
                raise Unfit(Fault.NOT_A_SESSION, f"the exchange did not trade at {at.isoformat()}", last)
            self._session = session
        return session

    def _session_on(self, day: date, now: datetime) -> Session:
        if day > now.date():  # which also keeps the calendar from days that it cannot count to
            raise Unfit(
                Fault.FROM_THE_FUTURE, f"{day} is still to come", f"the house's clock, {now.isoformat()}"
            )
        found = self._calendar.between(day, day) if day.year >= _FIRST_YEAR else iter(())
        session = next(iter(found), None)
        if session is None:
            raise Unfit(Fault.NOT_A_SESSION, f"the exchange did not trade on {day}", "its calendar")
        return session

    def _level_on(self, seen: _Seen, symbol: str, day: date) -> Level | None:
        if seen.level is not None and seen.level_for is not None and seen.level_for < day:
            ratio = self._splits(symbol, seen.level_for, day)
            seen.level, seen.level_for = (seen.level if ratio == 1 else seen.level.after(ratio)), day
        return seen.level

    def _check_level(
        self, seen: _Seen, symbol: str, day: date, bid: Decimal, ask: Decimal, at: datetime
    ) -> None:
        before = self._level_on(seen, symbol, day)
        if before is None or before.fits(bid, ask) or self._is_accepted(seen, symbol, day, bid, ask):
            self._held.pop(symbol, None)
            return
        self._hold(symbol, (bid + ask) / 2, day, before, at)
        raise self._jumped(f"{symbol} at {bid} to {ask}", symbol, before)

    def _check_bar_level(self, seen: _Seen, bar: Bar, day: date, at: datetime) -> None:
        before = self._level_on(seen, bar.symbol, day)
        stands = before is not None and before.standing == "accepted" and before.day == day
        low, high = (bar.close, bar.close) if stands else (bar.low, bar.high)
        if before is None or before.fits(low, high):
            return
        if self._is_accepted(seen, bar.symbol, day, bar.close, bar.close):
            return
        self._hold(bar.symbol, bar.close, day, before, at)
        raise self._jumped(f"{bar.symbol} from {bar.low} to {bar.high} on {day}", bar.symbol, before)

    def _is_accepted(self, seen: _Seen, symbol: str, day: date, low: Decimal, high: Decimal) -> bool:
        """Whether a person's acceptance lets these prices in; it is the symbol's level from then on."""
        found = self._accepted.get((symbol, day))
        if found is None:
            return False
        accepted = level(found.level, day, "accepted", self._jump)
        if not accepted.fits(low, high):
            return False
        del self._accepted[symbol, day]
        seen.level, seen.level_for = accepted, day
        return True

    def _hold(self, symbol: str, price: Decimal, day: date, before: Level, at: datetime) -> None:
        known = self._held.get(symbol)
        self._held[symbol] = Held(symbol, price, day, str(before), known.since if known else at)

    def _jumped(self, what: str, symbol: str, before: Level) -> Unfit:
        text = (
            f"{what} is more than {self._jump:.0%} away from {before}; look at it, and if it is true: "
            f'trivet market accept {symbol} --note "…"'
        )
        return Unfit(Fault.JUMP, text, str(before))

    def _go_on_from(self, seen: _Seen, quote: Quote) -> None:
        """What ``quote`` stood for when it was let in, it stands for again."""
        seen.quote, day = quote, quote.at.date()
        if seen.level is None:
            seen.level, seen.level_for = level((quote.bid + quote.ask) / 2, day, "quote", self._jump), day
        elif seen.bar is None or quote.at > seen.bar.closed_at:
            before = self._level_on(seen, quote.symbol, day)
            if before is not None and not before.fits(quote.bid, quote.ask):
                self._is_accepted(seen, quote.symbol, day, quote.bid, quote.ask)

    def _let_in_bar(self, seen: _Seen, bar: Bar, day: date) -> None:
        seen.bar = bar
        seen.level, seen.level_for = level(bar.close, day, "close", self._jump), day

    def _quarantined(self, raw: RawQuote | RawBar, unfit: Unfit) -> Quarantined:
        try:
            symbol = self._known(symbol_of(raw.symbol))
        except Unfit:
            return Quarantined(unfit.fault, unfit.text, raw, None, unfit.against)
        return Quarantined(unfit.fault, unfit.text, raw, symbol, unfit.against)
