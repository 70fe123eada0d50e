"""The table of stops, cell by cell: what passes, what is denied, and what is cancelled."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.execution.order import Order
from adapters.execution.stopping.held import must_end, only_reduces, stopped
from policy.order_contracts import OrderState
from policy.ports import derived_id
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.standing import Stop, StopsInForce

NOW = datetime(2012, 6, 1, 15, tzinfo=UTC)
SHARES = {"IBM": Decimal(100), "$": Decimal(-9000)}


def order(name="one", side="SELL", qty=10, purpose="signal", strategy="trend", symbol="IBM", **changes):
    made = Order(
        order_id=derived_id("order", name),
        client_order_id=derived_id("client", name),
        symbol=symbol,
        side=side,
        qty=Decimal(qty),
        order_type="MARKET",
        limit_price=None,
        purpose=purpose,
        strategy=None if purpose == "exit" else strategy,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **changes)


def at_work(name, **terms):
    return order(name, **terms, state=OrderState.ACCEPTED)


def stops(*told):
    return StopsInForce(
        tuple(
            Stop(scope, state, exits, "person", "kim", "why", NOW, number)
            for number, (scope, state, exits) in enumerate(told, start=1)
        )
    )


REDUCING = (EVERYTHING, StopState.REDUCING, True)
HALTED = (EVERYTHING, StopState.HALTED, True)
NO_EXITS = (EVERYTHING, StopState.HALTED, False)
NEW_RISK = order(side="BUY")
REDUCING_SIGNAL = order(side="SELL")
EXIT = order(side="SELL", purpose="exit")


@pytest.mark.parametrize(
    ("told", "passes"),
    [
        ((), {"new risk", "reducing signal", "exit"}),
        ((REDUCING,), {"reducing signal", "exit"}),
        ((HALTED,), {"exit"}),
        ((NO_EXITS,), set()),
    ],
)
def test_what_a_stop_lets_pass(told, passes):
    asked = {"new risk": NEW_RISK, "reducing signal": REDUCING_SIGNAL, "exit": EXIT}
    found = {name for name, one in asked.items() if stopped(one, stops(*told), SHARES, []) is None}
    assert found == passes


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ((), set()),
        ((REDUCING,), {"adding"}),
        ((HALTED,), {"adding"}),
        ((NO_EXITS,), {"adding", "reducing", "exit"}),
    ],
)
def test_what_a_stop_ends(told, ended):
    working = {
        "adding": at_work("adding", side="BUY"),
        "reducing": at_work("reducing", side="SELL"),
        "exit": at_work("exit", side="SELL", purpose="exit"),
    }
    found = {one.order_id for one, _ in must_end(stops(*told), SHARES, list(working.values()))}
    assert found == {working[name].order_id for name in ended}


@pytest.mark.parametrize("scope", [Scope.symbol("IBM"), Scope.strategy("trend"), EVERYTHING])
def test_a_stop_concerns_its_scope_and_nothing_beside_it(scope):
    told = stops((scope, StopState.HALTED, True))
    assert stopped(NEW_RISK, told, SHARES, []).code == "stopped"
    other = order(side="BUY", symbol="MSFT", strategy="fake")
    assert (stopped(other, told, SHARES, []) is None) == (scope is not EVERYTHING)


def test_of_several_stops_the_strictest_counts():
    told = stops(REDUCING, (Scope.symbol("IBM"), StopState.HALTED, False))
    assert "exits included" in stopped(EXIT, told, SHARES, []).message


@pytest.mark.parametrize(
    ("one", "shares", "fits"),
    [
        (order(qty=100), Decimal(100), True),
        (order(qty=101), Decimal(100), False),
        (order(qty=1), Decimal(0), False),
        (order(side="BUY"), Decimal(100), False),
        (order(side="BUY"), Decimal(-10), True),
        (order(side="BUY", qty=11), Decimal(-10), False),
        (order(side="SELL"), Decimal(-10), False),
    ],
)
def test_reducing_is_a_matter_of_size_and_never_flips(one, shares, fits):
    assert only_reduces(one, {"IBM": shares}, []) is fits


def test_what_leaves_already_counts_against_what_wants_to_leave():
    leaving = [at_work("leaving", qty=95)]
    assert only_reduces(order(qty=5), SHARES, leaving)
    assert not only_reduces(order(qty=6), SHARES, leaving)
    assert stopped(order(qty=6, purpose="exit"), stops(HALTED), SHARES, leaving) is not None


def test_of_sales_at_work_that_together_would_flip_the_youngest_are_ended():
    working = [at_work("old", qty=60), at_work("young", qty=60), at_work("small", qty=40)]
    assert [one.order_id for one, _ in must_end(stops(REDUCING), SHARES, working)] == [working[1].order_id]
