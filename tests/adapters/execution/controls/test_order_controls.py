"""What one order may be: its size, its price, what it may be spent on, and what must not rest beside it."""

from decimal import Decimal

from policy.rollout.phases import Phase
from tests.adapters.execution.conftest import MakeHouse
from tests.adapters.execution.controls.attempts import enter, narrow, refused, told
from tests.adapters.execution.parts import TradingHouse, limits_as_in, roomy_rules
from tests.controls.rows import Shown, control

LIVES = "adapters/execution/controls"


@control(12, "max order value", f"{LIVES}/size.py", limit="max_order_value")
def test_an_order_above_the_most_dollars_is_denied(house: TradingHouse) -> Shown:
    narrow(house, max_order_value=Decimal(999))
    house.decide(1)
    denied = refused(house, house.place(1, qty=10), "limit-order-value")
    house.decide(2)
    assert house.place(2, qty=9).reasons == ()
    return Shown("buy 10 IBM at 100.00 where an order may cost 999 dollars; then 9 of them", denied)


@control(12, "max order value in the sandbox", f"{LIVES}/size.py", limit="max_order_value")
def test_the_sandbox_takes_no_order_above_100_dollars(house: TradingHouse) -> Shown:
    house.limits |= {Phase.SANDBOX: limits_as_in(Phase.SANDBOX, person_must_answer=False)[Phase.SANDBOX]}
    house.broker.name = "alpaca"
    enter(house, Phase.SANDBOX)
    house.decide(1, symbol="MSFT")
    denied = refused(house, house.place(1, symbol="MSFT", qty=4), "limit-order-value")
    house.decide(2, symbol="MSFT")
    assert house.place(2, symbol="MSFT", qty=3).reasons == ()
    return Shown("in phase sandbox, buy 4 MSFT at 30.00; then 3 of them", denied)


@control(13, "max order quantity", f"{LIVES}/size.py", limit="max_order_qty")
def test_an_order_of_more_shares_than_allowed_is_denied(house: TradingHouse) -> Shown:
    narrow(house, max_order_qty=Decimal(9))
    house.decide(1)
    return Shown("buy 10 IBM where an order has 9 at most", refused(house, house.place(1), "limit-order-qty"))


@control(14, "price collar of a LIMIT", f"{LIVES}/price.py", limit="price_collar_pct")
def test_a_limit_far_beyond_the_market_is_denied(house: TradingHouse) -> Shown:
    narrow(house, price_collar_pct=Decimal("0.05"))
    house.decide(1)
    denied = refused(house, house.place(1, limit_price="105.01"), "limit-price-collar")
    house.decide(2)
    assert house.place(2, limit_price="105.00").reasons == ()
    house.decide(3)
    assert house.place(3, limit_price="50.00").reasons == (), "what is better than the market only waits"
    return Shown("buy IBM at 105.01 where 100.00 is asked; then at 105.00 and at 50.00", denied)


@control(14, "price collar of a MARKET order", f"{LIVES}/price.py", limit="price_collar_pct")
def test_a_market_order_into_a_torn_market_is_denied(house: TradingHouse) -> Shown:
    narrow(house, price_collar_pct=Decimal("0.05"))
    house.market.exchange.prices["IBM"] = (Decimal("90.00"), Decimal("100.00"))
    house.decide(1)
    denied = refused(house, house.place(1), "limit-price-collar")
    return Shown("buy IBM at the market while 90.00 is bid and 100.00 is asked", denied)


@control(4, "crossed or missing quotes", f"{LIVES}/price.py")
def test_a_crossed_market_is_no_market_to_trade_in(house: TradingHouse) -> Shown:
    house.market.exchange.prices["IBM"] = (Decimal("100.10"), Decimal("100.00"))
    house.decide(1)
    return Shown("buy IBM while more is bid than asked", refused(house, house.place(1), "no-quote"))


@control(16, "max position value", f"{LIVES}/exposure.py", limit="max_position_value")
def test_what_is_being_bought_counts_towards_the_position(house: TradingHouse) -> Shown:
    narrow(house, max_position_value=Decimal(2_500))
    house.hold(1, "IBM", 10)
    house.order(2, qty=10)
    house.decide(3)
    denied = refused(house, house.place(3, qty=10), "limit-position-value")
    house.decide(4)
    assert house.place(4, qty=5).reasons == ()
    return Shown(
        "buy 10 IBM, with 10 held and 10 being bought, where 2500 dollars may be held; then 5", denied
    )


