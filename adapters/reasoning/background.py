"""An event loop in a thread of its own, so that what is awaited can be cut off in time from threads."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Any, TypeVar

T = TypeVar("T")

GRACE_SECONDS = 2.0
"""How long is waited for the loop itself, beyond the time that a piece of work was given."""


class Closed(Exception):
    """Nothing is run any more, or was cut off by that."""


class Background:
    """Runs coroutines for any thread; its own thread begins with the first and ends with ``close``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, work: Coroutine[Any, Any, T], within: float) -> T:
        """What ``work`` returns or raises; ``TimeoutError`` once ``within`` seconds are over, ``work`` ended.

        Raises ``Closed`` after ``close``, and for what that cut off.
        """
        waiting = self._begun(work, within)
        try:
            return waiting.result(within + GRACE_SECONDS)
        except NotInTime:
            waiting.cancel()
            raise
        except CancelledError:
            raise Closed(f"{self._name} was closed meanwhile") from None

    def close(self, last: Coroutine[Any, Any, None] | None = None) -> None:
        """End everything at work, run ``last`` and end the thread; a second time is nothing."""
        with self._lock:
            loop, thread, self._closed = self._loop, self._thread, True
            self._loop = self._thread = None
        if loop is None or thread is None:
            if last is not None:
                last.close()
            return
        asyncio.run_coroutine_threadsafe(_ended(last), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )
        thread.join(GRACE_SECONDS)

    def _begun(self, work: Coroutine[Any, Any, T], within: float) -> Future[T]:
        with self._lock:
            if self._closed:
                work.close()
                raise Closed(f"{self._name} is closed; open another")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_turning, args=(self._loop,), name=self._name, daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(_in_time(work, within), self._loop)


async def _in_time(work: Coroutine[Any, Any, T], within: float) -> T:
    async with asyncio.timeout(within):
        return await work


async def _ended(last: Coroutine[Any, Any, None] | None) -> None:
    """Cancel whatever is at work besides this, see it end, then do ``last``."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    if last is not None:
        await last


def _turning(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
