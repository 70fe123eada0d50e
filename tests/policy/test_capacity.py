"""Back-pressure: what is more than a process holds hears 503, and what is slow gives its place away."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.storage.database import Connections, connect, open_store
from policy.api import create_app
from policy.audit.verify import length
from policy.http.capacity import Capacity, CapacityGuard
from policy.http.load import Load
from policy.http.strict_json import WIDEST
from policy.store import reading
from policy.tables import refusals
from tests.policy.parts import House, body, build_house, serving

EVALUATE = "/v1/policy/evaluate"


@contextmanager
def holding(url: str, capacity: Capacity) -> Iterator[tuple[httpx.Client, House]]:
    """A client of a service that holds ``capacity`` at once."""
    store = open_store(url)
    house = build_house(store)
    house.service.start()
    with serving(create_app(house.service, load=Load(capacity))) as client:
        yield client, house
    house.service.stop()
    store.dispose()


@contextmanager
def half_sent(client: httpx.Client, declared: int = 1000) -> Iterator[socket.socket]:
    """A connection over which half of a request has come."""
    head = f"POST {EVALUATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), 10) as half:
        half.sendall(f"{head}Content-Length: {declared}\r\n\r\n{{".encode())
        yield half


def until_overloaded(client: httpx.Client) -> httpx.Response:
    """The first 503; before it, requests find a place as long as the half one has not arrived."""
    for number in range(1, 1000):
        answer = client.post(EVALUATE, json=body(number))
        if answer.status_code != 200:
            return answer
    raise AssertionError("nothing was ever turned away")


def test_one_more_than_there_is_place_for_hears_when_to_come_back(sqlite_url: str) -> None:
    with holding(sqlite_url, Capacity(requests=1)) as (client, _), half_sent(client):
        refused = until_overloaded(client)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert refused.json()["type"].endswith(":overloaded")
        assert client.get("/v1/reviews").status_code == 503
        for path in ("/healthz", "/readyz", "/metrics"):
            assert client.get(path).status_code == 200, path
        assert 'trivet_refusals_total{code="overloaded"}' in client.get("/metrics").text


def test_a_full_process_has_place_for_whoever_stops_the_house(sqlite_url: str) -> None:
    full = Capacity(requests=1, body_bytes=1_000)
    with holding(sqlite_url, full) as (client, _), half_sent(client):
        assert until_overloaded(client).status_code == 503
        assert client.post("/v1/stops/trip", json={"note": "too much"}).status_code == 200


def test_bodies_count_by_their_bytes(sqlite_url: str) -> None:
    with holding(sqlite_url, Capacity(body_bytes=2_000)) as (client, _), half_sent(client, 1_900):
        assert until_overloaded(client).json()["type"].endswith(":overloaded")
        assert client.get("/v1/reviews").status_code == 200


def test_body_that_its_sender_cuts_short_is_no_request_and_not_on_record(sqlite_url: str) -> None:
    with holding(sqlite_url, Capacity(requests=1)) as (client, house):
        with half_sent(client):
            until_overloaded(client)
        while client.get("/v1/reviews").status_code == 503:
            time.sleep(0.01)
        page = client.get("/metrics").text
        assert 'trivet_http_requests_total{method="POST",route="none",status="400"} 1.0' in page
        assert 'trivet_refusals_total{code="malformed-json"}' not in page
        client.post(EVALUATE, json=body(5000))  # the writer keeps what it was given in its order
        with reading(house.service.store) as connection:
            assert connection.scalar(select(func.count()).select_from(refusals)) == 0


def test_body_in_chunks_is_watched_whatever_length_it_declares(sqlite_url: str) -> None:
    capacity = Capacity(requests=1, body_seconds=0.3)
    chunked = f"POST {EVALUATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    chunked += "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{"
    with holding(sqlite_url, capacity) as (client, _):
        port = client.base_url.port or 80
        with socket.create_connection((client.base_url.host, port), 5) as half:
            half.sendall(chunked.encode())
            assert half.recv(4096).startswith(b"HTTP/1.1 408 ")
        assert client.post(EVALUATE, json=body(1)).status_code == 200


def test_body_that_does_not_come_gives_its_place_to_others(sqlite_url: str) -> None:
    capacity = Capacity(requests=1, body_seconds=0.3)
    with holding(sqlite_url, capacity) as (client, _), half_sent(client) as half:
        until_overloaded(client)
        told = b"".join(iter(lambda: half.recv(4096), b""))  # up to the end: the connection is closed
        assert told.startswith(b"HTTP/1.1 408 ")
        assert b"urn:trivet:problem:body-too-slow" in told
        assert client.post(EVALUATE, json=body(5000)).status_code == 200


def test_place_is_free_again_after_every_kind_of_answer(sqlite_url: str) -> None:
    json_type = {"content-type": "application/json"}
    with holding(sqlite_url, Capacity(requests=1)) as (client, _):
        for content in (b"{", b"{}", b"[" * 100, json.dumps(body(1)).encode(), b"x" * 1_100_000):
            for _ in range(2):
                assert client.post(EVALUATE, content=content, headers=json_type).status_code != 503
        assert client.get("/v1/nothing").status_code == 404


def test_object_of_endless_keys_is_not_even_validated(sqlite_url: str) -> None:
    facts = {str(number): 1 for number in range(WIDEST + 1)}
    with holding(sqlite_url, Capacity()) as (client, _):
        answer = client.post(EVALUATE, json=body(facts=facts))
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith(f"more than {WIDEST} keys")


def test_what_waited_too_long_is_not_decided_any_more(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy.writer._LONGEST_WAIT_SECONDS", 0.0)
    with holding(sqlite_url, Capacity()) as (client, house):
        answer = client.post(EVALUATE, json=body())
        assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (503, "overloaded")
        assert length(house.service.store) == 0


def test_writer_that_closes_decides_within_its_grace_and_turns_the_rest_away(sqlite_url: str) -> None:
    with holding(sqlite_url, Capacity()) as (client, house):
        assert client.post(EVALUATE, json=body(1)).status_code == 200
        decide, begun, go_on = house.service.writer._decide, threading.Event(), threading.Event()

        def held_up(proposals):
            begun.set()
            go_on.wait(10)
            return decide(proposals)

        house.service.writer._decide = held_up
        answers: dict[int, int] = {}

        def ask(number: int) -> None:
            answers[number] = client.post(EVALUATE, json=body(number)).status_code

        first, second = (threading.Thread(target=ask, args=(number,)) for number in (2, 3))
        first.start()
        assert begun.wait(10)
        second.start()
        while house.service.writer._waiting.qsize() < 1:
            assert second.is_alive()
        house.service.writer.close(grace_seconds=0.0)
        go_on.set()
        first.join()
        second.join()
        assert answers == {2: 200, 3: 503}  # the first was being decided, the second only waited
        assert client.post(EVALUATE, json=body(4)).json()["type"].endswith(":shutting-down")
        assert length(house.service.store) == 2


def test_request_that_a_stopping_server_gives_up_is_told_so() -> None:
    told = []

    async def stuck(*_):
        await asyncio.sleep(60)

    async def send(message):
        told.append(message)

    async def given_up():
        guard = CapacityGuard(stuck, Capacity(), note=told.append)
        scope = {"type": "http", "path": EVALUATE, "headers": []}
        asking = asyncio.create_task(guard(scope, None, send))
        await asyncio.sleep(0)
        asking.cancel()
        await asking

    asyncio.run(given_up())
    assert told[0]["status"] == 503
    assert b"urn:trivet:problem:shutting-down" in told[1]["body"]


def test_no_more_connections_to_postgres_than_set(postgres_url: str) -> None:
    store = connect(postgres_url, Connections(most=2, wait_seconds=1))
    with reading(store), reading(store), pytest.raises(PoolTimeout, match="limit of size 2"), reading(store):
        pass
    store.dispose()
