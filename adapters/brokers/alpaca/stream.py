"""The stream of trade updates: a thread that listens as long as it may, and says when it does not.

alpaca-py's own stream takes seconds to stop, drops what its handler fails on and does not tell when it is
back; and a stream that was away has missed something, so whoever listens must know to look.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import structlog
from websockets.sync.client import ClientConnection, reconnect

from adapters.brokers.alpaca.address import Address
from adapters.brokers.alpaca.wire import WireUpdate, read_update

log = structlog.get_logger(__name__)

LISTENING = "listening"
_UPDATES = "trade_updates"
_LOOK_UP_SECONDS = 1.0
_LARGEST_FRAME = 1 << 20


class NotListening(Exception):
    """The other side is there and does not do what it should."""


class _Straight(reconnect):
    """A connection that follows no redirect: the keys go where they were sent, and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: to connect and be let in, between pings, and the first and longest wait before a new try.

    Only a stream that lasted longer than the longest wait is tried again after the first: each that comes
    back has the lists looked at, and one that breaks off all the time must not use up what may be asked.
    """

    open: float = 5.0
    ping: float = 10.0
    first_wait: float = 0.5
    longest_wait: float = 30.0


class TradeStream:
    """Hands every update to ``hear``, and calls ``look`` whenever something may have been missed."""

    def __init__(
        self,
        address: Address,
        keys: tuple[str, str],
        rhythm: Rhythm,
        hear: Callable[[WireUpdate], None],
        look: Callable[[], None],
    ) -> None:
        self._address = address
        self._keys = keys
        self._rhythm = rhythm
        self._hear = hear
        self._look = look
        self._over = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name="alpaca-stream", daemon=True)
        self.state = "not started"
        """``LISTENING``, or why it does not listen."""

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait until the thread has ended."""
        self._over.set()
        if (connection := self._connection) is not None:
            connection.close()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait = self._rhythm.first_wait
        while not self._over.is_set():
            began = time.monotonic()
            try:
                with self._connected() as connection:
                    self._introduce(connection)
                    self._listen(connection)
            except Exception as broken:  # whatever it was, the stream comes back; the lists tell meanwhile
                self._away(broken)
            self._connection = None
            if time.monotonic() - began > self._rhythm.longest_wait:
                wait = self._rhythm.first_wait
            self._over.wait(wait)
            wait = min(2 * wait, self._rhythm.longest_wait)

    def _connected(self) -> _Straight:
        rhythm = self._rhythm
        return _Straight(
            self._address.stream,
            proxy=None if self._address.is_local else True,
            open_timeout=rhythm.open,
            close_timeout=rhythm.open,
            ping_interval=rhythm.ping,
            ping_timeout=rhythm.ping,
            max_size=_LARGEST_FRAME,
        )

    def _introduce(self, connection: ClientConnection) -> None:
        """Be let in and listened to; what happened before that has to be looked up."""
        self._connection = connection
        key_id, secret = self._keys
        _send(connection, "authenticate", {"key_id": key_id, "secret_key": secret})
        let_in = self._reply(connection, "authorization")
        if let_in.get("status") != "authorized":
            raise NotListening("the keys were not taken")
        _send(connection, "listen", {"streams": [_UPDATES]})
        if _UPDATES not in self._reply(connection, "listening").get("streams", ()):
            raise NotListening("the stream of trade updates is not given")
        self.state = LISTENING
        self._look()

    def _reply(self, connection: ClientConnection, stream: str) -> dict[str, Any]:
        told = _read(connection.recv(timeout=self._rhythm.open))
        if not isinstance(told, dict) or told.get("stream") != stream:
            raise NotListening(f"an answer of {stream!r} was awaited and another came")
        content = told.get("data")
        return content if isinstance(content, dict) else {}

    def _listen(self, connection: ClientConnection) -> None:
        while not self._over.is_set():
            try:
                frame = connection.recv(timeout=_LOOK_UP_SECONDS)
            except TimeoutError:
                continue
            self._take(frame)

    def _take(self, frame: str | bytes) -> None:
        """Hand on one frame; whatever is wrong with it, or with taking it in, must not end the stream."""
        try:
            told = _read(frame)
            if told.get("stream") == _UPDATES:
                self._hear(read_update(told.get("data")))
        except Exception as broken:
            log.warning("a message of the broker's stream was not taken in", why=str(broken))
            self._look()

    def _away(self, broken: Exception) -> None:
        self.state = f"away: {type(broken).__name__}: {broken}"
        if not self._over.is_set():
            log.warning("the broker's stream is away; its lists are looked at", why=self.state)
            self._look()


def _send(connection: ClientConnection, action: str, content: dict[str, Any]) -> None:
    connection.send(json.dumps({"action": action, "data": content}))


def _read(frame: str | bytes) -> Any:
    """Alpaca's paper stream sends its JSON in binary frames, its live stream in text frames."""
    return json.loads(frame, parse_float=Decimal)
