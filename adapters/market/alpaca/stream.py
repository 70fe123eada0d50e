"""The stream of market data: quotes and minute bars of some symbols, as Alpaca's documentation describes it.

Text frames of JSON, each a list of messages: ``q`` a quote, ``b`` a minute bar that ended, ``u`` the same bar
again with late trades in it, ``error`` a refusal.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from websockets.sync.client import ClientConnection

from adapters.listener import Listener, NotListening, Rhythm, said
from adapters.market.alpaca.address import Place
from adapters.market.alpaca.wire import raw_minute, raw_quote
from adapters.market.source import RawBar, RawQuote
from policy.ports import Clock

log = structlog.get_logger(__name__)

# The numbers of Alpaca's errors that tell a person what to do about them.
_NEXT_STEPS: Mapping[int, str] = {
    402: "look at TRIVET_ALPACA_KEY_ID and TRIVET_ALPACA_SECRET",
    405: "name fewer symbols in TRIVET_SYMBOLS; the account allows no more",
    406: "another connection holds the account's only one; end it",
    407: "the house reads too slowly for so many symbols; name fewer in TRIVET_SYMBOLS",
    409: "the account has not bought this feed; set TRIVET_ALPACA_FEED=iex",
}


class MarketStream(Listener):
    """Hands quotes to ``hear``, minutes to ``minute``; calls ``missed`` where some may have been missed."""

    whose = "the market's"

    def __init__(
        self,
        place: Place,
        feed: str,
        keys: tuple[str, str],
        symbols: Sequence[str],
        rhythm: Rhythm,
        clock: Clock,
    ) -> None:
        super().__init__(f"{place.url}/v2/{feed}", rhythm, "alpaca-market", is_local=place.is_local)
        self._keys = keys
        self._symbols = list(symbols)
        self._clock = clock
        self.hear: Callable[[RawQuote], None] = lambda _quote: None
        self.minute: Callable[[RawBar], None] = lambda _bar: None
        self.missed: Callable[[], None] = lambda: None

    def introduce(self, connection: ClientConnection) -> None:
        """Be greeted, let in, and given what was asked for: all of it, or it does not count as listening."""
        self._await(connection, "success", "connected")
        key_id, secret = self._keys
        connection.send(json.dumps({"action": "auth", "key": key_id, "secret": secret}))
        self._await(connection, "success", "authenticated")
        wanted = {"quotes": self._symbols, "bars": self._symbols, "updatedBars": self._symbols}
        connection.send(json.dumps({"action": "subscribe", **wanted}))
        given = self._await(connection, "subscription")
        lacking = {symbol for kind in wanted for symbol in self._symbols if symbol not in given.get(kind, ())}
        if lacking:
            raise NotListening(f"the stream does not give {', '.join(sorted(lacking))}; look at the symbols")

    def take(self, frame: str | bytes) -> None:
        """Hand on every message of a frame; one that cannot be read costs none of the others."""
        broken: Exception | None = None
        for message in _messages(frame):
            try:
                self._one(message)
            except NotListening:
                raise
            except Exception as strange:
                broken = strange
        if broken is not None:
            raise broken

    def look(self) -> None:
        """Quotes may have been missed."""
        self.missed()

    def _one(self, message: Mapping[str, Any]) -> None:
        kind = message.get("T")
        if kind == "q":
            self.hear(raw_quote(message.get("S"), message, self._clock.now()))
        elif kind in ("b", "u"):
            self.minute(raw_minute(message.get("S"), message, self._clock.now()))
        elif kind == "error":
            raise _refused(message)

    def _await(self, connection: ClientConnection, kind: str, words: str | None = None) -> Mapping[str, Any]:
        """The answer of that kind, and those words where some are expected."""
        [message, *_] = _messages(connection.recv(timeout=self._rhythm.open)) or [{}]
        if message.get("T") == "error":
            raise _refused(message)
        if message.get("T") != kind or (words is not None and message.get("msg") != words):
            raise NotListening(f"{words or kind!r} was awaited and another answer came")
        return message


def _messages(frame: str | bytes) -> list[Mapping[str, Any]]:
    told = said(frame)
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise NotListening("a frame came that is no list of messages")
    return told


def _refused(message: Mapping[str, Any]) -> NotListening:
    """Alpaca's error in words, with what to do about it where that is known."""
    code, words = message.get("code"), str(message.get("msg", "no reason given"))[:200]
    step = _NEXT_STEPS.get(code) if isinstance(code, int) else None
    return NotListening(f"{words} ({code})" + (f"; {step}" if step else ""))
