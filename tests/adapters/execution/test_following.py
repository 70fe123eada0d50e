"""The house's own approvals become orders by themselves, sized by what was approved, each of them once."""

from decimal import Decimal

import pytest

from tests.adapters.execution.controls.attempts import followed, judged
from tests.adapters.execution.parts import TradingHouse


def test_an_approval_becomes_an_order_for_the_whole_shares_it_covers(either_house: TradingHouse) -> None:
    house = either_house
    decision = judged(house, size_pct=0.00999)
    [order] = followed(house, decision)
    assert (order.qty, order.side, order.state) == (Decimal(99), "BUY", "ACCEPTED")
    assert (order.decision_id, order.signal_id) == (decision.decision_id, decision.signal_id)
    house.step()
    assert house.shares()["broker"] == {"IBM": 99}
    assert house.books_agree()


def test_an_approval_is_followed_once_however_often_it_is_told(either_house: TradingHouse) -> None:
    decision = judged(either_house)
    first = followed(either_house, decision)
    assert followed(either_house, decision, decision) == first
    assert sum(either_house.broker.tried.values()) == 1


def test_only_approvals_of_the_house_s_own_signals_are_followed(house: TradingHouse) -> None:
    doubtful, ours = judged(house, 1, confidence=0.5), judged(house, 2, symbol="MSFT")
    assert (doubtful.decision, house.decide(3).decision) == ("REVIEW", "APPROVE")
    assert [order.symbol for order in followed(house, doubtful, house.decide(3), ours)] == ["MSFT"]


@pytest.mark.parametrize(("held", "sold"), [(40, 40), (100, 100)])
def test_a_sale_takes_no_more_than_is_held(house: TradingHouse, held: int, sold: int) -> None:
    house.hold(1, "IBM", held)
    decision = judged(house, 2, candidate_action="SELL")
    assert followed(house, decision)[-1].qty == sold
    house.step()
    assert house.shares()["broker"] == {}


def test_shares_on_sale_are_not_sold_again(house: TradingHouse) -> None:
    house.hold(1, "IBM", 40)
    house.order(2, side="SELL", qty=30)
    assert followed(house, judged(house, 3, candidate_action="SELL"))[-1].qty == 10


def test_a_sale_of_nothing_is_denied_on_record(house: TradingHouse) -> None:
    [order] = followed(house, judged(house, candidate_action="SELL"))
    assert (order.state_detail, [reason.code for reason in order.reasons]) == ("DENIED", ["would-oversell"])


def test_an_approval_nobody_can_price_is_denied_on_record(house: TradingHouse) -> None:
    decision = judged(house)
    del house.market.exchange.prices["IBM"]
    [order] = followed(house, decision)
    assert (order.qty, [reason.code for reason in order.reasons]) == (Decimal(1), ["no-quote"])


def test_an_approval_too_small_for_one_share_is_denied_on_record(house: TradingHouse) -> None:
    [order] = followed(house, judged(house, size_pct=0.00005))
    assert (order.qty, [reason.code for reason in order.reasons]) == (Decimal(1), ["not-covered"])


def test_several_approvals_at_once_spend_the_cash_once(house: TradingHouse) -> None:
    decisions = [judged(house, number, symbol=symbol) for number, symbol in enumerate(("IBM", "MSFT"), 1)]
    assert [order.state for order in followed(house, *decisions)] == ["ACCEPTED", "ACCEPTED"]
    house.step()
    assert house.books_agree()
