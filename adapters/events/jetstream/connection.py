"""A NATS connection with a synchronous face: an event loop in a thread of its own, safe to call from any.

The services of the house are synchronous, the client library is not. Everything that touches the
connection runs on the line's loop; callers wait for the result in their own thread.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from adapters.events.jetstream.questions import Answerer, NoAnswer, ask, listen
from adapters.events.trace_context import trace_headers
from policy.canonical import canonical

log = structlog.get_logger(__name__)

_PING_SECONDS = 5
_RETRY_SECONDS = 0.2
_GRACE_SECONDS = 5.0
"""How much longer than its own time limit a call may take before the loop is held to be stuck."""

T = TypeVar("T")


class NatsAway(ConnectionError):
    """NATS cannot be reached or did not confirm in time; whatever was to be sent must be sent again."""


class NatsLine:
    """One connection of one process; ``name`` is what the server's monitoring shows of it.

    Once started it reconnects for ever. Answers and events are handled in threads, never on the loop.
    """

    def __init__(self, url: str, name: str, connect_seconds: float = 10.0) -> None:
        self._url = url
        self._name = name
        self._connect_seconds = connect_seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"nats-{name}", daemon=True)
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._again: list[Callable[[], None]] = []
        self.client = Client()
        """The library's connection; to be used on the line's loop only, through ``call``."""
        self.workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix=f"answer-{name}")
        """Threads in which questions are answered."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def connected(self) -> bool:
        """Whether the server is there right now."""
        return self.client.is_connected

    @property
    def address(self) -> str:
        """Host and port of the server, without what is secret in its URL."""
        parts = urlsplit(self._url)
        return f"{parts.hostname}:{parts.port or 4222}"

    @cached_property
    def jetstream(self) -> JetStreamContext:
        """JetStream on this connection; to be used on the line's loop only, through ``call``."""
        return self.client.jetstream()

    def start(self) -> None:
        """Connect; raises ``NatsAway`` when the server is not there within the time to connect."""
        self._thread.start()
        try:
            self.call(self._connect(), self._connect_seconds)
        except NatsAway:
            self.stop()
            raise NatsAway(
                f"NATS at {self.address} did not answer within {self._connect_seconds:g} s; "
                "start it or correct TRIVET_NATS_URL"
            ) from None

    def stop(self) -> None:
        """Close the connection and end the threads; what was not confirmed by then counts as not sent."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self._end()
        self._loop.close()
        self.workers.shutdown(wait=True)

    def _end(self) -> None:
        with suppress(OSError):  # the server may be gone already: the line ends all the same
            self.call(self.client.close(), _GRACE_SECONDS)
        asyncio.run_coroutine_threadsafe(_let_go(), self._loop).result(_GRACE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def call(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """Run ``work`` on the loop and wait for it, at most ``seconds``.

        Raises ``NatsAway`` when there is no result by then, or NATS refused.
        """
        if self._loop.is_closed():
            work.close()
            raise NatsAway(f"the line {self._name} to NATS is closed")
        waiting: Future[T] = asyncio.run_coroutine_threadsafe(_within(work, seconds), self._loop)
        try:
            return waiting.result(seconds + _GRACE_SECONDS)
        except CancelledError:
            raise NatsAway(f"the line {self._name} to NATS was closed meanwhile") from None
        except TimeoutError:  # of the work, of the library, or of this wait
            waiting.cancel()
            raise NatsAway(f"NATS at {self.address} did not answer within {seconds:g} s") from None
        except NatsError as error:
            raise NatsAway(f"NATS at {self.address}: {error}") from error

    def request(self, subject: str, payload: Mapping[str, Any], timeout: float = 2.0) -> dict[str, Any]:
        """Ask ``subject`` and wait at most ``timeout`` seconds; the payload holds plain JSON values.

        Raises ``NoAnswer`` when nobody listens, nobody answers in time, or the answering side failed:
        what was not answered was not measured.
        """
        text = canonical(payload).encode()
        question = ask(self.client, subject, text, trace_headers() or None, timeout)
        try:
            return self.call(self._when_up(question), timeout)
        except NatsAway as error:
            raise NoAnswer(f"no answer on {subject}: {error}") from error

    def respond(self, subject: str, handler: Answerer, queue: str = "") -> None:
        """Answer what is asked on ``subject`` for as long as the line lives, in threads.

        Members of one ``queue`` share the questions. What ``handler`` raises is the asker's ``NoAnswer``.
        """
        self.call(listen(self.client, self.workers, subject, handler, queue), _GRACE_SECONDS)

    async def until_up(self) -> None:
        """Wait on the loop until the server is there."""
        await self._up.wait()

    async def until_down(self) -> None:
        """Wait on the loop until the server is lost: what was not confirmed by then will not be."""
        await self._down.wait()

    def on_reconnect(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` on the loop after every reconnect: what was asked before has been forgotten."""
        self._again.append(tell)

    async def _when_up(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            await self.until_up()
        except BaseException:
            work.close()
            raise
        return await work

    async def _connect(self) -> None:
        await self.client.connect(
            self._url,
            name=self._name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RETRY_SECONDS,  # type: ignore[arg-type]  # sleeps so many seconds, whole or not
            ping_interval=_PING_SECONDS,
            max_outstanding_pings=2,
            error_cb=self._failed,
            disconnected_cb=self._lost,
            reconnected_cb=self._found,
        )
        self._up.set()

    async def _failed(self, error: Exception) -> None:
        log.info("NATS connection", line=self._name, error=repr(error))

    async def _lost(self) -> None:
        if not self.client.is_closed:
            self._up.clear()
            self._down.set()
            log.warning("NATS is away; reconnecting", line=self._name, address=self.address)

    async def _found(self) -> None:
        self._up.set()
        self._down.clear()
        log.warning("NATS is back", line=self._name, address=self.address)
        for tell in self._again:
            tell()


async def _within(work: Coroutine[Any, Any, T], seconds: float) -> T:
    return await asyncio.wait_for(work, seconds)


async def _let_go() -> None:
    """End what still runs on the loop, so that nothing is left half-way when it closes."""
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
