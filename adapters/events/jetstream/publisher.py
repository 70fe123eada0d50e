"""Publishes events on JetStream: CloudEvents in structured JSON, confirmed, once each, in their order.

Every message names the one before it (``Nats-Expected-Last-Msg-Id``). Messages travel together without
waiting for each other, and where one is lost the server refuses those behind it, so that a gap can
never be overtaken. ``Nats-Msg-Id`` is the event's id: what arrives twice is kept once.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby

from nats.js import JetStreamContext
from nats.js.api import Header, PubAck

from adapters.events.jetstream.connection import NatsAway, NatsLine
from adapters.events.jetstream.names import stream_of
from adapters.events.trace_context import trace_headers_of
from policy.contracts import Event

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_TOGETHER = 256
_CONFIRM_SECONDS = 5.0
_WRONG_PREDECESSOR = 10070
"""JetStream's code for a message whose predecessor is not the one it names."""

Outcome = PubAck | BaseException


class Publisher:
    """Has the ``publish`` of ``adapters.events.bus.Bus``: whoever publishes need not know which it is."""

    def __init__(self, line: NatsLine) -> None:
        self._line = line

    def portions(self, events: Sequence[Event]) -> Iterator[Sequence[Event]]:
        """All at once: they travel together, and what arrives twice is kept once."""
        yield events

    def publish(self, events: Sequence[Event]) -> None:
        """Return when the server has every one of ``events``, in their order.

        Raises ``NatsAway`` when it has not confirmed them all; those that arrived are kept once,
        however often the same events are published again.
        """
        for stream, run in groupby(events, key=lambda event: stream_of(event.type)):
            together = tuple(run)
            for start in range(0, len(together), _TOGETHER):
                self._send(stream, together[start : start + _TOGETHER])

    def _send(self, stream: str, events: Sequence[Event]) -> None:
        """Send, and send again what did not arrive behind what did; each round gets further."""
        left = events
        while left:
            outcomes = self._line.call(self._sent(stream, left), 2 * _CONFIRM_SECONDS)
            confirmed = _confirmed(outcomes)
            if confirmed == 0:
                raise NatsAway(f"NATS at {self._line.address} did not take event {left[0].id}: {outcomes[0]}")
            left = left[confirmed:]

    async def _sent(self, stream: str, events: Sequence[Event]) -> list[Outcome]:
        if not self._line.connected:  # what waits in a buffer would arrive after somebody else's newer words
            raise NatsAway(f"NATS at {self._line.address} is away")
        js, before, waiting = self._line.jetstream, None, list[asyncio.Future[PubAck]]()
        for event in events:
            headers = trace_headers_of(event) | _headers(event, before)
            waiting.append(await self._begun(js, stream, event, headers))
            before = event
        await self._until_confirmed(waiting)
        return [_outcome(one) for one in waiting]

    async def _until_confirmed(self, waiting: Sequence[asyncio.Future[PubAck]]) -> None:
        """Until all are there, the server is lost, or it takes too long."""
        everything = asyncio.ensure_future(asyncio.wait(waiting))
        lost = asyncio.ensure_future(self._line.until_down())
        await asyncio.wait({everything, lost}, timeout=_CONFIRM_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        everything.cancel()
        lost.cancel()

    async def _begun(
        self, js: JetStreamContext, stream: str, event: Event, headers: dict[str, str]
    ) -> asyncio.Future[PubAck]:
        payload = event.model_dump_json().encode()
        return await js.publish_async(
            event.type.value,
            payload,
            stream=stream,
            headers=headers,
            wait_stall=_CONFIRM_SECONDS,
        )


def _headers(event: Event, before: Event | None) -> dict[str, str]:
    headers = {Header.MSG_ID.value: str(event.id), "Content-Type": CONTENT_TYPE}
    if before is not None:
        headers[Header.EXPECTED_LAST_MSG_ID.value] = str(before.id)
    return headers


def _outcome(waiting: asyncio.Future[PubAck]) -> Outcome:
    if not waiting.done():
        waiting.cancel()
        return NatsAway("not confirmed")
    return waiting.exception() or waiting.result()


def _confirmed(outcomes: Sequence[Outcome]) -> int:
    """How many from the first on arrived; one that arrived behind a gap is sent again and kept once."""
    for count, outcome in enumerate(outcomes):
        if isinstance(outcome, BaseException):
            return count
    return len(outcomes)
