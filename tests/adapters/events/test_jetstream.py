"""JetStream as the house uses it: order, failures one by one, dead letters, questions, stillness."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span, use_span
from sqlalchemy.exc import OperationalError

from adapters.events.jetstream.connection import NatsAway, NatsLine
from adapters.events.jetstream.consumer import Patience
from adapters.events.jetstream.dead import NoSuchLetter, dead_letter, dead_letters, retry
from adapters.events.jetstream.names import FACT_KINDS, FACTS, MARKET, MARKET_KINDS
from adapters.events.jetstream.publisher import CONTENT_TYPE, Publisher
from adapters.events.jetstream.questions import NoAnswer
from adapters.events.jetstream.settled import settled, wait_until_settled
from adapters.events.jetstream.streams import ensure_streams, remove_streams, stream_configs
from policy.contracts import Event, EventType
from tests.adapters.events.telling import DECISION, FILLED, SIGNAL, happened, numbers, soon
from tests.servers import Server, free_port

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736


@contextmanager
def inside_a_span() -> Iterator[None]:
    """As if a request were traced."""
    told = SpanContext(TRACE, 0x00F067AA0BA902B7, is_remote=False, trace_flags=TraceFlags(1))
    with use_span(NonRecordingSpan(told)):
        yield


def carried() -> int:
    """The trace that is gone on with here; 0 for none."""
    return get_current_span().get_span_context().trace_id


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


def facts_of(line: NatsLine) -> list[tuple[str, dict, bytes]]:
    """Everything in the stream of facts, the oldest first: subject, headers, body."""

    async def read_all():
        last = (await line.jetstream.stream_info(FACTS)).state.last_seq
        found = [await line.jetstream.get_msg(FACTS, number) for number in range(1, last + 1)]
        return [(one.subject, one.headers, one.data) for one in found]

    return line.call(read_all(), 10.0)


def test_streams_are_as_described_however_often_they_are_made(line) -> None:
    ensure_streams(line)
    for wanted in stream_configs():
        found = line.call(line.jetstream.stream_info(wanted.name), 5.0).config
        assert found.subjects == wanted.subjects
        assert (found.retention, found.storage) == (RetentionPolicy.LIMITS, StorageType.FILE)
        assert (found.max_age, found.duplicate_window) == (wanted.max_age, wanted.duplicate_window)
        assert found.discard == (DiscardPolicy.OLD if wanted.name == MARKET else DiscardPolicy.NEW)


def test_every_type_of_event_has_a_stream() -> None:
    assert set(FACT_KINDS) | set(MARKET_KINDS) == set(EventType)


def test_a_stream_with_older_settings_is_brought_up_to_date_and_keeps_its_events(line) -> None:
    Publisher(line).publish([happened(1)])
    config = stream_configs()[0]
    line.call(line.jetstream.update_stream(config.evolve(max_age=60.0, duplicate_window=30.0)), 5.0)
    ensure_streams(line)
    found = line.call(line.jetstream.stream_info(config.name), 5.0)
    assert found.config.max_age == config.max_age
    assert found.state.messages == 1


def test_an_event_travels_as_a_cloudevent_under_its_type(line) -> None:
    Publisher(line).publish([happened(1)])
    ((subject, headers, body),) = facts_of(line)
    assert subject == "signal.candidate.created"
    assert headers["Nats-Msg-Id"] == str(happened(1).id)
    assert headers["Content-Type"] == CONTENT_TYPE
    assert json.loads(body) == happened(1).model_dump(mode="json")
    assert {"specversion", "id", "source", "type", "time"} <= json.loads(body).keys()


def test_what_is_published_twice_is_kept_once_in_its_first_place(line) -> None:
    publisher = Publisher(line)
    publisher.publish([happened(1), happened(2)])
    publisher.publish([happened(1), happened(2), happened(3)])
    assert [json.loads(body)["subject"] for _, _, body in facts_of(line)] == ["1", "2", "3"]


def test_nothing_overtakes_an_event_that_did_not_arrive(line, monkeypatch) -> None:
    """The second message of a batch is lost on its way: those behind it wait for its repetition."""
    send, lost = line.client.publish, list[str]()

    async def lossy(subject, payload=b"", reply="", headers=None):
        if not lost and headers and headers["Nats-Msg-Id"] == str(happened(2).id):
            lost.append(subject)
            return
        await send(subject, payload, reply, headers)

    monkeypatch.setattr(line.client, "publish", lossy)
    monkeypatch.setattr("adapters.events.jetstream.publisher._CONFIRM_SECONDS", 0.3)
    Publisher(line).publish([happened(number) for number in range(1, 6)])
    assert lost
    assert [json.loads(body)["subject"] for _, _, body in facts_of(line)] == ["1", "2", "3", "4", "5"]


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


def test_a_trace_is_carried_to_the_handler(line, consume) -> None:
    heard = list[int]()
    consume(line, "policy", [SIGNAL], lambda _: heard.append(carried()))
    with inside_a_span():
        Publisher(line).publish([happened(1)])
    assert soon(lambda: heard == [TRACE])
    Publisher(line).publish([happened(2)])
    assert soon(lambda: heard == [TRACE, 0]), "a trace ends with its event"


def test_a_question_is_answered_with_its_trace(line) -> None:
    line.respond("portfolio.equity", lambda asked: {"of": asked["symbol"], "trace": hex(carried())})
    with inside_a_span():
        answer = line.request("portfolio.equity", {"symbol": "AAPL"})
    assert answer == {"of": "AAPL", "trace": hex(TRACE)}


def test_no_answer_is_never_a_guess(line) -> None:
    def fail(asked):
        raise KeyError("no book")

    line.respond("broken", fail)
    line.respond("slow", lambda _: time.sleep(0.5) or {})
    with pytest.raises(NoAnswer, match="nobody listens on nowhere"):
        line.request("nowhere", {})
    with pytest.raises(NoAnswer, match="KeyError: 'no book'"):
        line.request("broken", {})
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.1 s"):
        line.request("slow", {}, timeout=0.1)


def test_a_slow_answer_does_not_hold_up_the_next(line) -> None:
    released = threading.Event()
    line.respond("ask", lambda asked: {"waited": released.wait(5)} if asked["wait"] else {"waited": False})
    slow = threading.Thread(target=lambda: line.request("ask", {"wait": True}, timeout=5))
    slow.start()
    assert line.request("ask", {"wait": False}) == {"waited": False}
    released.set()
    slow.join()


def test_a_server_that_is_not_there_is_named_without_its_secrets() -> None:
    port = free_port()
    line = NatsLine(f"nats://trivet:hunter2@127.0.0.1:{port}", "test", connect_seconds=0.5)
    with pytest.raises(NatsAway, match=f"127.0.0.1:{port} did not answer within 0.5 s; start it") as refused:
        line.start()
    assert "hunter2" not in str(refused.value)
