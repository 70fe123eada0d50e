"""Many at once: what is checked stays true until it is promised, whoever else asks at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from policy.order_contracts import OrderView
from policy.problems import Problem
from tests.adapters.execution.conftest import MakeHouse
from tests.adapters.execution.controls.attempts import followed, judged, narrow
from tests.adapters.execution.parts import TradingHouse, roomy_rules
from tests.controls.rows import Shown, control

THREADS = 50


def placed_at_once(house: TradingHouse, **changes: object) -> list[OrderView]:
    """Fifty orders for fifty signals, each from a thread of its own."""
    numbers = range(1, THREADS + 1)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda number: placed(house, number, **changes), numbers))


def placed(house: TradingHouse, number: int, **changes: object) -> OrderView:
    """The order for signal ``number``; a caller that is told to come back does."""
    while True:
        try:
            return house.place(number, **changes)
        except Problem as problem:
            if problem.slug != "idempotency-in-progress":
                raise


def codes(orders: list[OrderView]) -> Counter[str]:
    return Counter(reason.code for order in orders for reason in order.reasons)


@control(18, "reservation, fifty at once", "adapters/execution/controls/means.py")
def test_fifty_buys_at_once_never_promise_more_cash_than_there_is(make_house: MakeHouse) -> Shown:
    house = make_house(roomy_rules())
    for number in range(1, THREADS + 1):
        house.decide(number, size_pct=0.1)
    orders = placed_at_once(house, qty=1000)
    sent = [order for order in orders if not order.reasons]
    assert codes(orders) == {"no-buying-power": THREADS - len(sent)}
    assert len(sent) * Decimal(102_000) <= 1_000_000 < (len(sent) + 1) * Decimal(102_000)
    house.step()
    assert house.cash()["house"] > 0
    assert house.books_agree()
    return Shown(
        "fifty threads buy for 100000 dollars each out of a million",
        f"{len(sent)} sent, {codes(orders)['no-buying-power']} DENIED no-buying-power, cash never negative",
    )


@pytest.mark.parametrize(
    ("limit", "code", "most"),
    [
        ({"orders_per_day": 7}, "limit-orders-per-day", 7),
        ({"max_position_value": Decimal(5_000)}, "limit-position-value", 5),
        ({"max_open_order_value": Decimal(3_500)}, "limit-open-order-value", 3),
    ],
)
def test_a_limit_is_met_exactly_however_many_ask_at_once(
    house: TradingHouse, limit: dict[str, object], code: str, most: int
) -> None:
    narrow(house, **limit)
    for number in range(1, THREADS + 1):
        house.decide(number)
    orders = placed_at_once(house)
    assert codes(orders) == {code: THREADS - most}


def test_shares_are_sold_once_however_many_sell_at_once(house: TradingHouse) -> None:
    house.hold(1, "IBM", 60)
    for number in range(1, THREADS + 1):
        house.decide(number + 1, candidate_action="SELL")
    with ThreadPoolExecutor(THREADS) as pool:
        asked = range(2, THREADS + 2)
        orders = list(pool.map(lambda number: placed(house, number, side="SELL", qty=10), asked))
    assert codes(orders) == {"would-oversell": THREADS - 6}
    house.step()
    assert house.shares()["broker"] == {}
    assert house.books_agree()


def test_approvals_that_are_followed_together_count_one_another(house: TradingHouse) -> None:
    narrow(house, max_position_value=Decimal(15_000))
    orders = followed(house, judged(house, 1), judged(house, 2, strategy="another"))
    assert [[one.code for one in order.reasons] for order in orders] == [[], ["limit-position-value"]]
