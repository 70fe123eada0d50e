"""What every bus promises, held against the one inside a process and the one between processes."""

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, insert, select

from adapters.clock import SystemClock
from adapters.events.bus import Bus, Handler
from adapters.events.inbox import Once
from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.consumer import Consumer
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.streams import ensure_streams
from adapters.events.relay import Relay
from adapters.storage.database import open_store
from policy.contracts import Event, EventType
from policy.store import reading
from tests.adapters.events.telling import AT, DECISION, QUICK, SIGNAL, happened, left, numbers, soon, tell

work_done = Table("work_done", MetaData(), Column("number", Integer))


class InProcess:
    """Events as ``trivet run`` carries them."""

    def __init__(self, store: Engine) -> None:
        self._bus = Bus()
        self._relay = Relay(store, self._bus)

    def listen(self, kind: EventType, handler: Handler) -> None:
        self._bus.subscribe(kind, handler)

    def begin(self) -> None:
        self._relay.start()

    def end(self) -> None:
        self._relay.stop()


class OverNats:
    """Events as the services apart carry them."""

    def __init__(self, store: Engine, url: str) -> None:
        self._line = NatsLine(url, "promises")
        self._line.start()
        ensure_streams(self._line)
        self._relay = Relay(store, Publisher(self._line))
        self._consumers: list[Consumer] = []

    def listen(self, kind: EventType, handler: Handler) -> None:
        durable = f"listener{len(self._consumers)}"
        self._consumers.append(Consumer(self._line, durable, [kind], handler, patience=QUICK))

    def begin(self) -> None:
        for consumer in self._consumers:
            consumer.start()
        self._relay.start()

    def end(self) -> None:
        self._relay.stop()
        for consumer in self._consumers:
            consumer.stop()
        self._line.stop()


@pytest.fixture
def store(request: pytest.FixtureRequest, way: str) -> Iterator[Engine]:
    """Each bus on the store it runs on in earnest."""
    opened = open_store(str(request.getfixturevalue("sqlite_url" if way == "process" else "postgres_url")))
    yield opened
    opened.dispose()


@pytest.fixture(params=["process", "nats"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bus(request: pytest.FixtureRequest, way: str, store: Engine) -> Iterator[InProcess | OverNats]:
    opened = InProcess(store) if way == "process" else OverNats(store, request.getfixturevalue("nats_url"))
    yield opened
    opened.end()


def test_events_of_a_type_reach_its_handler_in_the_order_they_were_told(bus, store) -> None:
    heard = list[int]()
    bus.listen(SIGNAL, lambda events: heard.extend(numbers(events)))
    bus.begin()
    tell(store, *(happened(number) for number in range(300)))
    tell(store, *(happened(number) for number in range(300, 305)))
    assert soon(lambda: len(heard) >= 305)
    assert heard == list(range(305))
    assert soon(lambda: left(store) == [])


def test_a_handler_hears_of_its_own_type_alone(bus, store) -> None:
    signals, decisions = list[Event](), list[Event]()
    bus.listen(SIGNAL, signals.extend)
    bus.listen(DECISION, decisions.extend)
    bus.begin()
    tell(store, happened(1, DECISION), happened(2), happened(3, DECISION))
    assert soon(lambda: len(signals) + len(decisions) == 3)
    assert numbers(signals) == [2]
    assert numbers(decisions) == [1, 3]


def test_an_event_arrives_as_it_was_told(bus, store) -> None:
    told = Event(
        id=happened(1).id,
        type=SIGNAL,
        source="/test",
        subject="ünïcode · \u2028 · €",
        time=AT.replace(microsecond=123456),
        data={"price": "187.350", "part": 0.1, "whole": 1.0, "count": 3, "none": None, "list": [{"a": True}]},
    )
    heard = list[Event]()
    bus.listen(SIGNAL, heard.extend)
    bus.begin()
    tell(store, told)
    assert soon(lambda: heard)
    assert heard == [told]
    assert repr(heard[0].data) == repr({name: told.data[name] for name in sorted(told.data)})


def test_what_a_handler_tells_is_delivered_too(bus, store) -> None:
    decided = list[int]()
    bus.listen(
        SIGNAL, lambda events: tell(store, *(happened(number, DECISION) for number in numbers(events)))
    )
    bus.listen(DECISION, lambda events: decided.extend(numbers(events)))
    bus.begin()
    tell(store, *(happened(number) for number in range(50)))
    assert soon(lambda: len(decided) == 50)
    assert decided == list(range(50))


def test_an_event_whose_handler_failed_comes_again(bus, store) -> None:
    heard = list[int]()

    def fails_at_first(events: Sequence[Event]) -> None:
        heard.extend(numbers(events))
        if len(heard) < 2:
            raise RuntimeError("not yet")

    bus.listen(SIGNAL, fails_at_first)
    bus.begin()
    tell(store, happened(1))
    assert soon(lambda: heard == [1, 1])
    assert soon(lambda: left(store) == [])


def test_an_event_that_comes_twice_is_handled_once(bus, store) -> None:
    work_done.create(store)
    came = list[int]()

    def work(connection: Connection, events: Sequence[Event]) -> None:
        connection.execute(insert(work_done), [{"number": number} for number in numbers(events)])

    once = Once(store, "worker", SystemClock(), work)

    def dies_after_its_commit(events: Sequence[Event]) -> None:
        once(events)
        came.extend(numbers(events))
        if len(came) == 1:
            raise RuntimeError("committed, and never answered for")

    bus.listen(SIGNAL, dies_after_its_commit)
    bus.begin()
    tell(store, happened(1))
    assert soon(lambda: came == [1, 1])
    with reading(store) as connection:
        assert connection.execute(select(work_done.c.number)).scalars().all() == [1]


def test_work_that_failed_is_not_noted_as_handled(store) -> None:
    work_done.create(store)

    def half(connection: Connection, events: Sequence[Event]) -> None:
        connection.execute(insert(work_done), [{"number": number} for number in numbers(events)])
        if fail:
            raise RuntimeError("half-way")

    once, fail = Once(store, "worker", SystemClock(), half), True
    with pytest.raises(RuntimeError, match="half-way"):
        once([happened(1)])
    fail = False
    once([happened(1), happened(2)])
    once([happened(2)])
    with reading(store) as connection:
        assert connection.execute(select(work_done.c.number)).scalars().all() == [1, 2]
