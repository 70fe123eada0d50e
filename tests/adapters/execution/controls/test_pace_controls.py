"""How often: throttles counted from the records, breakers that stop a strategy, duplicates, ages."""

from datetime import datetime, timedelta

import pytest

from adapters.wiring.store import StandingClock
from policy.bulk import insert
from policy.contracts import Decision, EventType
from policy.order_contracts import OrderView
from policy.outbox import event_row, outbox_rows
from policy.problems import Problem
from policy.stops.scope import Scope, StopState
from policy.stops.standing import stops_in_force
from policy.stops.tripping import Stops
from policy.store import reading, writing
from tests.adapters.execution.controls.attempts import followed, judged, narrow, refused, told
from tests.adapters.execution.parts import TradingHouse
from tests.controls.rows import Shown, control

LIVES = "adapters/execution/controls"


def place_some(house: TradingHouse, count: int, **changes: str) -> list[OrderView]:
    """``count`` orders of one share each, one after another."""
    for number in range(1, count + 1):
        house.decide(number, symbol=changes.get("symbol", "IBM"))
    return [house.place(number, qty=1, **changes) for number in range(1, count + 1)]


@control(28, "orders per second", f"{LIVES}/pace.py", limit="orders_per_second")
def test_a_third_order_within_a_second_waits_for_the_next(house: TradingHouse) -> Shown:
    narrow(house, orders_per_second=2)
    *sent, last = place_some(house, 3)
    assert [told(one) for one in sent] == ["SUBMITTED", "SUBMITTED"]
    denied = refused(house, last, "limit-orders-per-second")
    house.clock.pass_by(seconds=1)
    house.decide(9)
    assert house.place(9).reasons == ()
    return Shown("three orders at once where two a second may be sent; one more a second later", denied)


@control(28, "orders per minute", f"{LIVES}/pace.py", limit="orders_per_minute")
def test_a_new_process_remembers_the_orders_of_the_last_minute(either_house: TradingHouse) -> Shown:
    house = either_house
    narrow(house, orders_per_minute=2)
    place_some(house, 2)
    house.reopen()
    house.clock.pass_by(seconds=20)
    house.decide(3)
    denied = refused(house, house.place(3), "limit-orders-per-minute")
    house.step()
    house.decide(4)
    assert house.place(4).reasons == ()
    return Shown("a third order after a restart and 20 seconds, where two a minute may be sent", denied)


@control(28, "cancels per minute", "adapters/execution/service.py", "429", limit="cancels_per_minute")
def test_a_storm_of_cancels_is_held_up(house: TradingHouse) -> Shown:
    narrow(house, cancels_per_minute=2)
    orders = [house.order(number, limit_price="50.00") for number in (1, 2, 3)]
    for order in orders[:2]:
        house.execution.cancel(order, "ada")
    with pytest.raises(Problem) as held_up:
        house.execution.cancel(orders[2], "ada")
    assert house.execution.flatten(None, "ada").cancelled, "what the house itself ends is never held up"
    return Shown("three cancels at once where two a minute may be asked for", f"429 {held_up.value.detail}")


@control(30, "orders per day", f"{LIVES}/pace.py", limit="orders_per_day")
def test_no_order_is_sent_beyond_the_day_s_number(house: TradingHouse) -> Shown:
    narrow(house, orders_per_day=2)
    place_some(house, 2)
    house.clock.pass_by(hours=2)
    house.step()
    house.decide(3)
    denied = refused(house, house.place(3), "limit-orders-per-day")
    return Shown("a third order two hours later where two a day may be sent", denied)


@control(30, "orders per symbol and day", f"{LIVES}/pace.py", limit="orders_per_symbol_per_day")
def test_no_order_is_sent_beyond_its_symbol_s_number(house: TradingHouse) -> Shown:
    narrow(house, orders_per_symbol_per_day=2)
    place_some(house, 2)
    house.decide(3)
    denied = refused(house, house.place(3), "limit-orders-per-symbol")
    house.decide(4, symbol="MSFT")
    assert house.place(4, symbol="MSFT").reasons == ()
    return Shown("a third order in IBM where two a day may be sent in a symbol; then one in MSFT", denied)


def test_what_was_denied_does_not_count(house: TradingHouse) -> None:
    narrow(house, orders_per_day=1)
    assert house.place(1).reasons[0].code == "no-approved-decision"
    house.decide(2)
    assert house.place(2).reasons == ()


@control(29, "repeated executions", f"{LIVES}/repeats.py", limit="executions_per_strategy_per_day")
def test_a_strategy_that_trades_on_and_on_is_stopped_until_a_person_looked(
    either_house: TradingHouse,
) -> Shown:
    house = either_house
    narrow(house, executions_per_strategy_per_day=2)
    for number in (1, 2):
        followed(house, judged(house, number, size_pct=0.001))
        house.step()
    [denied] = followed(house, judged(house, 3, size_pct=0.001))
    words = refused(house, denied, "limit-repeated-executions")
    stop = stop_of(house, "test")
    [other] = followed(house, judged(house, 4, size_pct=0.001, strategy="another"))
    assert other.reasons == ()
    return Shown(
        "a third order of a strategy after two fills, where two a day are its limit", f"{words}; {stop}"
    )


