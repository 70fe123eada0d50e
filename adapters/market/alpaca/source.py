"""Alpaca's market data behind the house's port: what its stream says, and its lists where that was away."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Event
from typing import TypeVar

import structlog
from alpaca.data.enums import DataFeed

from adapters.listener import Rhythm
from adapters.market.alpaca.address import Place
from adapters.market.alpaca.asking import Asking
from adapters.market.alpaca.line import ActionsLine, StockLine
from adapters.market.alpaca.stream import MarketStream
from adapters.market.alpaca.wire import SOURCE, WireSplit
from adapters.market.inspection.reading import ALLOWANCE
from adapters.market.source import RawBar, RawQuote, SourceAway
from adapters.one_try import Patience
from policy.ports import Clock

T = TypeVar("T")
log = structlog.get_logger(__name__)

MOST_WAITING = 200_000
"""Quotes that may wait to be taken in; of more, the oldest are dropped, for newer ones say more."""
_ASK_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How the market is reached: where, which feed, with which keys, and how patiently."""

    rest: Place
    stream: Place
    feed: str
    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    rhythm: Rhythm = field(default_factory=Rhythm)


class AlpacaSource:
    """Implements ``adapters.market.source.Source`` for ``symbols``; safe to use from threads.

    ``start`` lets the stream listen. Whenever that may have missed something the latest quotes are asked for,
    so a stream that comes back leaves no gap up to now.
    """

    def __init__(self, terms: Terms, symbols: Sequence[str], clock: Clock) -> None:
        keys = (terms.key_id, terms.secret)
        stocks = StockLine(terms.rest, keys, terms.patience)
        actions = ActionsLine(terms.rest, keys, terms.patience)
        self._symbols = tuple(symbols)
        self._asking = Asking(stocks, actions, DataFeed(terms.feed), clock)
        self._quotes: deque[RawQuote] = deque(maxlen=MOST_WAITING)
        self._minutes: deque[RawBar] = deque(maxlen=MOST_WAITING)
        self._newest: dict[str, datetime] = {}
        self._missed, self._lost_minutes = Event(), Event()
        self._lost_minutes.set()  # all that were told before anybody listened
        self._asked_at = 0.0
        self._stream = MarketStream(terms.stream, terms.feed, keys, symbols, terms.rhythm, clock)
        self._stream.hear = self._quotes.append
        self._stream.minute = self._minutes.append
        self._stream.missed = self.note_gap

    @property
    def name(self) -> str:
        """``alpaca``."""
        return SOURCE

    @property
    def is_live(self) -> bool:
        """True."""
        return True

    @property
    def symbols(self) -> tuple[str, ...]:
        """Those that it tells of."""
        return self._symbols

    @property
    def state(self) -> str:
        """``listening``, or why the stream does not listen."""
        return self._stream.state

    def start(self) -> None:
        """Begin to listen to the stream."""
        self._stream.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stream.stop()

    def quotes(self) -> list[RawQuote]:
        """What has arrived since it was last asked; where something was missed, the latest quotes as well.

        A market that cannot be asked for those is asked again a little later: what the stream said counts.
        """
        arrived = _drained(self._quotes)
        for quote in arrived:
            self._note(quote)
        return arrived + (self._unheard() if self._missed.is_set() else [])

    def latest(self) -> list[RawQuote]:
        """The last quote of every symbol that has one, asked for now; raises ``SourceAway``."""
        return self._asking.latest_quotes(self._symbols)

    def minutes(self) -> list[RawBar]:
        """Minutes that the stream has told of since it was last asked; of one told twice the last counts."""
        return _drained(self._minutes)

    @property
    def has_lost_minutes(self) -> bool:
        """Whether minutes may have been missed that nobody has asked for since."""
        return self._lost_minutes.is_set()

    def found_minutes(self) -> None:
        """What was missed by now is asked for; to be called before that, since more may be missed then."""
        self._lost_minutes.clear()

    def lost_minutes(self) -> None:
        """Minutes may have been missed, or what was asked for did not come."""
        self._lost_minutes.set()

    def note_gap(self) -> None:
        """Anything may have been missed: the latest quotes are asked for, and minutes are to be."""
        self._missed.set()
        self._lost_minutes.set()

    def minutes_between(self, since: datetime, until: datetime) -> list[RawBar]:
        """Minutes of every symbol that began from ``since`` to ``until``; raises ``SourceAway``."""
        return self._asking.minutes(self._symbols, since, until)

    def bars(self, symbol: str, first: date, last: date) -> list[RawBar]:
        """Daily bars of ``symbol`` as traded, oldest first; raises ``SourceAway``."""
        return self._asking.daily_bars(symbol, first, last)

    def splits(self, first: date, last: date) -> tuple[WireSplit, ...]:
        """Splits of every symbol between the two days, both included; raises ``SourceAway``."""
        return self._asking.splits(self._symbols, first, last)

    def _unheard(self) -> list[RawQuote]:
        """Latest quotes that the stream has not told; what it has told is no news and no fault."""
        if time.monotonic() - self._asked_at < _ASK_AGAIN_SECONDS:
            return []
        self._missed.clear()
        self._asked_at = time.monotonic()
        try:
            return [quote for quote in self.latest() if self._is_news(quote)]
        except SourceAway as away:
            log.warning("the latest quotes could not be had; they are asked for again", why=str(away))
            self._missed.set()
            return []

    def _is_news(self, quote: RawQuote) -> bool:
        at, before = _time_of(quote), self._newest.get(str(quote.symbol))
        self._note(quote)
        return at is None or before is None or at > before

    def _note(self, quote: RawQuote) -> None:
        """A time that is still to come is not noted: no quote of now would be news beside it."""
        at, symbol = _time_of(quote), str(quote.symbol)
        if at is None or symbol not in self._symbols or at > quote.received_at + ALLOWANCE:
            return
        if at > self._newest.get(symbol, datetime.min.replace(tzinfo=UTC)):
            self._newest[symbol] = at


def _time_of(quote: RawQuote) -> datetime | None:
    """When it says that it was made; None where that is not readable, which is for inspection to say."""
    try:
        at = datetime.fromisoformat(str(quote.at))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _drained(queue: deque[T]) -> list[T]:
    found = []
    while queue:
        found.append(queue.popleft())
    return found
