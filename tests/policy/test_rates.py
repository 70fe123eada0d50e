"""Request rates: who is counted as one, what the refused one hears, and what holds without Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
import redis
from pydantic import SecretStr
from structlog.testing import capture_logs

from adapters.rates import RatesInProcess, SharedRates, rates_of
from adapters.settings import Settings
from adapters.storage.database import open_store
from policy.access.callers import LOCAL, SCOPE, Caller, Role
from policy.api import create_app
from policy.http.load import Load
from policy.http.rates import Rates, client_of
from tests.policy.parts import body, build_house, serving

EVALUATE = "/v1/policy/evaluate"
THREE = "3/minute"


@pytest.fixture
def paced(sqlite_url: str) -> Iterator[httpx.Client]:
    """A client of a service that takes three requests a minute of each client."""
    store = open_store(sqlite_url)
    service = build_house(store).service
    service.start()
    with serving(create_app(service, load=Load(rates=rates_of(THREE, None)))) as client:
        yield client
    service.stop()
    store.dispose()


def shared(url: str) -> SharedRates:
    rates = rates_of(THREE, SecretStr(url))
    assert isinstance(rates, SharedRates)
    return rates


async def taken(rates: Rates, client: str, times: int) -> list[bool]:
    """Which of ``times`` requests were within the rate."""
    return [await rates.take(client) is None for _ in range(times)]


def test_fourth_request_of_a_client_hears_when_to_come_back(paced: httpx.Client) -> None:
    assert [paced.post(EVALUATE, json=body(number)).status_code for number in range(3)] == [200] * 3
    refused = paced.post(EVALUATE, json=body(4))
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith(":too-many-requests")
    wait = int(refused.headers["retry-after"])
    assert 50 < wait <= 60
    assert refused.headers["ratelimit-policy"] == '"client";q=3;w=60'
    assert refused.headers["ratelimit"] == f'"client";r=0;t={wait}'
    assert paced.get("/healthz").status_code == paced.get("/metrics").status_code == 200
    assert 'trivet_refusals_total{code="too-many-requests"} 1.0' in paced.get("/metrics").text


def test_a_client_over_its_rate_can_stop_the_house(paced: httpx.Client) -> None:
    while paced.get("/v1/stops").status_code == 200:
        pass
    assert paced.get("/v1/stops").status_code == 429
    assert paced.post("/v1/stops/trip", json={"note": "it sends too much"}).status_code == 200


def test_header_that_claims_another_address_is_not_believed(paced: httpx.Client) -> None:
    claimed = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in range(4)]
    statuses = [paced.get("/v1/reviews", headers=one).status_code for one in claimed]
    assert statuses == [200, 200, 200, 429]


def test_clients_are_their_credentials_and_without_one_their_addresses() -> None:
    known = Caller("desk", frozenset({Role.STRATEGY}), "key:abc")
    assert client_of({SCOPE: known, "client": ("10.0.0.1", 1)}) == "key:abc"
    assert client_of({SCOPE: LOCAL, "client": ("10.0.0.1", 1)}) == "address:10.0.0.1"
    assert client_of({"client": ("2001:db8::1", 1)}) == client_of({"client": ("2001:db8::2", 1)})
    assert client_of({"client": ("2001:db8:0:1::1", 1)}) != client_of({"client": ("2001:db8::1", 1)})


def test_one_client_does_not_use_up_the_rate_of_another() -> None:
    rates = rates_of(THREE, None)
    assert rates is not None
    assert asyncio.run(taken(rates, "a", 4)) == [True, True, True, False]
    assert asyncio.run(taken(rates, "b", 3)) == [True] * 3


def test_clients_that_come_and_go_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.rates._MOST_CLIENTS", 10)
    rates = rates_of(THREE, None)
    assert isinstance(rates, RatesInProcess)
    for number in range(100):
        asyncio.run(taken(rates, f"client {number}", 1))
    assert len(rates._left._left) == len(rates._window.storage.events) == 10


def test_rate_is_one_for_all_processes_that_share_redis(redis_url: str) -> None:
    assert asyncio.run(_of_two(redis_url, _both)) == [3, 1]


async def _both(one: Rates, other: Rates) -> list[int]:
    turns = [[await rates.take("a") is None for rates in (one, other)] for _ in range(3)]
    return [sum(map(sum, turns)), sum(turns[1])]


async def _of_two(url: str, ask: Callable[[Rates, Rates], Awaitable[list[int]]]) -> list[int]:
    one, other = shared(url), shared(url)
    try:
        return await ask(one, other)
    finally:
        await one.close()
        await other.close()


def test_larger_rates_are_taken_from_redis_in_portions(redis_url: str) -> None:
    async def asked() -> tuple[int, int]:
        rates = rates_of("1000/minute", SecretStr(redis_url))
        assert isinstance(rates, SharedRates)
        with redis.Redis.from_url(redis_url) as server:
            before = server.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
            within = sum(await taken(rates, "a", 1_100))
            calls = server.info("commandstats")["cmdstat_evalsha"]["calls"] - before
        await rates.close()
        return within, calls

    within, calls = asyncio.run(asked())
    assert within == 1_000
    assert calls <= 100 + 2 * 100  # a portion is ten; each refusal asks for one and for the wait


def test_without_redis_the_process_counts_alone_and_not_never() -> None:
    rates = shared("redis://127.0.0.1:1/0")
    with capture_logs() as logged:
        assert asyncio.run(taken(rates, "a", 5)) == [True, True, True, False, False]
    assert [line["log_level"] for line in logged] == ["warning"]


@pytest.mark.parametrize("text", ["", "5", "0/second", "5/fortnight", "5000000000/second", "never"])
def test_settings_take_no_rate_that_cannot_be_meant(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_RATE_LIMIT", text)
    with pytest.raises(ValueError, match="rate_limit"):
        Settings()


def test_rate_may_be_off() -> None:
    assert rates_of("off", None) is None
    assert isinstance(rates_of(Settings().rate_limit, None), RatesInProcess)
