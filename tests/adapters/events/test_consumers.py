"""Durable consumers: order, sharing, restarts, a clean stop, and when everything is settled."""

import threading
import time
from collections.abc import Sequence

import pytest
from nats.errors import Error as NatsError

from adapters.events.jetstream.connection import NatsAway, NatsLine
from adapters.events.jetstream.consumer import Patience
from adapters.events.jetstream.names import FACTS
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.pull import Pull, consumer_config
from adapters.events.jetstream.settled import settled, wait_until_settled
from adapters.events.jetstream.streams import ensure_streams, remove_streams
from policy.contracts import Event, EventType
from tests.adapters.events.telling import DECISION, FILLED, SIGNAL, happened, numbers, soon
from tests.servers import Server


def test_an_ordered_consumer_lets_nothing_newer_pass_what_failed(line, consume) -> None:
    heard, failed = list[int](), list[int]()

    def stumbles(events: Sequence[Event]) -> None:
        if numbers(events) == [2] and len(failed) < 2:
            failed.append(2)
            raise ValueError("not yet")
        heard.extend(numbers(events))

    Publisher(line).publish([happened(number, DECISION) for number in range(5)])
    for _ in range(2):
        consume(line, "execution", [DECISION], stumbles, ordered=True)
    assert soon(lambda: len(heard) == 5)
    assert heard == [0, 1, 2, 3, 4]
    assert failed == [2, 2]


def test_members_of_one_durable_share_its_events(line, consume) -> None:
    taken: dict[str, list[int]] = {"one": [], "two": []}
    both = threading.Barrier(2, timeout=10)

    def member(name: str):
        def handle(events: Sequence[Event]) -> None:
            if not taken[name]:
                both.wait()
            taken[name] += numbers(events)

        return handle

    for name in taken:
        consume(line, "policy", [SIGNAL], member(name), batch=4)
    Publisher(line).publish([happened(number) for number in range(64)])
    assert soon(lambda: sum(map(len, taken.values())) == 64)
    assert sorted(taken["one"] + taken["two"]) == list(range(64))


def test_a_long_handler_keeps_its_event_to_itself(line, consume) -> None:
    taken = list[int]()

    def slow(events: Sequence[Event]) -> None:
        time.sleep(1.5)  # longer than the second after which the event would come back
        taken.extend(numbers(events))

    consume(line, "policy", [SIGNAL], slow)
    consume(line, "policy", [SIGNAL], slow)
    Publisher(line).publish([happened(1)])
    assert soon(lambda: settled(line, ["policy"], lambda: True))
    assert taken == [1]


def test_a_consumer_that_stops_finishes_what_it_has_begun_and_gives_back_the_rest(line, consume) -> None:
    begun, going_on, taken, others = threading.Event(), threading.Event(), list[int](), list[int]()

    def slow(events: Sequence[Event]) -> None:
        begun.set()
        going_on.wait(10)
        taken.extend(numbers(events))

    first = consume(line, "policy", [SIGNAL], slow, batch=2, patience=Patience(ack_wait=60))
    Publisher(line).publish([happened(number) for number in range(6)])
    assert begun.wait(10)
    stopping = threading.Thread(target=first.stop)
    stopping.start()
    consume(line, "policy", [SIGNAL], lambda events: others.extend(numbers(events)))
    assert soon(lambda: len(others) >= 4)
    going_on.set()
    stopping.join()
    assert soon(lambda: settled(line, ["policy"], lambda: True))
    assert sorted(taken + others) == list(range(6))


def test_events_that_could_not_be_acknowledged_come_back(line, consume, monkeypatch) -> None:
    heard, refused = list[int](), list[int]()
    consumer = consume(line, "policy", [SIGNAL], lambda events: heard.extend(numbers(events)))
    acknowledge = consumer._pull.done

    async def fails_once(messages) -> None:
        if not refused:
            refused.append(len(messages))
            raise NatsError("the line was cut")
        await acknowledge(messages)

    monkeypatch.setattr(consumer._pull, "done", fails_once)
    Publisher(line).publish([happened(1)])
    assert soon(lambda: heard == [1, 1])
    assert soon(lambda: settled(line, ["policy"], lambda: True))


def test_what_was_taken_by_somebody_who_no_longer_waits_comes_back(line) -> None:
    pull = Pull(line, FACTS, consumer_config("policy", [SIGNAL.value], 8, ack_wait=60), 4)
    line.call(pull.open(), 5)
    Publisher(line).publish([happened(1)])
    assert line.call(pull.take(5), 10)  # and what this gives is lost: its caller's time was up
    [again] = line.call(pull.take(5), 10)
    assert again.metadata.num_delivered == 2
    line.call(pull.done([again]), 5)
    assert settled(line, ["policy"], lambda: True)
    line.call(pull.end(), 5)
    line.call(pull.close(), 5)


def test_a_consumer_asks_for_one_stream() -> None:
    from adapters.events.jetstream.consumer import Consumer

    line = NatsLine("nats://127.0.0.1:1", "never started")
    with pytest.raises(ValueError, match="make it one each"):
        Consumer(line, "both", [SIGNAL, EventType.QUOTE_UPDATED], print)
    line.stop()


def test_events_survive_a_restart_of_nats_in_mid_stream(own_nats: Server, consume) -> None:
    with NatsLine(own_nats.url, "survivor") as line:
        ensure_streams(line)
        publisher, heard = Publisher(line), list[int]()
        consume(line, "policy", [SIGNAL], lambda events: heard.extend(numbers(events)))
        for number in range(0, 400, 20):
            batch = [happened(one) for one in range(number, number + 20)]
            if number == 100:
                own_nats.kill()
                with pytest.raises(NatsAway):
                    publisher.publish(batch)
                own_nats.start()
            assert soon(lambda now=batch: _published(publisher, now))
        assert soon(lambda: set(heard) == set(range(400)))
        assert sorted(set(heard), key=heard.index) == list(range(400))
        assert soon(lambda: settled(line, ["policy"], lambda: True))


def _published(publisher: Publisher, batch: Sequence[Event]) -> bool:
    try:
        publisher.publish(batch)
    except NatsAway:
        return False
    return True


def test_consumers_that_were_forgotten_are_made_again(line, consume) -> None:
    heard = list[int]()
    consume(line, "policy", [SIGNAL], lambda events: heard.extend(numbers(events)))
    remove_streams(line)
    ensure_streams(line)
    Publisher(line).publish([happened(1)])
    assert soon(lambda: heard == [1])


def test_nothing_is_settled_before_it_is_handled_acknowledged_and_followed_up(line, consume) -> None:
    holding, told = threading.Event(), list[Event]()

    def follow_up(events: Sequence[Event]) -> None:
        holding.wait(10)
        told.extend(events)

    Publisher(line).publish([happened(1, FILLED)])
    assert not settled(line, ["portfolio"], lambda: True), "a consumer that is not there has handled nothing"
    consume(line, "portfolio", [FILLED], follow_up)
    assert not wait_until_settled(line, ["portfolio"], lambda: True, 0.2)
    holding.set()
    assert wait_until_settled(line, ["portfolio"], lambda: True, 5.0)
    assert not settled(line, ["portfolio"], lambda: False), "the outbox still holds something"

    def tells_while_it_is_asked() -> bool:
        Publisher(line).publish([happened(2, FILLED)])
        return True

    assert not settled(line, ["portfolio"], tells_while_it_is_asked)
