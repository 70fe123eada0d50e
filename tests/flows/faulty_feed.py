"""A scripted feed of one session: five symbols, a quote each every 20 s, and faults at known places."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.market.inspection.outcome import Fault
from adapters.market.source import RawQuote
from adapters.market.tape import Tape

NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2012, 6, 5)
SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
EVERY = timedelta(seconds=20)
LASTS = timedelta(minutes=10)
FALL = Decimal("0.6")
"""What is left of AAPL's price when it falls in the afternoon."""
_LATENCY = timedelta(seconds=1)
_SINGLE_EVERY = 97

Spoil = Callable[[RawQuote, RawQuote], RawQuote]
"""Makes a faulty quote of a sound one; the second is the last sound one before the stretch."""


@dataclass(frozen=True)
class Stretch:
    """Ten minutes in which every quote of one symbol has the same fault."""

    begins: datetime
    symbol: str
    told: str
    fault: Fault
    spoil: Spoil

    @property
    def ends(self) -> datetime:
        """The first moment at which its quotes are sound again."""
        return self.begins + LASTS

    def covers(self, at: datetime) -> bool:
        """Whether a quote that arrives at ``at`` has the fault."""
        return self.begins <= at < self.ends


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the day in New York."""
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=NEW_YORK)


def _prices(raw: RawQuote, bid: object, ask: object) -> RawQuote:
    return replace(raw, bid=bid, ask=ask)


def _shifted(raw: RawQuote, by: timedelta) -> RawQuote:
    return replace(raw, at=(datetime.fromisoformat(str(raw.at)) + by).isoformat())


def fallen(raw: RawQuote) -> RawQuote:
    """``raw`` after the fall."""
    bid, ask = (str((Decimal(str(one)) * FALL).quantize(Decimal("0.01"))) for one in (raw.bid, raw.ask))
    return _prices(raw, bid, ask)


CROSSED: Spoil = lambda raw, _: _prices(raw, raw.ask, raw.bid)  # noqa: E731
FUTURE: Spoil = lambda raw, _: _shifted(raw, timedelta(hours=1))  # noqa: E731
NAIVE: Spoil = lambda raw, _: replace(raw, at=str(raw.at)[:19])  # noqa: E731
NOT_A_NUMBER: Spoil = lambda raw, _: replace(raw, bid="NaN")  # noqa: E731
NOTHING: Spoil = lambda raw, _: replace(raw, bid="0.00")  # noqa: E731
WORDS: Spoil = lambda raw, _: replace(raw, ask="N/A")  # noqa: E731
LATE: Spoil = lambda raw, _: _shifted(raw, -timedelta(minutes=30))  # noqa: E731
STUCK: Spoil = lambda raw, last: replace(last, received_at=raw.received_at)  # noqa: E731
RENAMED: Spoil = lambda raw, _: replace(raw, symbol=f"{raw.symbol}.N")  # noqa: E731
FALLEN: Spoil = lambda raw, _: fallen(raw)  # noqa: E731

STRETCHES = (
    Stretch(at(10, 0), "FB", "bid above ask", Fault.CROSSED, CROSSED),
    Stretch(at(10, 20), "GOOG", "a clock an hour ahead", Fault.FROM_THE_FUTURE, FUTURE),
    Stretch(at(10, 40), "IBM", "times without a zone", Fault.NAIVE_TIME, NAIVE),
    Stretch(at(11, 0), "MSFT", "a bid that is NaN", Fault.NOT_FINITE, NOT_A_NUMBER),
    Stretch(at(11, 20), "AAPL", "an ask of N/A", Fault.UNREADABLE, WORDS),
    Stretch(at(11, 40), "FB", "a bid of nothing", Fault.NOT_POSITIVE, NOTHING),
    Stretch(at(12, 0), "GOOG", "delivered half an hour late", Fault.OLDER_THAN_LAST, LATE),
    Stretch(at(12, 20), "MSFT", "stuck: the same quote again and again", Fault.DUPLICATE, STUCK),
    Stretch(at(12, 40), "IBM", "called IBM.N", Fault.UNKNOWN_SYMBOL, RENAMED),
    Stretch(at(14, 0), "AAPL", "40 % lower, until a person accepts it", Fault.JUMP, FALLEN),
    Stretch(at(16, 5), "MSFT", "quoted after the close", Fault.NOT_A_SESSION, lambda raw, _: raw),
)
SINGLES = (
    (Fault.CROSSED, CROSSED),
    (Fault.FROM_THE_FUTURE, FUTURE),
    (Fault.NAIVE_TIME, NAIVE),
    (Fault.NOT_FINITE, NOT_A_NUMBER),
    (Fault.NOT_POSITIVE, NOTHING),
    (Fault.UNREADABLE, WORDS),
)
"""Faults of single quotes between sound ones, in turn: every 97th of each symbol."""


class FaultyFeed:
    """Every delivery of the day in order; it counts the faults that it has, by symbol and fault."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._sound: dict[str, RawQuote] = {}
        self.in_stretches: Counter[tuple[str, Fault]] = Counter()
        self.singles: Counter[tuple[str, Fault]] = Counter()

    def deliveries(self) -> Iterator[tuple[datetime, list[RawQuote]]]:
        """Each moment with what arrives at it; the last ones come after the close."""
        now, number = at(9, 30) + EVERY, 0
        while now < at(16, 15):
            quoted = SYMBOLS if now <= at(16, 0) else ("MSFT",)
            if now <= at(16, 0) or STRETCHES[-1].covers(now):
                yield now, [self._one(symbol, now, number) for symbol in quoted]
            now, number = now + EVERY, number + 1

    def _one(self, symbol: str, now: datetime, number: int) -> RawQuote:
        raw = self._quoted(symbol, now)
        stretch = next((one for one in STRETCHES if one.symbol == symbol and one.covers(now)), None)
        if stretch is not None:
            self.in_stretches[symbol, stretch.fault] += 1
            return stretch.spoil(raw, self._sound[symbol])
        if symbol == "AAPL" and now >= at(14, 10):
            raw = fallen(raw)
        if (number + SYMBOLS.index(symbol) * 19) % _SINGLE_EVERY == _SINGLE_EVERY - 1:
            fault, spoil = SINGLES[self.singles.total() % len(SINGLES)]
            self.singles[symbol, fault] += 1
            return spoil(raw, raw)
        self._sound[symbol] = raw
        return raw

    def _quoted(self, symbol: str, now: datetime) -> RawQuote:
        """What the recording quotes, as a feed would write it: text throughout, symbols in lower case."""
        quote = self._tape.quote_at(symbol, now - _LATENCY)
        assert quote is not None
        written = (now - _LATENCY).astimezone(ZoneInfo("UTC")).isoformat()
        return RawQuote(symbol.lower(), str(quote.bid), str(quote.ask), written, "scripted", now)
