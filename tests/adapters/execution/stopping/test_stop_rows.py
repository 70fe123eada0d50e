"""Stops on the page of controls that are about a strategy, a denied order, and what a person has re-armed."""

from decimal import Decimal

from adapters.execution.happened import Happened, Happening
from adapters.execution.sending import Sending
from policy.stops.scope import EVERYTHING, Scope, StopState
from tests.adapters.execution.controls.attempts import followed, judged, narrow
from tests.adapters.execution.parts import TradingHouse
from tests.controls.rows import Shown, control

HELD = "adapters/execution/stopping/held.py"


def state_of(order):
    return " ".join([order.state_detail.value, *(f"({one.code})" for one in order.reasons)])


@control("S10", "one strategy HALTED", HELD, "DENY, cancel")
def test_a_halt_of_one_strategy_leaves_the_others_and_every_exit_alone(house: TradingHouse) -> Shown:
    house.hold(1, "MSFT", 10)
    [adding] = followed(house, judged(house, 2, strategy="trend"))
    halted = judged(house, 3, strategy="trend", size_pct=0.005)
    other = judged(house, 4, strategy="fake", size_pct=0.006)
    house.halt(Scope.strategy("trend"), StopState.HALTED, exits=False)
    house.execution.obey()
    [denied], [passed] = followed(house, halted), followed(house, other)
    [leaving] = house.execution.flatten("MSFT", "kim").orders
    happened = (
        f"its new BUY {state_of(denied)}, its BUY at work {state_of(house.one(adding.order_id))}, "
        f"another strategy's BUY {state_of(passed)}, an exit {state_of(leaving)}"
    )
    assert happened == (
        "its new BUY DENIED (stopped), its BUY at work CANCELLED, "
        "another strategy's BUY ACCEPTED, an exit ACCEPTED"
    )
    return Shown("a person trips the strategy trend to HALTED, exits held", happened)


@control("S11", "the gate was passed by", "adapters/execution/parts.py", "trip, cancel")
def test_a_broker_that_knows_a_denied_order_halts_everything(house: TradingHouse) -> Shown:
    adding = house.order(1, symbol="MSFT", limit_price="20.00")
    denied = house.place(2, symbol="MSFT")
    told = Happened(Happening.ACK, house.clock.now(), "broker")
    Sending(house.parts).apply(denied.order_id, told)
    house.execution.guard()
    stop = house.parts.stops.in_force().at(EVERYTHING)
    happened = f"everything {stop.state.value} ({stop.cause}); a BUY at work {state_of(house.one(adding))}"
    assert happened == "everything HALTED (gate-passed-by); a BUY at work CANCELLED"
    return Shown("the broker acknowledges an order that was denied", happened)


@control("S12", "re-armed by a person", "adapters/execution/stopping/marks.py", "trip", limit="daily_loss")
def test_what_was_re_armed_trips_again_only_for_more(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 10)
    narrow(house, daily_loss=Decimal(50))
    tripped = []
    for ask in ("94.00", "94.00", "93.99"):
        house.step(IBM=ask)
        house.execution.guard()
        tripped.append(house.parts.stops.in_force().at(EVERYTHING) is not None)
        if tripped == [True]:
            house.parts.stops.rearm(EVERYTHING, by="kim", note="seen")
    assert tripped == [True, False, True]
    return Shown(
        "a loss of 60.50 dollars trips, a person re-arms it, and it stays; then it is ten cents more",
        "tripped; nothing; tripped again",
    )
