"""The keys as a running service knows them: a copy in memory that is never more than seconds old.

Asking the store for each request would cost the evaluate route a transaction, and asking it for each
unknown key would let a stranger keep it busy. So all keys are read together, at most once a second.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from policy.access.keys import Known
from policy.problems import unavailable

log = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0
STALE_SECONDS = 5.0
"""A revocation counts everywhere after this long at the latest."""


class KeyRing:
    """Keys by prefix from ``read``, which is called beside the requests and never for two at once.

    A copy older than ``FRESH_SECONDS`` is used while a new one is on its way; one older than
    ``STALE_SECONDS`` is not used any more.
    """

    def __init__(self, read: Callable[[], Known]) -> None:
        self._read = read
        self._door = threading.Lock()
        self._known: Known = {}
        self._read_at = -float("inf")
        self._coming: Future[None] | None = None

    async def known(self) -> Known:
        """The keys; raises a 503 problem when the store has not given them for too long."""
        age = time.monotonic() - self._read_at
        if age > FRESH_SECONDS:
            coming = self._ask()
            if age > STALE_SECONDS:
                await asyncio.wrap_future(coming)
                self._refuse_stale()
        return self._known

    def _ask(self) -> "Future[None]":
        with self._door:
            if self._coming is not None:
                return self._coming
            coming: Future[None] = Future()
            try:
                threading.Thread(target=self._refresh, args=(coming,), daemon=True).start()
                self._coming = coming
            except RuntimeError as error:  # no thread is left; nobody must wait for one that never began
                log.warning("the keys could not be read", error=repr(error))
                coming.set_result(None)
            return coming

    def _refresh(self, coming: "Future[None]") -> None:
        started = time.monotonic()
        try:
            self._known, self._read_at = self._read(), started
        except Exception as error:  # whoever waits is told by the age of the copy
            log.warning("the keys could not be read", error=type(error).__name__)
        with self._door:
            self._coming = None
        coming.set_result(None)

    def _refuse_stale(self) -> None:
        if time.monotonic() - self._read_at > STALE_SECONDS:
            raise unavailable("keys-unavailable", "the keys cannot be read now, so nobody gets in; ask again")
