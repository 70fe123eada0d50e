"""Every reason for which an order is denied, each met by an order, and none of them sent."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.execution import store as rows
from policy.audit.verify import verify
from policy.store import writing
from tests.adapters.execution.conftest import MakeHouse
from tests.adapters.execution.parts import TradingHouse, roomy_rules


def a_person_has_to_look(house: TradingHouse) -> None:
    assert house.decide(confidence=0.5).decision == "REVIEW"


def rejected(house: TradingHouse) -> None:
    assert house.decide(market_context__market_open=False).decision == "REJECT"


def too_late(house: TradingHouse) -> None:
    house.decide()
    house.step()


def ordered_before(house: TradingHouse) -> None:
    house.order(key="another key")


def market_closed(house: TradingHouse) -> None:
    house.decide()
    house.market.exchange.is_open = False


def quote_grew_stale(house: TradingHouse) -> None:
    house.decide()
    house.clock.pass_by(seconds=31)


def nobody_knows_the_price(house: TradingHouse) -> None:
    house.decide()
    del house.market.exchange.prices["IBM"]


def symbol_frozen(house: TradingHouse) -> None:
    house.decide()
    with writing(house.store) as connection:
        rows.freeze(connection, house.clock.now(), "IBM", "its position does not match")


def halted(house: TradingHouse) -> None:
    house.decide()
    house.halt()


def unresolved(house: TradingHouse) -> None:
    house.broker.certain = False
    house.broker.cut = {"submit"}
    assert house.state(house.order(2)) == "UNKNOWN"
    house.broker.cut = set()
    house.decide()


def approved(house: TradingHouse) -> None:
    assert house.decide().decision == "APPROVE"


def sale_approved(house: TradingHouse) -> None:
    assert house.decide(candidate_action="SELL").decision == "APPROVE"


CASES: dict[str, tuple[Callable[[TradingHouse], None], dict[str, Any], str]] = {
    "nobody decided": (lambda _house: None, {}, "no-approved-decision"),
    "waits for a person": (a_person_has_to_look, {}, "no-approved-decision"),
    "rejected": (rejected, {}, "no-approved-decision"),
    "approval ran out": (too_late, {}, "permit-expired"),
    "one approval, one order": (ordered_before, {}, "permit-used"),
    "another symbol": (approved, {"symbol": "MSFT"}, "not-covered"),
    "another side": (approved, {"side": "SELL"}, "not-covered"),
    "a share too many": (approved, {"qty": 101}, "not-covered"),
    "a limit too dear": (approved, {"qty": 100, "limit_price": "100.01"}, "not-covered"),
    "closed": (market_closed, {}, "rules-now-reject"),
    "stale": (quote_grew_stale, {}, "rules-now-reject"),
    "no price": (nobody_knows_the_price, {}, "no-quote"),
    "frozen": (symbol_frozen, {}, "limit-symbol-frozen"),
    "halted": (halted, {}, "stopped"),
    "an unknown order": (unresolved, {}, "limit-unresolved-order"),
    "nothing to sell": (sale_approved, {"side": "SELL"}, "would-oversell"),
}


@pytest.mark.parametrize(("prepare", "changes", "code"), CASES.values(), ids=CASES.keys())
def test_what_must_not_be_sent_is_denied_on_record_with_its_reason(
    house: TradingHouse, prepare: Callable[[TradingHouse], None], changes: dict[str, Any], code: str
) -> None:
    prepare(house)
    denied = house.place(**changes)
    assert [reason.code for reason in denied.reasons] == [code]
    assert (denied.state, denied.state_detail) == ("REJECTED", "DENIED")
    assert house.broker.tried[denied.client_order_id] == 0
    assert house.one(denied.order_id).events[-1].event == "deny"
    assert verify(house.store) == []


def test_what_was_denied_stays_denied_although_nothing_stands_in_its_way_any_more(
    house: TradingHouse,
) -> None:
    market_closed(house)
    denied = house.place()
    house.market.exchange.is_open = True
    house.step()
    assert house.place() == denied
    assert house.state(denied.order_id) == "DENIED"
    assert house.shares()["broker"] == {}


def test_exactly_the_approved_size_is_sent(house: TradingHouse) -> None:
    house.decide()
    sent = house.place(qty=100, limit_price="100.00")
    assert (sent.state_detail, sent.reasons) == ("SUBMITTED", ())


def test_shares_on_sale_cannot_be_sold_a_second_time(house: TradingHouse) -> None:
    house.hold(1, "IBM", 60)
    house.order(2, side="SELL", qty=40)
    house.decide(3, candidate_action="SELL")
    assert [reason.code for reason in house.place(3, side="SELL", qty=21).reasons] == ["would-oversell"]
    house.decide(4, candidate_action="SELL")
    assert house.place(4, side="SELL", qty=20).reasons == ()
    house.step()
    assert house.shares()["broker"] == {}
    assert house.books_agree()


def test_cash_that_orders_at_work_may_take_is_not_spent_twice(make_house: MakeHouse) -> None:
    house = make_house(roomy_rules())
    house.decide(1, size_pct=0.6)
    assert house.place(1, qty=6000, limit_price="90.00").reasons == ()
    house.decide(2, size_pct=0.6)
    assert [reason.code for reason in house.place(2, qty=6000).reasons] == ["no-buying-power"]
    house.decide(3, size_pct=0.4)
    assert house.place(3, qty=4000).reasons == ()


def test_cash_nobody_can_count_is_not_spent(make_house: MakeHouse) -> None:
    house = make_house(roomy_rules())
    house.order(1, symbol="MSFT", qty=100)
    house.decide(2)
    del house.market.exchange.prices["MSFT"]
    [cash, exposure] = house.place(2).reasons
    assert (cash.code, exposure.code) == ("no-buying-power", "limit-exposure-unknown")
    assert "cannot be priced" in cash.message


@pytest.mark.parametrize("prepare", [symbol_frozen, unresolved])
def test_trouble_with_one_symbol_leaves_the_others_alone(
    house: TradingHouse, prepare: Callable[[TradingHouse], None]
) -> None:
    prepare(house)
    order = house.order(5, symbol="MSFT")
    house.step()
    assert house.state(order) == "FILLED"


def test_an_approval_by_a_person_is_an_approval(house: TradingHouse) -> None:
    review = house.decide(confidence=0.5).review_id
    assert review is not None
    house.policy.reviews.approve(review, "ada", "seen")
    order = house.place()
    assert order.reasons == ()
    house.step()
    assert house.one(order.order_id).cum_qty == Decimal(10)


def test_a_caller_s_quiet_day_does_not_hide_the_house_s_loss(make_house: MakeHouse) -> None:
    house = make_house(roomy_rules())
    house.decide(1, size_pct=0.6)
    house.place(1, qty=6000)
    house.step()
    house.step(IBM="94.00")
    assert house.decide(2, portfolio_context__daily_drawdown_pct=0.0).decision == "APPROVE"
    [reason] = house.place(2, qty=1).reasons
    assert reason.code == "rules-now-reject"
    assert "daily-drawdown" in reason.message
