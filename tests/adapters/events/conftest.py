"""A line to NATS, and consumers that end with their test."""

from collections.abc import Callable, Iterator

import pytest

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.consumer import Consumer
from adapters.events.jetstream.streams import ensure_streams
from tests.adapters.events.telling import QUICK


@pytest.fixture
def line(nats_url: str) -> Iterator[NatsLine]:
    with NatsLine(nats_url, "test") as opened:
        ensure_streams(opened)
        yield opened


@pytest.fixture
def consume() -> Iterator[Callable[..., Consumer]]:
    """Starts a consumer with little patience."""
    started = list[Consumer]()

    def start(line, durable, kinds, handler, **more) -> Consumer:
        consumer = Consumer(line, durable, kinds, handler, **({"patience": QUICK} | more))
        consumer.start()
        started.append(consumer)
        return consumer

    yield start
    for consumer in reversed(started):
        consumer.stop()
