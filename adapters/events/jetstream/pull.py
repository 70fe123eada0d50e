"""What a durable consumer gets to do: messages pulled as they come, kept alive until they are answered for.

A request for messages stands at the server while there is room for more, so that the next event comes
without being asked for. Every message in hand is reported as in progress from time to time; one whose
process dies comes back to somebody else when its time is up.
"""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from itertools import count
from time import monotonic

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header, ReplayPolicy

from adapters.events.jetstream.connection import NatsLine

log = structlog.get_logger(__name__)

_STANDS_SECONDS = 30.0
_BEAT_SECONDS = 1.0
_SILENCE_SECONDS = 3 * _BEAT_SECONDS
"""Whoever holds our request says so every second; after this long without a word nobody holds it."""

_PAUSE_SECONDS = 0.1
_HEARTBEAT = "100"


def consumer_config(durable: str, subjects: list[str], at_once: int, ack_wait: float) -> ConsumerConfig:
    """A durable consumer with all of its settings; ``at_once`` messages may be in hand, over all members.

    How often a message is tried is decided by its handler, which alone knows what failed.
    """
    return ConsumerConfig(
        name=durable,
        durable_name=durable,
        filter_subjects=subjects,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        replay_policy=ReplayPolicy.INSTANT,
        ack_wait=ack_wait,
        max_deliver=-1,
        max_ack_pending=at_once,
    )


class Pull:
    """The messages of one member of a durable consumer; everything in here runs on the line's loop."""

    def __init__(self, line: NatsLine, stream: str, config: ConsumerConfig, batch: int) -> None:
        self._line = line
        self._stream = stream
        self._config = config
        self._batch = batch
        self._arrived: deque[Msg] = deque()
        self._open: dict[str, Msg] = {}
        self._stirred = asyncio.Event()
        self._asked = ""
        self._asked_until = 0.0
        self._wanted = 0
        self._known = False
        self._closed = False
        self._place = ""
        self._requests = count()
        self._subscription: Subscription | None = None
        self._beating: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make sure that the consumer exists, and begin."""
        await self._make_known()
        self._place = self._line.client.new_inbox()
        self._subscription = await self._line.client.subscribe(f"{self._place}.*", cb=self._hear)
        self._beating = asyncio.create_task(self._beat())
        self._line.on_reconnect(self._ask_again)

    async def take(self, seconds: float) -> list[Msg]:
        """Messages to handle, oldest first: at least one, or none after ``seconds``.

        Whoever asks has answered for all it had. What was taken and never reached it is given back: held on
        to, it would be kept alive for ever and handled by nobody.
        """
        waiting = {message.reply for message in self._arrived}
        await self.give_back([one for reply, one in self._open.items() if reply not in waiting])
        until = monotonic() + seconds
        while not self._arrived and not self._closed and monotonic() < until:
            await self._ask()
            self._stirred.clear()
            await _wait(self._stirred, min(until, self._asked_until) - monotonic())
        ready = 0 if self._closed else min(len(self._arrived), self._batch)
        return [self._arrived.popleft() for _ in range(ready)]

    async def done(self, messages: Sequence[Msg]) -> None:
        """They were handled."""
        for message in messages:
            self._open.pop(message.reply, None)
            await message.ack()

    async def again(self, message: Msg, seconds: float) -> None:
        """It could not be handled; it comes back after ``seconds``."""
        self._open.pop(message.reply, None)
        await message.nak(delay=seconds)

    async def never(self, message: Msg) -> None:
        """It is not to come back."""
        self._open.pop(message.reply, None)
        await message.term()

    async def give_back(self, messages: Sequence[Msg]) -> None:
        """Let go of those of ``messages`` that were not answered for: whoever asks next gets them."""
        left = [self._open.pop(message.reply) for message in messages if message.reply in self._open]
        for message in left:
            await message.nak()

    async def end(self) -> None:
        """Take nothing more; what has arrived and was not taken is given back. What was taken stays alive."""
        self._closed = True
        self._stirred.set()
        if self._subscription is not None and self._line.connected:
            await self._subscription.unsubscribe()
        await self.give_back(self._arrived)

    async def close(self) -> None:
        """Keep nothing alive any more; to be called when everything taken was answered for."""
        if self._beating is not None:
            self._beating.cancel()
        if self._line.connected:
            await self._line.client.flush()

    async def _make_known(self) -> None:
        await self._line.jetstream.add_consumer(self._stream, self._config)
        self._known = True

    async def _ask(self) -> None:
        if self._wanted > 0 and monotonic() < self._asked_until:
            return
        if self._wanted > 0 or not self._known:  # nobody answers for the consumer, or it is said to be gone
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._make_known()
        self._asked = f"{self._place}.{next(self._requests)}"
        self._wanted, self._asked_until = self._batch, monotonic() + _SILENCE_SECONDS
        times = {"expires": int(_STANDS_SECONDS * 1e9), "idle_heartbeat": int(_BEAT_SECONDS * 1e9)}
        wish = {"batch": self._batch} | times
        place = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._config.durable_name}"
        await self._line.client.publish(place, json.dumps(wish).encode(), reply=self._asked)

    async def _hear(self, message: Msg) -> None:
        status = (message.headers or {}).get(Header.STATUS.value)
        if status is not None:
            self._hear_status(status, message)
            return
        self._wanted -= 1
        self._asked_until = monotonic() + _SILENCE_SECONDS
        self._open[message.reply] = message
        self._arrived.append(message)
        self._stirred.set()

    def _hear_status(self, status: str, message: Msg) -> None:
        """The request still stands, or has ended; one older than the present one does not matter any more."""
        if message.subject != self._asked:
            return
        self._asked_until = monotonic() + _SILENCE_SECONDS
        if status != _HEARTBEAT:
            self._known = not _is_deleted(message)
            self._ask_again()

    def _ask_again(self) -> None:
        self._wanted = 0
        self._stirred.set()

    async def _beat(self) -> None:
        assert self._config.ack_wait is not None
        while True:
            await asyncio.sleep(self._config.ack_wait / 3)
            try:
                for message in list(self._open.values()):
                    await message.in_progress()
            except NatsError as error:  # then they come back, which handlers bear
                log.info("messages in hand could not be kept alive", error=repr(error))


def _is_deleted(message: Msg) -> bool:
    return "Deleted" in (message.headers or {}).get(Header.DESCRIPTION.value, "")


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), max(seconds, 0.001))
    except TimeoutError:
        return
