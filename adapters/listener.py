"""A connection that is listened to as long as it may be, in a thread of its own, and says when it is not.

alpaca-py's own streams take seconds to stop, drop what their handlers fail on and do not tell when they are
back; and a stream that was away has missed something, so whoever listens must know to look.
"""

import json
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import structlog
from websockets.sync.client import ClientConnection, reconnect

log = structlog.get_logger(__name__)

LISTENING = "listening"
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
    back has lists looked at, and one that breaks off all the time must not use up what may be asked.
    """

    open: float = 5.0
    ping: float = 10.0
    first_wait: float = 0.5
    longest_wait: float = 30.0


class Listener:
    """Keeps one stream open at ``url``; what its frames mean is for whoever is built on this to say.

    ``whose`` names the stream in the log.
    """

    whose = "nobody's"

    def __init__(self, url: str, rhythm: Rhythm, name: str, *, is_local: bool) -> None:
        self._url = url
        self._is_local = is_local
        self._rhythm = rhythm
        self._over = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
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

    def introduce(self, connection: ClientConnection) -> None:
        """Be let in and listened to; raises ``NotListening`` where that is refused."""
        raise NotImplementedError

    def take(self, frame: str | bytes) -> None:
        """Take in one frame; what this raises is logged, and counts as something missed."""
        raise NotImplementedError

    def look(self) -> None:
        """Something may have been missed: since it was away, or since what came could not be taken in."""
        raise NotImplementedError

    def _run(self) -> None:
        wait = self._rhythm.first_wait
        while not self._over.is_set():
            began = time.monotonic()
            try:
                with self._connected() as connection:
                    self._connection = connection
                    self.introduce(connection)
                    self.state = LISTENING
                    self.look()
                    self._listen(connection)
            except Exception as broken:  # whatever it was, the stream comes back
                self._away(broken)
            self._connection = None
            if time.monotonic() - began > self._rhythm.longest_wait:
                wait = self._rhythm.first_wait
            self._over.wait(wait)
            wait = min(2 * wait, self._rhythm.longest_wait)

    def _connected(self) -> _Straight:
        rhythm = self._rhythm
        return _Straight(
            self._url,
            proxy=None if self._is_local else True,
            open_timeout=rhythm.open,
            close_timeout=rhythm.open,
            ping_interval=rhythm.ping,
            ping_timeout=rhythm.ping,
            max_size=_LARGEST_FRAME,
        )

    def _listen(self, connection: ClientConnection) -> None:
        while not self._over.is_set():
            try:
                frame = connection.recv(timeout=_LOOK_UP_SECONDS)
            except TimeoutError:
                continue
            self._taken(frame)

    def _taken(self, frame: str | bytes) -> None:
        """Hand on one frame; whatever is wrong with it, or with taking it in, must not end the stream."""
        try:
            self.take(frame)
        except NotListening:
            raise
        except Exception as broken:
            log.warning("a message of a stream was not taken in", stream=self.whose, why=str(broken))
            self.look()

    def _away(self, broken: Exception) -> None:
        self.state = f"away: {type(broken).__name__}: {broken}"
        if not self._over.is_set():
            log.warning("a stream is away; lists are looked at", stream=self.whose, why=self.state)
            self.look()


def said(frame: str | bytes) -> Any:
    """The JSON of a frame, text or binary, numbers with a point exact."""
    return json.loads(frame, parse_float=Decimal)
