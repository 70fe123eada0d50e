"""Orders as they are listed and shown: filtered, in pages, with everything that happened to them."""

from uuid import UUID, uuid4

import httpx
import pytest

from tests.adapters.execution.conftest import Serve
from tests.adapters.execution.parts import TradingHouse
from tests.policy.parts import signal_id


@pytest.fixture
def api(either_house: TradingHouse, serve: Serve) -> httpx.Client:
    """Orders 1 to 5: IBM filled, MSFT filled, IBM denied, MSFT at work, IBM cancelled."""
    house = either_house
    house.order(1)
    house.order(2, symbol="MSFT")
    house.step()
    house.place(3)
    house.order(4, symbol="MSFT", limit_price="20.00")
    house.execution.cancel(house.order(5), "somebody")
    return serve(house)


def listed(api: httpx.Client, **filters: str | int) -> list[int]:
    """The signals' numbers of the orders that are listed."""
    numbers = {str(signal_id(number)): number for number in range(1, 6)}
    items = api.get("/v1/orders", params=filters).raise_for_status().json()["items"]
    return [numbers[item["signal_id"]] for item in items]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"symbol": "MSFT"}, [4, 2]),
        ({"state": "FILLED"}, [2, 1]),
        ({"state": "REJECTED"}, [3]),
        ({"state": "CANCELLED", "symbol": "IBM"}, [5]),
        ({"state": "CANCELLED", "symbol": "MSFT"}, []),
        ({"signal_id": str(signal_id(4))}, [4]),
        ({"decision_id": str(UUID(int=7))}, []),
        ({"limit": 2}, [5, 4]),
    ],
    ids=str,
)
def test_orders_are_listed_newest_first_as_filtered(
    api: httpx.Client, filters: dict[str, str | int], found: list[int]
) -> None:
    assert listed(api, **filters) == found


def test_pages_follow_each_other_without_gap_or_repeat(api: httpx.Client) -> None:
    seen, cursor = [], None
    while True:
        page = api.get("/v1/orders", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["order_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["items"]) == 2
    assert seen == [item["order_id"] for item in api.get("/v1/orders").json()["items"]]


@pytest.mark.parametrize("query", ["state=OPEN", "cursor=x", "limit=0", "signal_id=7"])
def test_a_list_that_makes_no_sense_is_refused(house: TradingHouse, serve: Serve, query: str) -> None:
    assert serve(house).get(f"/v1/orders?{query}").status_code == 422


def test_an_order_shows_its_life_and_its_fills(api: httpx.Client) -> None:
    [item] = api.get("/v1/orders", params={"signal_id": str(signal_id(1))}).json()["items"]
    order = api.get(f"/v1/orders/{item['order_id']}").json()
    assert {name: order[name] for name in item} == item
    life = [
        (event["event"], event["by"], event["from_state"], event["to_state"]) for event in order["events"]
    ]
    assert life == [
        ("create", "caller", None, "NEW"),
        ("send", "execution", "NEW", "SUBMITTED"),
        ("ack", "broker", "SUBMITTED", "ACCEPTED"),
        ("fill", "broker", "ACCEPTED", "FILLED"),
    ]
    [fill] = order["fills"]
    assert (fill["qty"], fill["price"], fill["commission"], fill["kind"]) == ("10", "100.01", "1", "fill")
    assert (order["cum_qty"], order["leaves_qty"], order["avg_price"]) == ("10", "0", "100.01")


def test_an_order_that_is_not_there_is_not_found(house: TradingHouse, serve: Serve) -> None:
    client = serve(house)
    answer = client.get(f"/v1/orders/{uuid4()}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:trivet:problem:order-not-found")
    assert client.get("/v1/orders/7").status_code == 422
