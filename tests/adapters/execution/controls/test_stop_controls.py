"""Stops: what trips each, and what a trip lets pass, denies and ends."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from adapters.execution import store as rows
from adapters.execution.service import Execution
from engine import evaluate, read_pack
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.store import writing
from tests.adapters.execution.controls.attempts import narrow
from tests.adapters.execution.parts import TradingHouse
from tests.controls.rows import Shown, control
from tests.policy.parts import RULES, StillClock

HELD = "adapters/execution/stopping/held.py"
WATCHERS = "adapters/execution/stopping/watchers.py"


def what_a_stop_does(house: TradingHouse, scope: Scope, state: StopState, *, exits: bool = True) -> str:
    """What a trip makes of ten IBM that are held, half of them on sale, and of MSFT that is being bought."""
    house.hold(1, "IBM", 10)
    leaving = house.order(2, side="SELL", qty=5, limit_price="150.00")
    adding = house.order(3, symbol="MSFT", limit_price="20.00")
    house.halt(scope, state, exits=exits)
    house.execution.obey()
    new = house.order(4, symbol="MSFT", qty=1)
    reducing = house.order(5, side="SELL", qty=2)
    [exit_order] = house.execution.flatten("IBM", "kim").orders
    told = {
        "a new BUY": new,
        "a BUY at work": adding,
        "a SELL at work": leaving,
        "a reducing SELL signal": reducing,
        "an exit": exit_order.order_id,
    }
    return ", ".join(f"{name} {state_of(house, order)}" for name, order in told.items())


def state_of(house: TradingHouse, order_id: UUID) -> str:
    order = house.one(order_id)
    return " ".join([order.state_detail.value, *(f"({one.code})" for one in order.reasons)])


@control(33, "REDUCING: only what reduces, by size", HELD, "DENY, cancel")
def test_reducing_ends_what_adds_and_lets_out_what_reduces(house: TradingHouse) -> Shown:
    happened = what_a_stop_does(house, EVERYTHING, StopState.REDUCING)
    assert happened == (
        "a new BUY DENIED (stopped), a BUY at work CANCELLED, a SELL at work ACCEPTED, "
        "a reducing SELL signal ACCEPTED, an exit ACCEPTED"
    )
    return Shown("a person trips everything to REDUCING", happened)


@control(32, "HALTED: only exits", HELD, "DENY, cancel")
def test_a_halt_lets_nothing_but_exits_out(house: TradingHouse) -> Shown:
    happened = what_a_stop_does(house, EVERYTHING, StopState.HALTED)
    assert happened == (
        "a new BUY DENIED (stopped), a BUY at work CANCELLED, a SELL at work ACCEPTED, "
        "a reducing SELL signal DENIED (stopped), an exit ACCEPTED"
    )
    return Shown("a person trips everything to HALTED", happened)


@control("S1", "HALTED, exits held", HELD, "DENY, cancel")
def test_a_halt_that_holds_exits_lets_nothing_out(house: TradingHouse) -> Shown:
    happened = what_a_stop_does(house, EVERYTHING, StopState.HALTED, exits=False)
    assert happened == (
        "a new BUY DENIED (stopped), a BUY at work CANCELLED, a SELL at work CANCELLED, "
        "a reducing SELL signal DENIED (stopped), an exit DENIED (stopped)"
    )
    return Shown("a person trips everything to HALTED without exits", happened)


@control("S2", "one symbol HALTED", HELD, "DENY, cancel")
def test_a_halt_of_one_symbol_leaves_the_others_alone(house: TradingHouse) -> Shown:
    happened = what_a_stop_does(house, Scope.symbol("MSFT"), StopState.HALTED)
    assert happened == (
        "a new BUY DENIED (stopped), a BUY at work CANCELLED, a SELL at work ACCEPTED, "
        "a reducing SELL signal ACCEPTED, an exit ACCEPTED"
    )
    return Shown("a person trips MSFT to HALTED; the sales are of IBM", happened)


@control("S3", "stops that cannot be read", "policy/stops/standing.py", "DENY, cancel")
def test_stops_that_cannot_be_read_count_as_tripped(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 10)
    adding = house.order(2, symbol="MSFT", limit_price="20.00")
    with writing(house.store) as connection:
        connection.execute(text("DROP TABLE stops"))
    house.execution.obey()
    new = house.order(3, symbol="MSFT", qty=1)
    [exit_order] = house.execution.flatten("IBM", "kim").orders
    happened = (
        f"a new BUY {state_of(house, new)}, a BUY at work {state_of(house, adding)}, "
        f"an exit {state_of(house, exit_order.order_id)}"
    )
    assert happened == "a new BUY DENIED (stopped), a BUY at work CANCELLED, an exit ACCEPTED"
    return Shown("the table of stops is gone", happened)


def watched(house: TradingHouse, **further: object) -> str:
    """What the watchers trip when they look, and that new risk is denied by it from then on."""
    house.execution.guard()
    stop = house.parts.stops.in_force().at(EVERYTHING)
    assert stop is not None
    assert state_of(house, house.order(9, symbol="MSFT")) == "DENIED (stopped)"
    return f"everything {stop.state.value} ({stop.cause}) by {stop.by}; a new BUY DENIED (stopped)"


@control("S4", "daily drawdown, unrealised included", WATCHERS, "trip", limit="daily_drawdown_pct")
def test_a_drawdown_trips_and_stays_tripped(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 100)
    narrow(house, daily_drawdown_pct=Decimal("0.001"))
    house.step(IBM="89.00")
    happened = watched(house)
    assert "(daily-drawdown)" in happened
    house.step(IBM="120.00")
    assert house.parts.stops.in_force().at(EVERYTHING) is not None, "no gain re-arms it"
    return Shown("100 IBM fall by 11 dollars, 0.11 per cent of equity, where 0.1 stops", happened)


@control(10, "absolute loss of a day, latched", WATCHERS, "trip", limit="daily_loss")
def test_the_dollars_of_a_day_trip_until_a_person_lets_go(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 10)
    narrow(house, daily_loss=Decimal(50))
    house.step(IBM="94.00")
    happened = watched(house)
    assert "REDUCING (daily-loss)" in happened
    house.clock.pass_by(days=1)
    assert house.parts.stops.in_force().at(EVERYTHING) is not None, "no timer re-arms it"
    return Shown(
        "10 IBM fall by 6 dollars each where 50 dollars a day stop; a day later it still stands", happened
    )


@control("S5", "silent market", WATCHERS, "trip", limit="market_silence_seconds")
def test_a_market_that_tells_nothing_halts_everything(house: TradingHouse) -> Shown:
    narrow(house, market_silence_seconds=60)
    house.execution.guard()
    house.clock.pass_by(seconds=61)
    happened = watched(house)
    assert "HALTED (market-silent)" in happened
    return Shown("an open market is silent for 61 seconds where 60 stop", happened)


@control("S6", "unexplained reconciliation", WATCHERS, "trip", limit="reconcile_patience_seconds")
def test_a_difference_that_nobody_explains_halts_everything(house: TradingHouse) -> Shown:
    narrow(house, reconcile_patience_seconds=60)
    with writing(house.store) as connection:
        rows.freeze(connection, house.clock.now(), "IBM", "position-mismatch: 0 here, 5 at the broker")
    house.step()
    happened = watched(house)
    assert "(unresolved-reconciliation)" in happened
    return Shown("the books differ from the broker's for a minute where a minute stops", happened)


@control(
    46,
    "missed heartbeat",
    "adapters/execution/stopping/heartbeats.py",
    "trip, cancel",
    limit="heartbeat_seconds",
)
def test_a_part_that_the_gate_needs_and_that_is_silent_halts_everything(house: TradingHouse) -> Shown:
    real, answers = StillClock(), [True]

    def pulse() -> None:
        if not answers[0]:
            raise ConnectionError("nobody listens")

    house.execution = Execution(house.parts, real=real, pulses={"portfolio": pulse})
    house.execution.recover()
    house.execution.watch()
    adding = house.order(1, symbol="MSFT", limit_price="20.00")
    answers[0] = False
    real.pass_by(seconds=60)
    house.execution.watch()
    house.execution.obey()
    stop = house.parts.stops.in_force().at(EVERYTHING)
    assert stop is not None
    happened = f"everything {stop.state.value} ({stop.cause}); the BUY at work {state_of(house, adding)}"
    assert happened == "everything HALTED (missed-heartbeat); the BUY at work CANCELLED"
    return Shown("the portfolio service gives no answer for 60 seconds while a BUY rests", happened)


class Throws:
    """A portfolio whose sums cannot be told."""

    def __init__(self, equity: object) -> None:
        self.equity = equity

    def day(self) -> None:
        raise ZeroDivisionError("no equity")


@control("S7", "failure to compute any of these", "adapters/execution/stopping/watching.py", "trip")
def test_sums_that_throw_trip_instead_of_passing(house: TradingHouse) -> Shown:
    house.parts = replace(house.parts, account=Throws(house.portfolio.equity))
    house.execution = Execution(house.parts)
    house.execution.recover()
    happened = watched(house)
    assert "HALTED (watcher-failed)" in happened
    return Shown("the code that counts profit and loss throws", happened)


@control(
    38,
    "flat before the close",
    "adapters/execution/overnight.py",
    "exit",
    limit="flatten_before_close_minutes",
)
def test_what_may_not_be_held_overnight_is_left_before_the_close(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 10)
    adding = house.order(2, symbol="MSFT", limit_price="20.00")
    narrow(house, flatten_before_close_minutes=15)
    house.market.closes = house.clock.now() + timedelta(minutes=14)
    house.execution.guard()
    house.step(moment="close")
    assert house.shares()["house"] == {}
    return Shown(
        "ten IBM are held and MSFT is being bought 14 minutes before the close, where 15 count",
        f"the BUY {state_of(house, adding)}, nothing held at the close",
    )


@control(38, "no opening late in a session", "rules/rollout-paper/pack.yaml", "REJECT")
def test_nothing_is_opened_close_to_the_close() -> Shown:
    late = ruled("rollout-paper", {"house.minutes_to_close": 10.0})
    assert late == "REJECT late-opening"
    return Shown("in phase paper, a BUY ten minutes before the close", late)


@control(11, "risk of a trade", "rules/rollout-paper/pack.yaml", "REJECT")
def test_a_trade_that_risks_more_than_half_a_per_cent_is_rejected() -> Shown:
    fits = ruled("rollout-paper", {"size_pct": 0.01, "stop_distance_pct": 0.5})
    wide = ruled("rollout-paper", {"size_pct": 0.01, "stop_distance_pct": 0.51})
    none = ruled("rollout-paper", {"stop_distance_pct": None})
    assert (fits, wide) == ("APPROVE", "REJECT risk-too-large")
    assert none.startswith("REJECT")
    return Shown(
        "one per cent of equity with its stop 50 per cent away, 51 per cent away, and nowhere",
        f"{fits}; {wide}; {none}",
    )


PAPER_FACTS = {
    "symbol": "IBM",
    "size_pct": 0.01,
    "stop_distance_pct": 0.1,
    "house.minutes_to_close": 300.0,
    "house.only_reduces": False,
}


def ruled(pack: str, changes: dict[str, object]) -> str:
    """What the pack says of a calm BUY but for ``changes``; None removes a fact."""
    facts = {name: value for name, value in (PAPER_FACTS | changes).items() if value is not None}
    text_of_pack = (RULES / pack / "pack.yaml").read_text("utf-8")
    outcome = evaluate([read_pack(text_of_pack, f"{pack}.yaml")], facts)
    return " ".join([outcome.verdict.name, *(hit.rule.rpartition("/")[2] for hit in outcome.hits)])
