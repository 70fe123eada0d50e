"""``POST /v1/orders`` and its Idempotency-Key over HTTP: one key, one order, one answer."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.adapters.execution.conftest import Serve
from tests.adapters.execution.parts import TradingHouse, order_body

SHAPE = [
    *("order_id", "signal_id", "symbol"),
    *("side", "qty", "order_type", "limit_price"),
    *("state", "state_detail", "cum_qty", "leaves_qty", "avg_price"),
    *("client_order_id", "external_order_id", "reasons", "origin", "purpose"),
    *("decision_id", "overfill_qty", "anomalies", "created_at", "updated_at"),
]


@pytest.fixture
def api(either_house: TradingHouse, serve: Serve) -> Iterator[httpx.Client]:
    """A client of the house on each database, with signal 1 approved."""
    either_house.decide()
    return serve(either_house)


def post(api: httpx.Client, body: Any = None, key: str | None = "k", **changes: Any) -> httpx.Response:
    """The order of ``body``, which may be text, posted under ``key``; None sends no such header."""
    content = body if isinstance(body, str) else json.dumps(body or order_body(**changes))
    headers = {"content-type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
    return api.post("/v1/orders", content=content, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:trivet:problem:")


def test_a_new_key_makes_the_order_that_was_asked_for(either_house: TradingHouse, api: httpx.Client) -> None:
    answer = post(api)
    order = answer.json()
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    assert list(order) == SHAPE
    told = {name: order[name] for name in ("symbol", "side", "qty", "order_type", "limit_price", "signal_id")}
    assert told == order_body() | {"qty": "10", "limit_price": None}
    progress = {name: order[name] for name in ("state", "state_detail", "cum_qty", "leaves_qty", "avg_price")}
    assert progress == {
        "state": "NEW",
        "state_detail": "SUBMITTED",
        "cum_qty": "0",
        "leaves_qty": "10",
        "avg_price": None,
    }
    assert either_house.broker.inner.submissions(UUID(order["client_order_id"])) == 1


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        (None, "idempotency-key-missing"),
        ("", "idempotency-key-invalid"),
        ("k" * 129, "idempotency-key-invalid"),
        ("tab\there", "idempotency-key-invalid"),
    ],
)
def test_an_order_without_a_usable_key_is_a_bad_request(
    house: TradingHouse, serve: Serve, key: str | None, slug: str
) -> None:
    client = serve(house)
    assert problem(post(client, key=key)) == (400, slug)
    assert problem(post(client, key=key, qty="nonsense")) == (400, slug)
    assert client.get("/v1/orders").json()["items"] == []


def test_a_key_of_a_letter_beyond_ascii_is_a_bad_request(house: TradingHouse, serve: Serve) -> None:
    headers = {b"content-type": b"application/json", b"idempotency-key": "schlüssel".encode()}
    answer = serve(house).post("/v1/orders", content=json.dumps(order_body()), headers=headers)
    assert problem(answer) == (400, "idempotency-key-invalid")


@pytest.mark.parametrize("key", ["k", "k" * 128, 'a key, with ~ all {kinds} of "signs"!'])
def test_1_to_128_printable_characters_are_a_key(house: TradingHouse, serve: Serve, key: str) -> None:
    house.decide()
    assert post(serve(house), key=key).status_code == 201


def test_the_same_again_gets_the_first_answer_to_the_byte(
    either_house: TradingHouse, api: httpx.Client
) -> None:
    first = post(api)
    either_house.step()
    assert either_house.state(UUID(first.json()["order_id"])) == "FILLED"
    turned = json.dumps(dict(reversed(order_body().items())), indent=3)
    written = (json.dumps(order_body(qty=10.0)), json.dumps(order_body(qty="10")), turned)
    exponent = json.dumps(order_body()).replace('"qty": 10', '"qty": 1e1')
    for body in (json.dumps(order_body()), *written, exponent):
        again = post(api, body)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert either_house.broker.inner.submissions(UUID(first.json()["client_order_id"])) == 1


@pytest.mark.parametrize("changes", [{"qty": 11}, {"side": "SELL"}, {"limit_price": "100.00"}, {"number": 2}])
def test_another_order_under_a_used_key_is_refused(
    house: TradingHouse, serve: Serve, changes: dict[str, Any]
) -> None:
    house.decide()
    client = serve(house)
    first = post(client)
    assert problem(post(client, **changes)) == (409, "idempotency-key-reused")
    assert post(client).content == first.content
    assert len(client.get("/v1/orders").json()["items"]) == 1


def test_what_cannot_be_read_does_not_use_the_key_up(api: httpx.Client) -> None:
    assert problem(post(api, qty="ten")) == (422, "invalid-request")
    answer = post(api)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_a_denial_is_a_result_and_is_given_again(either_house: TradingHouse, api: httpx.Client) -> None:
    first = post(api, number=2)
    assert (first.status_code, first.json()["state"], first.json()["state_detail"]) == (
        201,
        "REJECTED",
        "DENIED",
    )
    assert [reason["code"] for reason in first.json()["reasons"]] == ["no-approved-decision"]
    either_house.decide(2)
    again = post(api, number=2)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_while_the_first_is_at_work_the_second_waits_and_is_then_told_to_come_back(
    either_house: TradingHouse, api: httpx.Client
) -> None:
    with either_house.parts.line:
        waiting = post(api)
    assert problem(waiting) == (409, "idempotency-in-progress")
    assert waiting.headers["Retry-After"] == "1"
    assert waiting.elapsed.total_seconds() >= 2
    finished = post(api)
    assert (finished.status_code, finished.json()["state_detail"]) == (201, "SUBMITTED")
    assert either_house.broker.inner.submissions(UUID(finished.json()["client_order_id"])) == 1


def test_who_waits_less_than_two_seconds_gets_the_answer(house: TradingHouse, serve: Serve) -> None:
    house.decide()
    client = serve(house)
    with ThreadPoolExecutor(1) as pool:
        with house.parts.line:
            asked = pool.submit(post, client)
            assert not asked.done()
            threading.Event().wait(0.3)
        assert asked.result().json()["state_detail"] == "SUBMITTED"


def test_fifty_identical_posts_at_once_are_one_order(either_house: TradingHouse, api: httpx.Client) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: post(api), range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    [listed] = api.get("/v1/orders").json()["items"]
    assert either_house.broker.inner.submissions(UUID(listed["client_order_id"])) == 1
    assert sum(either_house.broker.tried.values()) == 1


def test_fifty_orders_of_one_approval_at_once_are_one_order_and_49_denials(
    either_house: TradingHouse, api: httpx.Client
) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: post(api, key=f"key {number}"), range(50)))
    sent = [answer.json() for answer in answers if answer.json()["state"] == "NEW"]
    codes = {reason["code"] for answer in answers for reason in answer.json()["reasons"]}
    assert (len(sent), codes) == (1, {"permit-used"})
    assert sum(either_house.broker.tried.values()) == 1
