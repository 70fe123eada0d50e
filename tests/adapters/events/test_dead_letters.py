"""What a handler cannot take: delayed more every time, alone, and never lost."""

import time
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from adapters.events.jetstream.dead import NoSuchLetter, dead_letter, dead_letters, retry
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.settled import settled
from policy.contracts import Event
from tests.adapters.events.telling import SIGNAL, happened, numbers, soon


class Poisoned:
    """A handler that cannot take some events, and notes when it was asked."""

    def __init__(self, *poison: int) -> None:
        self.poison = set(poison)
        self.taken: list[int] = []
        self.asked: list[float] = []

    def __call__(self, events: Sequence[Event]) -> None:
        if self.poison & set(numbers(events)):
            self.asked.append(time.monotonic())
            raise ValueError(f"cannot take {sorted(self.poison)}")
        self.taken += numbers(events)


def test_one_poisonous_event_takes_no_other_along_and_ends_among_the_dead(line, consume) -> None:
    Publisher(line).publish([happened(number) for number in range(6)])
    handler = Poisoned(3)
    consume(line, "policy", [SIGNAL], handler)
    assert soon(lambda: dead_letters(line))
    assert sorted(handler.taken) == [0, 1, 2, 4, 5]
    (letter,) = dead_letters(line)
    assert (letter.consumer, letter.deliveries) == ("policy", 3)
    assert letter.reason == "ValueError: cannot take [3]"
    assert Event.model_validate_json(letter.body) == happened(3)
    assert settled(line, ["policy"], lambda: True)


def test_what_fails_comes_back_later_every_time(line, consume) -> None:
    Publisher(line).publish([happened(1)])
    handler = Poisoned(1)
    consume(line, "policy", [SIGNAL], handler)
    assert soon(lambda: dead_letters(line))
    first, second = handler.asked[1] - handler.asked[0], handler.asked[2] - handler.asked[1]
    assert first >= 0.05
    assert second >= 0.1
    assert len(handler.asked) == 3


def test_a_dead_letter_goes_back_to_the_one_consumer_that_could_not_take_it(line, consume) -> None:
    Publisher(line).publish([happened(1)])
    handler, other = Poisoned(1), Poisoned()
    consume(line, "policy", [SIGNAL], handler)
    consume(line, "mirror", [SIGNAL], other)
    assert soon(lambda: dead_letters(line))
    handler.poison.clear()
    retry(line, dead_letters(line)[0])
    assert soon(lambda: handler.taken == [1])
    assert dead_letters(line) == []
    assert soon(lambda: settled(line, ["policy", "mirror"], lambda: True))
    assert other.taken == [1]


def test_a_letter_that_fails_again_is_buried_again(line, consume) -> None:
    Publisher(line).publish([happened(1)])
    consume(line, "policy", [SIGNAL], Poisoned(1))
    assert soon(lambda: dead_letters(line))
    retry(line, dead_letter(line, 1))
    assert soon(lambda: [letter.number for letter in dead_letters(line)] == [2])
    with pytest.raises(NoSuchLetter, match="trivet events dead list"):
        dead_letter(line, 1)


def test_what_is_no_event_is_buried_and_not_dropped(line, consume) -> None:
    line.call(line.jetstream.publish("signal.candidate.created", b'{"id": 7}'), 5.0)
    Publisher(line).publish([happened(1)])
    handler = Poisoned()
    consume(line, "policy", [SIGNAL], handler)
    assert soon(lambda: dead_letters(line) and handler.taken == [1])
    (letter,) = dead_letters(line)
    assert letter.body == b'{"id": 7}'
    assert letter.reason.startswith("no event of the house: ")


def test_an_outage_is_waited_for_and_blamed_on_no_event(line, consume) -> None:
    calls, taken = list[int](), list[int]()

    def needs_the_database(events: Sequence[Event]) -> None:
        calls.append(len(events))
        if len(calls) < 6:
            raise OperationalError("SELECT 1", {}, Exception("the server closed the connection"))
        taken.extend(numbers(events))

    Publisher(line).publish([happened(1), happened(2)])
    consume(line, "policy", [SIGNAL], needs_the_database)
    assert soon(lambda: taken == [1, 2])
    assert dead_letters(line) == []
    assert soon(lambda: settled(line, ["policy"], lambda: True))
