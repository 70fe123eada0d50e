"""What comes in: permits checked, nonsense refused, the account's limits kept, nothing taken twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.ports import BrokerRefused
from policy.order_contracts import OrderState
from tests.adapters.brokers.trading import Pit, filled, number, permit, quote, ticket


@pytest.mark.parametrize(
    "differing",
    [
        {"symbol": "MSFT"},
        {"side": "SELL"},
        {"client_order_id": number(2)},
        {"qty": Decimal(99)},
    ],
    ids=str,
)
def test_a_permit_for_anything_else_sends_nothing(pit: Pit, differing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"permit .* ask for"):
        pit.broker.submit(permit(ticket(), **differing), ticket())
    assert pit.broker.submissions(number(1)) == 0
    assert pit.broker.order(number(1)) is None


def test_an_expired_permit_sends_nothing(pit: Pit) -> None:
    with pytest.raises(ValueError, match="expired"):
        pit.broker.submit(permit(ticket(), expires_at=pit.clock.now()), ticket())
    pit.broker.submit(permit(ticket(), expires_at=pit.clock.now() + timedelta(seconds=1)), ticket())
    assert pit.words() == ["accepted"]


def test_a_permit_for_more_shares_covers_fewer(pit: Pit) -> None:
    pit.broker.submit(permit(ticket(), qty=Decimal(101)), ticket())
    assert pit.words() == ["accepted"]


@pytest.mark.parametrize(
    ("differing", "reason"),
    [
        ({"symbol": "NONE"}, "unknown symbol 'NONE'"),
        ({"symbol": "MSFT"}, "no price for MSFT"),
        ({"qty": Decimal("1.5")}, "1.5 is no number of whole shares"),
        ({"qty": Decimal(0)}, "0 is no number of whole shares"),
        ({"limit_price": Decimal("99.00")}, "a limit price goes with a limit order"),
        ({"order_type": "LIMIT"}, "a limit price goes with a limit order"),
        ({"order_type": "LIMIT", "limit_price": Decimal("99.001")}, "no price in whole cents"),
        ({"order_type": "LIMIT", "limit_price": Decimal(0)}, "no price in whole cents"),
    ],
    ids=str,
)
def test_what_nobody_could_trade_is_refused_at_once(pit: Pit, differing: dict[str, Any], reason: str) -> None:
    order = replace(ticket(), **differing)
    with pytest.raises(BrokerRefused, match=reason):
        pit.submit(order)
    assert pit.broker.order(number(1)) is None
    assert pit.news() == []
    assert pit.broker.submissions(number(1)) == 1


def test_a_closed_market_takes_no_orders(pit: Pit) -> None:
    pit.exchange.is_open = False
    with pytest.raises(BrokerRefused, match="the market is closed"):
        pit.submit(ticket())


def test_a_buy_beyond_the_cash_is_rejected(pit: Pit) -> None:
    pit.submit(ticket(1, qty=1000, limit="99.99"))
    pit.submit(ticket(2, qty=1000, limit="100.00"))
    (rejection,) = [message for message in pit.news() if message.word == "rejected"]
    assert rejection.client_order_id == number(2)
    assert "no buying power: the order needs 100005.00 of" in str(rejection.reason)


def test_resting_buys_count_against_the_cash(pit: Pit) -> None:
    for order in (1, 2):
        pit.submit(ticket(order, qty=600, limit="90.00"))
    assert pit.words() == ["accepted", "rejected"]
    pit.broker.cancel(number(1))
    pit.submit(ticket(3, qty=600, limit="90.00"))
    assert pit.words() == ["cancelled", "accepted"]


def test_a_market_buy_sets_three_per_cent_more_aside(pit: Pit) -> None:
    pit.submit(ticket(1, qty=971))
    pit.submit(ticket(2, qty=970))
    assert pit.words() == ["rejected", "accepted"]


def test_nothing_is_sold_that_is_not_held(pit: Pit) -> None:
    pit.submit(ticket(1, "SELL", qty=1))
    (rejection,) = pit.news()
    assert (rejection.word, rejection.reason) == ("rejected", "no short sales: 0 of IBM are free to sell")
    assert pit.broker.order(number(1)).state is OrderState.REJECTED


def test_shares_that_a_resting_sell_has_promised_are_not_sold_again(pit: Pit) -> None:
    pit.submit(ticket(1, qty=100))
    pit.step("morning", quote())
    pit.submit(ticket(2, "SELL", qty=60, limit="200.00"))
    pit.submit(ticket(3, "SELL", qty=41))
    pit.submit(ticket(4, "SELL", qty=40))
    assert pit.words() == ["accepted", "filled", "accepted", "rejected", "accepted"]


def test_the_same_order_twice_is_taken_once_and_both_are_counted(pit: Pit) -> None:
    for _ in range(2):
        pit.submit(ticket())
    assert pit.words() == ["accepted"]
    pit.step("morning", quote())
    pit.submit(ticket())
    assert len(filled(pit.news())) == 1
    assert pit.broker.submissions(number(1)) == 3
    assert pit.broker.account(pit.clock.now()).positions == {"IBM": Decimal(100)}


def test_cancelling_an_order_that_never_came_in_is_refused(pit: Pit) -> None:
    with pytest.raises(BrokerRefused, match="is unknown"):
        pit.broker.cancel(number(1))
    assert pit.news() == []


def test_an_order_that_never_came_in_is_none_and_that_is_certain(pit: Pit) -> None:
    assert pit.broker.order(number(1)) is None
    assert pit.broker.certain
