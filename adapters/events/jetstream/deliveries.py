"""One delivered message as the house reads it: the event, or why there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from nats.aio.msg import Msg
from pydantic import ValidationError

from policy.contracts import Event, EventType


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in hand; ``count`` deliveries of it so far, this one among them."""

    message: Msg
    event: Event
    count: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is no event of the house; ``reason`` says what is wrong with it."""

    message: Msg
    reason: str


def read(messages: Sequence[Msg]) -> tuple[list[Delivery], list[Unreadable]]:
    """Sort ``messages`` into those that can be handled and those that never can."""
    readable, unreadable = list[Delivery](), list[Unreadable]()
    for message in messages:
        try:
            event = Event.model_validate_json(message.data)
        except ValidationError as error:
            unreadable.append(Unreadable(message, f"no event of the house: {_first_fault(error)}"))
        else:
            readable.append(Delivery(message, event, message.metadata.num_delivered))
    return readable, unreadable


def runs(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """What to hand over together: runs of one type, and whatever has failed before alone."""

    def likeness(delivery: Delivery) -> tuple[EventType, int]:
        return delivery.event.type, delivery.message.metadata.sequence.stream if delivery.count > 1 else 0

    for _, run in groupby(deliveries, key=likeness):
        yield list(run)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"])) or "the envelope"
    return f"{place}: {fault['msg'].lower()}"
