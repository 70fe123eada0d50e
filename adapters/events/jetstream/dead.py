"""Dead letters: what no handler could take, kept as it was with the reason, until a person retries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nats.aio.msg import Msg
from nats.js.api import Header, RawStreamMsg
from nats.js.errors import NotFoundError

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.names import DEAD, dead_subject, retry_subject

_SECONDS = 5.0
_CONSUMER = "Trivet-Consumer"
_STREAM = "Trivet-Stream"
_REASON = "Trivet-Reason"
_DELIVERIES = "Trivet-Deliveries"
_AT = "Trivet-Delivered-At"
_OURS = (_CONSUMER, _STREAM, _REASON, _DELIVERIES, _AT)


class NoSuchLetter(LookupError):
    """There is no dead letter of that number."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that ``consumer`` could not take in ``deliveries`` attempts; ``at`` is the last of them."""

    number: int
    consumer: str
    stream: str
    reason: str
    deliveries: int
    at: datetime
    body: bytes
    headers: Mapping[str, str]


async def bury(line: NatsLine, consumer: str, message: Msg, reason: str) -> None:
    """Keep ``message`` as a dead letter of ``consumer``; once, however often it is asked for."""
    found = message.metadata
    headers = {
        **_foreign(message.headers or {}),
        Header.MSG_ID.value: f"{found.stream}/{found.sequence.stream}/{consumer}",
        _CONSUMER: consumer,
        _STREAM: found.stream,
        _REASON: " ".join(reason.split())[:1000].encode("ascii", "replace").decode(),
        _DELIVERIES: str(found.num_delivered),
        _AT: found.timestamp.astimezone(UTC).isoformat(),
    }
    place = dead_subject(consumer)
    await line.jetstream.publish(place, message.data, _SECONDS, stream=DEAD, headers=headers)


def dead_letters(line: NatsLine) -> list[DeadLetter]:
    """Every dead letter, the oldest first."""
    return line.call(_all(line), 6 * _SECONDS)


def dead_letter(line: NatsLine, number: int) -> DeadLetter:
    """The dead letter ``number``; raises ``NoSuchLetter``."""
    return line.call(_one(line, number), _SECONDS)


def retry(line: NatsLine, letter: DeadLetter) -> None:
    """Hand ``letter`` to its consumer again, to it alone, and take it off the dead.

    A letter that fails again is buried anew, with a number of its own.
    """
    line.call(_retry(line, letter), 2 * _SECONDS)


async def _all(line: NatsLine) -> list[DeadLetter]:
    stream, every = DEAD, dead_subject("*")
    state = (await line.jetstream.stream_info(stream)).state
    letters = list[DeadLetter]()
    number = state.first_seq
    while state.messages and number <= state.last_seq:
        try:
            raw = await line.jetstream.get_msg(stream, number, subject=every, next=True)
        except NotFoundError:
            break
        letters.append(_letter(raw))
        number = letters[-1].number + 1
    return letters


async def _one(line: NatsLine, number: int) -> DeadLetter:
    try:
        return _letter(await line.jetstream.get_msg(DEAD, number))
    except NotFoundError:
        raise NoSuchLetter(
            f"there is no dead letter {number}; `trivet events dead list` shows them"
        ) from None


async def _retry(line: NatsLine, letter: DeadLetter) -> None:
    headers = {**_foreign(letter.headers), Header.MSG_ID.value: f"retry/{DEAD}/{letter.number}"}
    place = retry_subject(letter.stream, letter.consumer)
    await line.jetstream.publish(place, letter.body, _SECONDS, stream=letter.stream, headers=headers)
    await line.jetstream.delete_msg(DEAD, letter.number)


def _letter(raw: RawStreamMsg) -> DeadLetter:
    headers: dict[str, Any] = raw.headers or {}
    assert raw.seq is not None
    return DeadLetter(
        number=raw.seq,
        consumer=headers[_CONSUMER],
        stream=headers[_STREAM],
        reason=headers[_REASON],
        deliveries=int(headers[_DELIVERIES]),
        at=datetime.fromisoformat(headers[_AT]),
        body=raw.data or b"",
        headers=headers,
    )


def _foreign(headers: Mapping[str, str]) -> dict[str, str]:
    """What came with the message itself, without what JetStream and this module say of it."""
    return {
        name: value for name, value in headers.items() if name not in _OURS and not name.startswith("Nats-")
    }