@control(17, "max gross exposure", f"{LIVES}/exposure.py", limit="max_gross_exposure_pct")
def test_all_positions_together_stay_within_the_exposure(house: TradingHouse) -> Shown:
    narrow(house, max_gross_exposure_pct=Decimal("0.003"))
    house.hold(1, "IBM", 10)
    house.order(2, symbol="MSFT", qty=50)
    house.decide(3)
    denied = refused(house, house.place(3, qty=10), "limit-gross-exposure")
    return Shown(
        "buy 10 IBM for 1000 dollars with 2500 held or being bought, of an equity of a million", denied
    )


@control(17, "max open positions", f"{LIVES}/exposure.py", limit="max_open_positions")
def test_a_symbol_more_than_may_be_held_is_not_bought(house: TradingHouse) -> Shown:
    narrow(house, max_open_positions=1)
    house.order(1, symbol="IBM")
    house.decide(2, symbol="MSFT")
    denied = refused(house, house.place(2, symbol="MSFT"), "limit-open-positions")
    house.decide(3)
    assert house.place(3, qty=1).reasons == (), "more of what is held already is no new position"
    return Shown("buy MSFT while IBM is being bought, where one symbol may be held; then more IBM", denied)


@control(17, "max value of open orders", f"{LIVES}/exposure.py", limit="max_open_order_value")
def test_buys_that_rest_together_stay_within_their_limit(house: TradingHouse) -> Shown:
    narrow(house, max_open_order_value=Decimal(1_500))
    house.order(1, limit_price="90.00")
    house.decide(2)
    denied = refused(house, house.place(2, qty=10, limit_price="80.00"), "limit-open-order-value")
    house.step()
    return Shown("buy 10 IBM for 1000 dollars while a BUY of 900 rests, where 1500 may wait", denied)


@control(18, "buying power, resting orders counted", f"{LIVES}/means.py")
def test_cash_that_orders_at_work_may_take_is_gone(make_house: MakeHouse) -> Shown:
    house = make_house(roomy_rules())
    house.decide(1, size_pct=0.6)
    assert house.place(1, qty=6000, limit_price="90.00").reasons == ()
    house.decide(2, size_pct=0.6)
    denied = refused(house, house.place(2, qty=6000), "no-buying-power")
    return Shown("buy 6000 IBM for 600000 dollars of a million while 540000 are promised", denied)


@control(19, "no short, no oversell against pending sells", f"{LIVES}/means.py")
def test_shares_on_sale_are_not_sold_again(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 60)
    house.order(2, side="SELL", qty=40)
    house.decide(3, candidate_action="SELL")
    denied = refused(house, house.place(3, side="SELL", qty=21), "would-oversell")
    return Shown("sell 21 of 60 IBM while 40 of them are on sale", denied)


@control(39, "self-trade", f"{LIVES}/own_orders.py")
def test_an_order_that_would_meet_our_own_is_denied(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 10)
    house.order(2, limit_price="95.00")
    house.decide(3, candidate_action="SELL")
    denied = refused(house, house.place(3, side="SELL", limit_price="95.00"), "limit-self-trade")
    house.decide(4, candidate_action="SELL")
    assert house.place(4, side="SELL", limit_price="101.00").reasons == (), "these two never meet"
    return Shown("sell IBM at 95.00 while our own BUY rests at 95.00; then at 101.00", denied)


def test_every_control_that_refuses_is_told_not_the_first_alone(house: TradingHouse) -> None:
    narrow(house, max_order_qty=Decimal(1), max_order_value=Decimal(1), price_collar_pct=Decimal("0.01"))
    house.decide(1)
    denied = house.place(1, limit_price="102.00")
    codes = [one.code for one in denied.reasons]
    assert codes == ["limit-order-qty", "limit-order-value", "limit-price-collar"], told(denied)
    assert "the limit is 1 (max_order_value of rules/limits/development.yaml)" in denied.reasons[1].message