def test_who_lets_a_strategy_go_on_gives_it_its_number_anew(either_house: TradingHouse) -> None:
    house = either_house
    narrow(house, executions_per_strategy_per_day=1)
    followed(house, judged(house, 1, size_pct=0.001))
    house.step()
    [denied] = followed(house, judged(house, 2, size_pct=0.001))
    refused(house, denied, "limit-repeated-executions")
    house.parts.stops.rearm(Scope.strategy("test"), by="kim", note="looked at it")
    house.clock.pass_by(seconds=1)
    [order] = followed(house, judged(house, 3, size_pct=0.001))
    assert order.reasons == ()
    house.step()
    [denied] = followed(house, judged(house, 4, size_pct=0.001))
    refused(house, denied, "limit-repeated-executions")


def test_who_lets_a_strategy_go_on_by_another_clock_does_not_end_its_counting(house: TradingHouse) -> None:
    narrow(house, executions_per_strategy_per_day=1)
    followed(house, judged(house, 1, size_pct=0.001))
    house.step()
    years_later = StandingClock(house.clock.now() + timedelta(days=5000))
    stops = Stops(house.store, years_later)
    stops.trip(Scope.strategy("test"), StopState.HALTED, cause="person", by="kim")
    stops.rearm(Scope.strategy("test"), by="kim", note="looked at it")
    [denied] = followed(house, judged(house, 2, size_pct=0.001))
    refused(house, denied, "limit-repeated-executions")


@control(29, "repeated rejections", f"{LIVES}/repeats.py", limit="rejections_per_strategy_per_day")
def test_a_strategy_that_the_broker_rejects_again_and_again_is_stopped(house: TradingHouse) -> Shown:
    narrow(house, rejections_per_strategy_per_day=1)
    house.broker.refused = {"submit"}
    followed(house, judged(house, 1, size_pct=0.001))
    house.broker.refused = set()
    [denied] = followed(house, judged(house, 2, size_pct=0.001))
    words = refused(house, denied, "limit-repeated-rejections")
    return Shown(
        "a strategy's second order after one rejection, where one is its limit",
        f"{words}; {stop_of(house, 'test')}",
    )


def stop_of(house: TradingHouse, strategy: str) -> str:
    """How the strategy stands, and that it is halted with exits let out."""
    with reading(house.store) as connection:
        stop = stops_in_force(connection).at(Scope.strategy(strategy))
    assert stop is not None
    assert (stop.state.value, stop.exits) == ("HALTED", True)
    return f"{stop.scope} {stop.state.value} ({stop.cause})"


def twice(house: TradingHouse, **changes: object) -> list[Decision]:
    return [judged(house, 1, size_pct=0.001), judged(house, 2, **{"size_pct": 0.001} | changes)]


@control(26, "duplicate intent", f"{LIVES}/own_orders.py", limit="duplicate_window_seconds")
def test_the_same_deal_in_a_second_signal_is_a_duplicate(either_house: TradingHouse) -> Shown:
    house = either_house
    narrow(house, duplicate_window_seconds=30)
    _, again = followed(house, *twice(house))
    denied = refused(house, again, "limit-duplicate")
    house.clock.pass_by(seconds=30)
    [later] = followed(house, judged(house, 3, size_pct=0.001))
    assert later.reasons == ()
    return Shown("one strategy buys 10 IBM in two signals at once; a third 30 seconds later", denied)


@pytest.mark.parametrize("other", [{"strategy": "another"}, {"symbol": "MSFT"}, {"size_pct": 0.002}])
def test_another_deal_is_no_duplicate(house: TradingHouse, other: dict[str, object]) -> None:
    narrow(house, duplicate_window_seconds=30)
    orders = followed(house, *twice(house, **other))
    assert [one.reasons for one in orders] == [(), ()]


def test_an_exit_is_nobody_s_twin(house: TradingHouse) -> None:
    house.hold(1, "IBM", 20)
    narrow(house, duplicate_window_seconds=30)
    house.order(2, side="SELL", qty=10)
    [exit_order] = house.execution.flatten("IBM", "ada").orders
    assert exit_order.qty == 10
    house.step()
    house.hold(3, "IBM", 10)
    [exit_order] = house.execution.flatten("IBM", "ada").orders
    house.execution.cancel(exit_order.order_id, "ada")
    house.decide(4, candidate_action="SELL")
    assert house.place(4, side="SELL", qty=10).reasons == ()


def test_a_signal_from_the_future_gets_no_order(house: TradingHouse) -> None:
    soon = house.clock.now() + timedelta(seconds=1)
    [order] = followed(house, told_of(house, judged(house, 1, size_pct=0.001, created_at=soon), soon))
    assert order.reasons == (), "clocks may differ by a second"
    late = house.clock.now() + timedelta(seconds=2)
    decision = told_of(house, judged(house, 2, size_pct=0.001, created_at=late), late)
    refused(house, followed(house, decision)[0], "limit-signal-age")


def told_of(house: TradingHouse, decision: Decision, at: datetime) -> Decision:
    """``decision``, with the event of its signal on record as of ``at``."""
    with writing(house.store) as connection:
        row = event_row(EventType.SIGNAL_CREATED, decision.signal_id, at, "{}", "/test")
        insert(connection, outbox_rows([row]))
    return decision


@control(47, "max age of a signal", f"{LIVES}/sender.py", limit="max_signal_age_seconds")
def test_a_signal_that_was_under_way_too_long_gets_no_order(house: TradingHouse) -> Shown:
    narrow(house, max_signal_age_seconds=10)
    house.decide(1)
    house.decide(2)
    house.clock.pass_by(seconds=10)
    assert house.place(1).reasons == ()
    house.clock.pass_by(seconds=1)
    denied = refused(house, house.place(2), "limit-signal-age")
    return Shown("the order of a signal that is 10 seconds old where 10 are allowed; one of 11", denied)
