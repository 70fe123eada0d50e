"""Where a phase asks for it, every position is left before the close, and what is held all the same stops."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from adapters.ports import BrokerWord
from policy.rollout.phases import Phase
from policy.store import reading, writing
from tests.adapters.execution.parts import TradingHouse, limits_as_in
from tests.controls.rows import Shown, control


@pytest.fixture
def house(house: TradingHouse) -> TradingHouse:
    """A house in which positions are left in the last hour."""
    house.limits = limits_as_in(Phase.DEVELOPMENT, flatten_before_close_minutes=60)
    house.reopen()
    return house


def late(house: TradingHouse, minutes: float = 59) -> None:
    """The close is near."""
    house.market.closes = house.clock.now() + timedelta(minutes=minutes)


def close(house: TradingHouse) -> int:
    """The market closes, and the house looks."""
    house.step(moment="close")
    house.market.exchange.is_open = False
    done = house.execution.guard()
    house.hear()
    return done


def after(house: TradingHouse, moment: str = "late") -> int:
    """A step with what the house does in it; returns how much that changed."""
    house.step(moment=moment)
    done = house.execution.guard()
    house.hear()
    return done


def stops(house: TradingHouse) -> list[str]:
    return [f"{one.scope} {one.state} {one.cause}" for one in house.parts.stops.in_force()]


def held(house: TradingHouse) -> dict[str, Decimal]:
    return {symbol: qty for symbol, qty in house.shares()["house"].items() if qty}


def test_before_the_last_hour_nothing_is_left(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    late(house, minutes=62)
    assert after(house) == 0
    assert held(house) == {"IBM": 10}


def test_a_phase_without_that_limit_holds_overnight(house: TradingHouse) -> None:
    house.limits = limits_as_in(Phase.DEVELOPMENT)
    house.reopen()
    house.hold(1, "IBM", 10)
    late(house)
    assert after(house) == 0
    close(house)
    assert (held(house), stops(house)) == ({"IBM": 10}, [])


@control(
    38,
    "nothing is held overnight",
    "adapters/execution/overnight.py",
    "flatten",
    "flatten_before_close_minutes",
)
def test_late_in_a_session_every_position_is_left_and_what_would_add_is_cancelled(
    house: TradingHouse,
) -> Shown:
    house.hold(1, "IBM", 10)
    adding = house.order(2, symbol="MSFT", qty=20)
    late(house)
    house.step(volume=0)  # nothing trades, so the order to buy is still at work
    house.execution.guard()
    assert house.state(adding) == "CANCELLED"
    house.step(volume=1_000_000)
    assert held(house) == {}
    close(house)
    assert stops(house) == []
    return Shown(
        "10 shares held and an order to buy at work, 58 minutes before the close",
        "the order was cancelled, the shares were sold by an exit permit; flat at the close",
    )


def test_asked_again_while_exits_are_at_work_nothing_is_added(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    late(house)
    house.step(volume=0)
    assert house.execution.guard() == 1
    assert house.execution.guard() == 0
    house.step(volume=0)
    assert house.execution.guard() == 0


def test_an_exit_that_the_broker_refuses_is_made_again_at_the_next_step(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    late(house)
    house.broker.refused.add("submit")
    assert after(house) == 1
    assert house.execution.guard() == 0  # not a hundred times in the same minute
    house.broker.refused.clear()
    assert after(house) == 1
    after(house)
    assert held(house) == {}


def test_what_fills_in_part_is_left_step_by_step(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    late(house)
    after(house)
    house.step(volume=40)
    assert held(house) == {"IBM": 6}
    house.execution.guard()
    house.step(volume=1_000)
    assert held(house) == {}


def test_a_fill_that_is_told_late_is_no_position_at_the_close(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    late(house)
    house.broker.held.add(BrokerWord.FILLED)
    after(house)
    house.clock.pass_by(minutes=1)
    close(house)
    assert (held(house), stops(house)) == ({}, [])


def test_what_is_held_at_the_close_is_alerted_and_stops_its_symbol_once(either_house: TradingHouse) -> None:
    house = either_house
    house.limits = limits_as_in(Phase.DEVELOPMENT, flatten_before_close_minutes=60)
    house.reopen()
    house.hold(1, "IBM", 10)
    assert close(house) == 1
    assert stops(house) == ["symbol:IBM REDUCING held-overnight"]
    with reading(house.store) as connection:
        alerts = connection.execute(text("SELECT what, symbol FROM execution_alerts")).all()
    assert [tuple(one) for one in alerts] == [("held-overnight", "IBM")]
    house.clock.pass_by(hours=2)
    assert house.execution.guard() == 0


def test_what_was_held_overnight_is_left_at_the_next_open(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    close(house)
    house.clock.pass_by(hours=17)
    house.market.exchange.is_open = True
    late(house, minutes=390)
    assert after(house, "open") == 1
    after(house, "morning")
    assert held(house) == {}
    assert stops(house) == ["symbol:IBM REDUCING held-overnight"]  # until a person lets go


def test_an_order_to_buy_that_the_market_leaves_standing_is_let_go(house: TradingHouse) -> None:
    adding = house.order(1, qty=20)
    house.step(volume=0)
    house.execution.guard()
    assert house.state(adding) == "ACCEPTED"
    house.clock.pass_by(minutes=10)
    after(house, "midday")
    assert house.state(adding) == "CANCELLED"


def test_exits_that_a_stop_holds_back_are_not_tried(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    house.halt(exits=False)
    late(house)
    orders = len(house.execution.listed(state=None, before=None, limit=50))
    after(house)
    after(house)
    assert len(house.execution.listed(state=None, before=None, limit=50)) == orders
    assert held(house) == {"IBM": 10}


@control(40, "a phase that cannot be read", "policy/rollout/phases.py")
def test_a_phase_that_cannot_be_read_lets_no_order_out(house: TradingHouse) -> Shown:
    house.decide(1)
    with writing(house.store) as connection:
        connection.execute(text("DROP TABLE rollout_phases"))
    order = house.place(1)
    told = [reason.code for reason in order.reasons]
    assert order.state_detail.value == "DENIED", order
    assert house.broker.inner.submissions(order.client_order_id) == 0
    return Shown("an approved order while the phase cannot be read", f"DENIED: {', '.join(told)}; never sent")
