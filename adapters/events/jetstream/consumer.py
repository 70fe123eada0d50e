"""Hands events from JetStream to a handler: durable, at least once, until it is handled or dead.

1. Messages are pulled; what cannot be read is buried at once.
2. Runs of one type are handed over together and acknowledged when the handler has returned.
3. A run that fails is handed over message by message, so that one cannot take others along.
4. What fails alone comes back after a delay that doubles, and after a few times is buried with the reason.
5. While the handler's own world is away (database, another service) nothing is blamed on the messages:
   they are held and tried again, however long it takes.

Members of one ``durable`` share its messages. An ordered consumer has one message in hand at a time, over
all members: whatever failed comes back before anything newer is delivered.
"""

import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from adapters.events.bus import Handler
from adapters.events.jetstream.connection import NatsAway, NatsLine
from adapters.events.jetstream.dead import bury
from adapters.events.jetstream.deliveries import Delivery, Unreadable, read, runs
from adapters.events.jetstream.names import retry_subject, stream_of
from adapters.events.jetstream.pull import Pull, consumer_config
from adapters.events.trace_context import continuing
from policy.contracts import EventType

log = structlog.get_logger(__name__)

OUTAGES: tuple[type[Exception], ...] = (ConnectionError, InterfaceError, OperationalError, PoolExhausted)
"""What a handler raises when it could not work at all, whatever the message said."""

_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How a consumer deals with failures; all times in seconds.

    The n-th failure of a message delays it by ``first_delay * 2 ** (n - 1)``, at most ``longest_delay``;
    after ``most_deliveries`` it is buried. A message whose process died comes back after ``ack_wait``.
    """

    first_delay: float = 0.5
    longest_delay: float = 30.0
    most_deliveries: int = 5
    ack_wait: float = 6.0

    def delay(self, failures: int) -> float:
        """How long to wait after so many ``failures``, counted from one."""
        return min(self.first_delay * 2.0 ** min(failures - 1, 30), self.longest_delay)


class Consumer:
    """One member of the durable consumer ``durable`` of events of ``kinds``, with a thread of its own."""

    def __init__(
        self,
        line: NatsLine,
        durable: str,
        kinds: Sequence[EventType],
        handler: Handler,
        *,
        ordered: bool = False,
        batch: int = 64,
        patience: Patience | None = None,
    ) -> None:
        """``handler`` gets runs of one type and must be idempotent by event id; ``kinds`` share a stream."""
        self._line = line
        self._handler = handler
        self._durable = durable
        self._patience = patience or Patience()
        stream, config = self._wanted(kinds, 1 if ordered else 8 * batch)
        self._pull = Pull(line, stream, config, 1 if ordered else batch)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"consumer-{durable}", daemon=True)
        self.failure: str | None = None
        """What the handler last failed with; None while it works."""

    def start(self) -> None:
        """Create the durable consumer if need be and begin; raises ``NatsAway``."""
        self._line.call(self._pull.open(), _ANSWER_SECONDS)
        self._thread.start()

    def stop(self) -> None:
        """End after what is being handled now; what was not begun goes to whoever asks next."""
        self._stopping.set()
        self._unless_away(self._pull.end())
        if self._thread.is_alive():
            self._thread.join()
        self._unless_away(self._pull.close())

    def _wanted(self, kinds: Sequence[EventType], at_once: int) -> tuple[str, ConsumerConfig]:
        streams = {stream_of(kind) for kind in kinds}
        if len(streams) != 1:
            raise ValueError(f"{self._durable} asks for events of {len(streams)} streams; make it one each")
        stream = streams.pop()
        subjects = [*(kind.value for kind in kinds), retry_subject(stream, self._durable)]
        return stream, consumer_config(self._durable, subjects, at_once, self._patience.ack_wait)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work_off(self._line.call(self._pull.take(_LOOK_SECONDS), _ANSWER_SECONDS))
            except NatsAway as error:
                log.warning("events cannot be received", consumer=self._durable, error=str(error))
                self._stopping.wait(_LOOK_SECONDS)
            except Exception as error:  # whatever it was, the thread must go on
                self.failure = repr(error)
                log.exception("events could not be handled; they come back", consumer=self._durable)
                self._stopping.wait(_LOOK_SECONDS)

    def _work_off(self, messages: Sequence[Msg]) -> None:
        """Handle ``messages``; none that was not answered for is kept in hand, whatever happens."""
        readable, unreadable = read(messages)
        try:
            for one in unreadable:
                self._bury(one, one.reason)
            for run in runs(readable):
                self._hand_over(run)
        finally:
            self._unless_away(self._pull.give_back(messages))

    def _hand_over(self, run: list[Delivery]) -> None:
        if self._stopping.is_set():
            return
        error = self._tried(run)
        if error is None:
            self._line.call(self._pull.done([delivery.message for delivery in run]), _ANSWER_SECONDS)
        elif len(run) > 1:
            log.warning("a run of events failed; one by one", consumer=self._durable, error=repr(error))
            for delivery in run:
                self._hand_over([delivery])
        else:
            self._put_off(run[0], error)

    def _tried(self, run: list[Delivery]) -> Exception | None:
        """What the handler failed with; while its world is away it is asked again and again."""
        failures = 0
        while not self._stopping.is_set():
            try:
                with continuing(run[0].message.headers):
                    self._handler(tuple(delivery.event for delivery in run))
            except OUTAGES as error:
                failures += 1
                self.failure = repr(error)
                log.warning("events wait for an outage to end", consumer=self._durable, error=repr(error))
                self._stopping.wait(min(self._patience.delay(failures), _ANSWER_SECONDS))
            except Exception as error:  # whatever it was, the thread must go on
                self.failure = repr(error)
                return error
            else:
                self.failure = None
                return None
        return InterruptedError("stopped before it was handled")

    def _put_off(self, delivery: Delivery, error: Exception) -> None:
        """Once more after a while, or never again."""
        if isinstance(error, InterruptedError):
            return
        if delivery.count >= self._patience.most_deliveries:
            self._bury(delivery, f"{type(error).__name__}: {error}")
            return
        wait = self._patience.delay(delivery.count)
        log.warning(
            "an event could not be handled; it comes back",
            consumer=self._durable,
            event_id=str(delivery.event.id),
            deliveries=delivery.count,
            seconds=wait,
            error=repr(error),
        )
        self._line.call(self._pull.again(delivery.message, wait), _ANSWER_SECONDS)

    def _unless_away(self, work: Coroutine[Any, Any, None]) -> None:
        """What is not told to NATS comes back when its time is up."""
        try:
            self._line.call(work, _ANSWER_SECONDS)
        except NatsAway as error:
            log.info("NATS was not told", consumer=self._durable, error=str(error))

    def _bury(self, one: Delivery | Unreadable, reason: str) -> None:
        """Keep it as a dead letter first, then let it go."""
        log.error("an event is put with the dead letters", consumer=self._durable, reason=reason)
        self._line.call(bury(self._line, self._durable, one.message, reason), _ANSWER_SECONDS)
        self._line.call(self._pull.never(one.message), _ANSWER_SECONDS)
