"""Several relays of one Postgres store: one at a time, the next at once, the order kept."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from adapters.events.bus import Bus
from adapters.events.ears import CHANNEL
from adapters.events.jetstream.names import FACTS
from adapters.events.jetstream.publisher import Publisher
from adapters.events.lease import LEASE
from adapters.events.relay import Relay
from adapters.storage.database import open_store
from policy.contracts import Event
from policy.store import reading
from tests.adapters.events.telling import DECISION, SIGNAL, happened, left, numbers, soon, tell

SYMBOLS = ("AAPL", "MSFT", "IBM", "FB")


@pytest.fixture
def store(postgres_url: str) -> Iterator[Engine]:
    opened = open_store(postgres_url)
    yield opened
    opened.dispose()


def lose_the_lock(store: Engine) -> None:
    """What a cut line does to the relay that has the right."""
    with reading(store) as connection:
        query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"
        assert connection.execute(text(query), {"key": LEASE}).scalars().all() == [True]


@contextmanager
def relaying(*relays: Relay) -> Iterator[None]:
    for relay in relays:
        relay.start()
    yield
    for relay in relays:
        relay.stop()


def test_two_relays_fight_one_is_killed_and_the_order_per_symbol_is_kept(store, postgres_url, line, nats_url):
    command = [sys.executable, "-m", "tests.adapters.events.relaying", postgres_url, nats_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "active\n"
        second = Relay(store, Publisher(line))
        with relaying(second):
            telling = threading.Thread(target=tell_many, args=(store, 40, 10))
            telling.start()
            assert soon(lambda: count_of(line) > 100, 30)
            assert not second.active
            first.kill()
            telling.join()
            assert soon(lambda: not left(store), 30)
    events = published(line)
    assert len(events) == 400
    by_symbol = defaultdict(list)
    for event in events:
        by_symbol[event["data"]["symbol"]].append(event["data"]["number"])
    assert {symbol: sorted(told) for symbol, told in by_symbol.items()} == by_symbol


def tell_many(store: Engine, transactions: int, each: int) -> None:
    for start in range(0, transactions * each, each):
        tell(
            store, *(happened(one, symbol=SYMBOLS[one % len(SYMBOLS)]) for one in range(start, start + each))
        )


def count_of(line) -> int:
    return line.call(line.jetstream.stream_info(FACTS), 5.0).state.messages


def published(line) -> list[dict]:
    async def read_all():
        last = (await line.jetstream.stream_info(FACTS)).state.last_seq
        asked = [line.jetstream.get_msg(FACTS, number) for number in range(1, last + 1)]
        found = await asyncio.gather(*asked)
        return [json.loads(one.data) for one in found]

    return line.call(read_all(), 20.0)


def test_a_relay_that_wakes_up_late_cannot_publish_out_of_order(store, line) -> None:
    """It had read events and hung; meanwhile another published them and what came after."""
    late, publisher = [happened(1), happened(2)], Publisher(line)
    tell(store, *late, happened(3))
    Relay(store, publisher).pump()
    publisher.publish(late)
    assert [event["subject"] for event in published(line)] == ["1", "2", "3"]


def test_a_relay_that_lost_its_connection_reads_nothing_more(store) -> None:
    bus, heard = Bus(), list[int]()

    def cut_off(events: Sequence[Event]) -> None:
        heard.extend(numbers(events))
        if len(heard) == 1:
            lose_the_lock(store)

    bus.subscribe(SIGNAL, cut_off)
    tell(store, happened(1))
    relay, other = Relay(store, bus), Relay(store, bus)
    with pytest.raises(OperationalError):
        relay.pump()
    tell(store, happened(2))
    assert other.pump() == 2
    assert heard == [1, 1, 2]
    assert relay.pump() == 0


def test_whoever_fails_leaves_the_right_to_whom_it_works_for(store) -> None:
    broken, working, heard = Bus(), Bus(), list[int]()

    def fail(_: Sequence[Event]) -> None:
        raise ConnectionError("no way to NATS")

    broken.subscribe(SIGNAL, fail)
    working.subscribe(SIGNAL, lambda events: heard.extend(numbers(events)))
    first, second = Relay(store, broken), Relay(store, working)
    with relaying(first):
        assert soon(lambda: first.active)
        with relaying(second):
            tell(store, happened(1))
            assert soon(lambda: heard == [1])
            assert soon(lambda: second.active)


def test_the_right_is_kept_while_running_and_left_at_the_end(store) -> None:
    first, second = Relay(store, Bus()), Relay(store, Bus())
    with relaying(second):
        with relaying(first):
            assert soon(lambda: first.active or second.active)
            kept, waiting = (first, second) if first.active else (second, first)
            time.sleep(0.7)
            assert kept.active
            assert not waiting.active
        assert soon(lambda: second.active, 3)


def test_a_sleeping_relay_is_woken_by_whoever_commits(store, postgres_url) -> None:
    bus, heard, waits = Bus(), threading.Event(), list[float]()
    bus.subscribe(DECISION, lambda _: heard.set())
    relay, elsewhere = Relay(store, bus), open_store(postgres_url)
    with relaying(relay):
        for number in range(3):
            assert soon(lambda: relay._dozing)
            time.sleep(0.05)
            heard.clear()
            tell(elsewhere, happened(number, DECISION))
            told = time.monotonic()
            assert heard.wait(5)
            waits.append(time.monotonic() - told)
    elsewhere.dispose()
    assert min(waits) < 0.2, "it looks by itself every half second only"


def test_nobody_is_rung_for_while_no_relay_sleeps(store, postgres_url) -> None:
    """A transaction that notifies commits alone; a house without a relay must not pay for that."""
    with psycopg.connect(postgres_url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}".encode())
        tell(store, happened(1))
        assert list(listener.notifies(timeout=0.2)) == []
        relay = Relay(store, Bus())
        with relaying(relay):
            assert soon(lambda: relay._dozing)
            tell(store, happened(2))
            assert len(list(listener.notifies(timeout=2, stop_after=1))) == 1


def test_a_relay_does_not_fall_asleep_beside_a_row_that_is_not_committed_yet(store) -> None:
    relay = Relay(store, Bus())
    with store.connect() as writer, writer.begin():
        from policy.outbox import append

        append(writer, [happened(1)])
        with relaying(relay):
            assert soon(lambda: relay.active)
            time.sleep(0.2)
            assert not relay._dozing
            writer.commit()
            assert soon(lambda: not left(store), 0.45)
            assert soon(lambda: relay._dozing)
