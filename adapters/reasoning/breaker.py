"""Stops asking a provider that is dead: faults in a row open the breaker, after a pause one asking tries.

Only faults of the provider count. An answer, however useless, shows that it is alive, and so does a request
that it did not want.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from time import monotonic

import structlog
from pybreaker import (
    STATE_CLOSED,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerState,
    CircuitMemoryStorage,
)

from adapters.clock import SystemClock
from adapters.reasoning.line import Answer, Line, LineFault, Message

log = structlog.get_logger(__name__)


class BreakerState(IntEnum):
    """How the breaker stands; the numbers are those of the metric ``trivet_reasoner_breaker``."""

    CLOSED = 0
    TRYING = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Resting:
    """After how many ``faults`` in a row nobody is asked, and for how many seconds (``pause``)."""

    faults: int = 5
    pause: float = 30.0


class _Steady(CircuitMemoryStorage):
    """Measures the pause by a clock that nobody sets; pybreaker asks the one on the wall."""

    _since: float | None = None

    @property
    def opened_at(self) -> datetime | None:
        """When it opened, by what the clock on the wall says now."""
        if self._since is None:
            return None
        return SystemClock().now() - timedelta(seconds=monotonic() - self._since)

    @opened_at.setter
    def opened_at(self, _at: datetime) -> None:
        self._since = monotonic()


class Breaker:
    """One provider's breaker; safe to be used from threads at once."""

    def __init__(self, resting: Resting | None = None) -> None:
        self._resting = resting or Resting()
        self._circuit = CircuitBreaker(
            fail_max=self._resting.faults,
            reset_timeout=self._resting.pause,
            exclude=[_says_nothing_of_the_next],
            listeners=[_Told()],
            state_storage=_Steady(STATE_CLOSED),
            throw_new_error_on_trip=False,
        )
        self._one_trial = threading.Lock()

    @property
    def state(self) -> BreakerState:
        """How it stands; OPEN until somebody asks again after the pause."""
        if self._circuit.current_state == STATE_CLOSED:
            return BreakerState.CLOSED
        return BreakerState.TRYING if self._one_trial.locked() else BreakerState.OPEN

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Let the block ask, and see how it ends; raises ``LineFault`` ``breaker-open`` where it may not."""
        if self._circuit.current_state == STATE_CLOSED:
            with self._watching():
                yield
        elif self._one_trial.acquire(blocking=False):
            try:
                with self._watching():
                    yield
            finally:
                self._one_trial.release()
        else:
            raise self._open()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """pybreaker counts by how the block ends; before the pause is over it does not let it begin."""
        try:
            with self._circuit.calling():
                yield
        except CircuitBreakerError:
            raise self._open() from None

    def _open(self) -> LineFault:
        return LineFault(
            "breaker-open",
            f"the provider failed {self._resting.faults} times in a row; it is asked again "
            f"{self._resting.pause:g} seconds after the last",
        )


class GuardedLine:
    """``line``, not used while ``breaker`` is open."""

    def __init__(self, line: Line, breaker: Breaker) -> None:
        self.form_tokens = line.form_tokens
        self._line = line
        self._breaker = breaker

    def send(self, messages: Sequence[Message], within: float) -> Answer:
        """The line's answer; raises ``LineFault`` for a fault of either."""
        with self._breaker.guarding():
            return self._line.send(messages, within)


def _says_nothing_of_the_next(error: BaseException) -> bool:
    return isinstance(error, LineFault) and error.is_ours


class _Told(CircuitBreakerListener):
    """Writes into the log what the breaker does."""

    def state_change(
        self, _breaker: CircuitBreaker, before: CircuitBreakerState | None, now: CircuitBreakerState
    ) -> None:
        log.warning(
            "the breaker before the model moved", before=before.name if before else None, now=now.name
        )
