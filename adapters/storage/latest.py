"""What holds now, for every process at once: the latest quotes and the player's time, in Redis.

Redis forgets. Whoever writes here (the market its quotes, the player its time) writes all of it again
twice a second, so that what was lost heals by itself; until then a reader gets no answer, never a guess.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from policy.contracts import Quote, utc_text
from policy.ports import Unanswered

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 0.5
_PATIENCE_SECONDS = 1.0
_QUOTES = "trivet:quotes"
_WHOLE = ""
"""The field of the hash of quotes that says that the others are all there; no symbol is empty."""
_TIME = "trivet:time"

RedisText = Redis  # with decode_responses: it gives text


def connect_redis(url: str) -> RedisText:
    """A client for the server of ``url``; connects when first used, and anew whenever that is needed."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
    )


def answers(redis: RedisText) -> bool:
    """Whether the server is there and willing."""
    try:
        return bool(redis.ping())
    except RedisError:
        return False


class RedisQuotes:
    """Implements ``adapters.ports.LatestQuotes``; ``put`` is for the one process that has the market."""

    def __init__(self, redis: RedisText) -> None:
        self._redis = redis

    def put(self, quotes: Iterable[Quote]) -> None:
        """Replace the quotes of the symbols that are quoted; the others stay. All of them at once.

        Of several quotes of a symbol the last counts; one question carries them all, however many they are.
        """
        newest = {quote.symbol: quote for quote in quotes}
        fields: dict[Any, Any] = {symbol: quote.model_dump_json() for symbol, quote in newest.items()}
        fields[_WHOLE] = "all here"
        with _away("the latest quotes cannot be written"):
            self._redis.hset(_QUOTES, mapping=fields)

    def forget(self) -> None:
        """Drop every quote: they were another store's."""
        with _away("the latest quotes cannot be dropped"):
            self._redis.delete(_QUOTES)

    def latest(self, symbol: str) -> Quote | None:
        """The last quote of ``symbol``; None when it was never quoted.

        Raises ``Unanswered`` while Redis is away, has lost its quotes or holds something else.
        """
        with _away("the latest quotes cannot be read"):
            whole, text = self._redis.hmget(_QUOTES, [_WHOLE, symbol])
            quote = None if text is None else Quote.model_validate_json(text)
        if whole is None:
            raise Unanswered("the latest quotes are not there; the market service brings them in a moment")
        return quote


class SharedTime:
    """The player's time as every process reads it; implements ``policy.ports.Clock``."""

    def __init__(self, redis: RedisText) -> None:
        self._redis = redis

    def now(self) -> datetime:
        """The time of the last step that was delivered, aware UTC.

        Raises ``Unanswered`` while nobody knows it: what has no time cannot be decided.
        """
        found = self.known()
        if found is None:
            raise Unanswered("the player's time is not there; the player service brings it in a moment")
        return found

    def known(self) -> datetime | None:
        """As ``now``, with None where the player has not told its time."""
        with _away("the player's time cannot be read"):
            text = self._redis.get(_TIME)
            return None if text is None else _utc(str(text))


class TimeTeller:
    """The player's hand on the shared time, which only ever goes forward; a ``policy.ports.Clock`` itself."""

    def __init__(self, redis: RedisText, start: datetime) -> None:
        self._redis = redis
        self._now = start
        self._one_writer = threading.Lock()

    def now(self) -> datetime:
        """The last time told, aware UTC, whether or not Redis still knows it."""
        return self._now

    def tell(self, at: datetime) -> None:
        """Let it be ``at`` from now on; a time before the last one told changes nothing."""
        with self._one_writer, _away("the player's time cannot be written"):
            later = max(at, self._now)
            self._redis.set(_TIME, utc_text(later))
            self._now = later

    def tell_again(self) -> None:
        """Write the last time told once more, in case it was lost."""
        self.tell(self._now)


@contextmanager
def repeated(write: Callable[[], None], name: str) -> Iterator[None]:
    """``write`` is called twice a second in a thread of its own until the end of the block."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(AGAIN_SECONDS):
            try:
                write()
            except Unanswered as away:  # the next time Redis may be back
                log.warning("what holds now could not be written; it is tried again", why=str(away))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is not UTC:
        raise ValueError(f"{text} is no time in UTC")
    return at


@contextmanager
def _away(what: str) -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unanswered(f"{what}, since Redis does not answer; ask again") from error
    except ValueError as error:
        raise Unanswered(f"{what}, since Redis holds something else; it is soon written anew") from error
