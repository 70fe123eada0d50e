"""Events: at least once, in order, by runs of one type, and again after a failure."""

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Engine

from adapters.events.bus import Bus
from adapters.events.relay import Relay
from adapters.storage.database import open_store
from policy.contracts import Event
from policy.outbox import append
from policy.store import writing
from tests.adapters.events.telling import DECISION, SIGNAL, happened, left, tell


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_store(str(request.getfixturevalue(f"{request.param}_url")))
    yield opened
    opened.dispose()


def test_runs_of_one_type_are_handed_over_together_and_in_order(store: Engine) -> None:
    bus, runs = Bus(), list[list[str]]()
    for kind in (SIGNAL, DECISION):
        bus.subscribe(kind, lambda events: runs.append([event.subject for event in events]))
    tell(store, happened(1), happened(2), happened(3, DECISION), happened(4))
    assert Relay(store, bus).pump() == 4
    assert runs == [["1", "2"], ["3"], ["4"]]
    assert left(store) == []


def test_event_comes_back_as_it_was(store: Engine) -> None:
    bus, heard = Bus(), list[Event]()
    bus.subscribe(SIGNAL, heard.extend)
    tell(store, happened(1))
    Relay(store, bus).pump()
    assert heard == [happened(1)]


def test_pump_goes_on_until_what_events_cause_is_delivered_too(store: Engine) -> None:
    bus, decided = Bus(), list[str]()

    def decide(events: Sequence[Event]) -> None:
        tell(store, *(happened(event.data["number"], DECISION) for event in events))

    bus.subscribe(SIGNAL, decide)
    bus.subscribe(DECISION, lambda events: decided.extend(event.subject for event in events))
    tell(store, *(happened(number) for number in range(600)))
    assert Relay(store, bus).pump() == 1200
    assert decided == [str(number) for number in range(600)]


def test_same_event_told_twice_is_delivered_once(store: Engine) -> None:
    tell(store, happened(1))
    tell(store, happened(1), happened(2))
    assert left(store) == ["1", "2"]


def test_event_whose_handler_failed_is_delivered_again(store: Engine) -> None:
    bus, heard = Bus(), list[str]()

    def fails_at_first(events: Sequence[Event]) -> None:
        heard.extend(event.subject for event in events)
        if len(heard) < 2:
            raise RuntimeError("not yet")

    bus.subscribe(DECISION, lambda _: None)
    bus.subscribe(SIGNAL, fails_at_first)
    tell(store, happened(1, DECISION), happened(2), happened(3, DECISION))
    relay = Relay(store, bus)
    with pytest.raises(RuntimeError, match="not yet"):
        relay.pump()
    assert left(store) == ["2", "3"]
    relay.pump()
    assert heard == ["2", "2"]
    assert left(store) == []


def test_event_of_a_failed_transaction_never_happened(store: Engine) -> None:
    def fail_late() -> None:
        with writing(store) as connection:
            append(connection, [happened(1)])
            raise RuntimeError("after all")

    with pytest.raises(RuntimeError, match="after all"):
        fail_late()
    assert left(store) == []


def test_background_relay_delivers_soon_after_it_is_woken(store: Engine) -> None:
    bus, heard = Bus(), threading.Event()
    bus.subscribe(SIGNAL, lambda _: heard.set())
    relay = Relay(store, bus)
    relay.start()
    tell(store, happened(1))
    relay.wake()
    assert heard.wait(5)
    relay.stop()
    assert left(store) == []


def test_background_relay_outlives_a_failing_handler_and_says_why(store: Engine) -> None:
    bus, healed = Bus(), threading.Event()

    def stubborn(_: Sequence[Event]) -> None:
        if not healed.is_set():
            raise RuntimeError("stubborn")

    bus.subscribe(SIGNAL, stubborn)
    tell(store, happened(1))
    relay = Relay(store, bus)
    relay.start()
    deadline = time.monotonic() + 5
    while relay.failure is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert relay.failure is not None
    assert "stubborn" in relay.failure
    healed.set()
    while left(store) and time.monotonic() < deadline:
        relay.wake()
        time.sleep(0.01)
    relay.stop()
    assert left(store) == []


def test_two_relays_of_one_postgres_store_do_not_mix_the_order(postgres_url: str) -> None:
    store = open_store(postgres_url)
    bus, heard = Bus(), list[str]()
    other = Relay(store, bus)

    def slow(events: Sequence[Event]) -> None:
        assert other.pump() == 0
        heard.extend(event.subject for event in events)

    bus.subscribe(SIGNAL, slow)
    tell(store, happened(1), happened(2))
    assert Relay(store, bus).pump() == 2
    assert heard == ["1", "2"]
    store.dispose()
