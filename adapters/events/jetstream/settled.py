"""Whether everything that was told has been handled, and nothing more follows from it."""

import asyncio
import time
from collections.abc import Callable, Sequence

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.names import FACTS

_SECONDS = 5.0
_FIRST_LOOK = 0.001
_LONGEST_LOOK = 0.05


def settled(line: NatsLine, durables: Sequence[str], outbox_is_empty: Callable[[], bool]) -> bool:
    """Whether no event of the facts is on its way to any of ``durables``, in hand there, or in the outbox.

    A handler writes to the outbox before it acknowledges, and stirs only when something was published. So
    if nobody had anything in hand, the outbox was empty after that, and nothing was published meanwhile,
    then nothing can follow any more. A durable that is not there has not handled anything.
    """
    before = line.call(_standing(line, durables), _SECONDS)
    if before is None or not outbox_is_empty():
        return False
    if line.call(_standing(line, durables), _SECONDS) != before:
        return False
    return line.call(_have_the_last(line, durables), _SECONDS)


def wait_until_settled(
    line: NatsLine, durables: Sequence[str], outbox_is_empty: Callable[[], bool], seconds: float
) -> bool:
    """``settled`` as soon as it is so; False when it is not within ``seconds``."""
    until, pause = time.monotonic() + seconds, _FIRST_LOOK
    while not settled(line, durables, outbox_is_empty):
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_LOOK)
    return True


async def _have_the_last(line: NatsLine, durables: Sequence[str]) -> bool:
    """Whether every durable was given the last message of each of its subjects.

    The server counts what is pending for a consumer a moment after it has confirmed the message.
    """
    js, stream = line.jetstream, FACTS
    found = await asyncio.gather(*(js.consumer_info(stream, durable) for durable in durables))
    given = [
        (subject, one.delivered.stream_seq if one.delivered else 0)
        for one in found
        for subject in one.config.filter_subjects or ()
    ]
    lasts = await asyncio.gather(*(_last(js, stream, subject) for subject, _ in given))
    return all(last <= (so_far or 0) for last, (_, so_far) in zip(lasts, given, strict=True))


async def _last(js: JetStreamContext, stream: str, subject: str) -> int:
    """The number of the last message of ``subject``; 0 where there is none."""
    try:
        return (await js.get_last_msg(stream, subject)).seq or 0
    except NotFoundError:
        return 0


async def _standing(line: NatsLine, durables: Sequence[str]) -> int | None:
    """How far the facts have come, where every one of ``durables`` has handled them all; else None."""
    js, stream = line.jetstream, FACTS
    last = (await js.stream_info(stream)).state.last_seq
    try:
        found = [await js.consumer_info(stream, durable) for durable in durables]
    except NotFoundError:
        return None
    return None if any(one.num_pending or one.num_ack_pending for one in found) else last
