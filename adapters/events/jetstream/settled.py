"""Whether everything that was told has been handled, and nothing more follows from it."""

import time
from collections.abc import Callable, Sequence

from nats.js.errors import NotFoundError

from adapters.events.jetstream.connection import NatsLine

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
    return line.call(_standing(line, durables), _SECONDS) == before


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


async def _standing(line: NatsLine, durables: Sequence[str]) -> int | None:
    """How far the facts have come, where every one of ``durables`` has handled them all; else None."""
    js, stream = line.jetstream, line.space.facts
    last = (await js.stream_info(stream)).state.last_seq
    try:
        found = [await js.consumer_info(stream, durable) for durable in durables]
    except NotFoundError:
        return None
    return None if any(one.num_pending or one.num_ack_pending for one in found) else last
