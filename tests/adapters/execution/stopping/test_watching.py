"""Watchers over a real house: each trips what it should, stays tripped, and failing to look trips as well."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import NullPool, create_engine, text

from adapters.execution import store as rows
from adapters.execution.service import Execution
from policy.ports import Unanswered
from policy.rollout.phases import Phase
from policy.stops.scope import EVERYTHING, StopState
from policy.store import writing
from tests.adapters.execution.parts import TradingHouse
from tests.policy.parts import StillClock

DROP_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)


def bound(house, **limits):
    """The same house under other limits of development, as after a restart."""
    development = replace(house.parts.limits[Phase.DEVELOPMENT], **limits)
    house.parts = replace(house.parts, limits=house.parts.limits | {Phase.DEVELOPMENT: development})
    return restarted(house)


def restarted(house, **further):
    house.execution = Execution(house.parts, **further)
    house.execution.recover()
    return house


def stop_of(house):
    return house.parts.stops.in_force().at(EVERYTHING)


def causes(house):
    return [told.cause for told in house.parts.stops.history()][::-1]


def lose(house, ask):
    """Ten IBM, bought at 100.00, are marked five cents below ``ask``."""
    house.step(IBM=ask)


@pytest.fixture
def invested(house: TradingHouse) -> TradingHouse:
    house.hold(1, "IBM", 10)
    return bound(house, daily_loss=Decimal(100))


def test_an_unrealised_loss_stops_new_risk_and_a_person_alone_lets_go(invested: TradingHouse):
    lose(invested, "91.00")
    assert invested.execution.guard() == 0
    lose(invested, "88.00")
    assert invested.execution.guard() > 0
    stop = stop_of(invested)
    assert (stop.state, stop.exits, stop.cause, stop.by) == (
        StopState.REDUCING,
        True,
        "daily-loss",
        "execution",
    )
    lose(invested, "120.00")
    invested.execution.guard()
    assert stop_of(invested) == stop
    denied = invested.one(invested.order(2, symbol="MSFT"))
    assert [reason.code for reason in denied.reasons] == ["stopped"]


def test_what_a_person_re_arms_trips_again_only_when_it_gets_worse(invested: TradingHouse):
    lose(invested, "88.00")
    invested.execution.guard()
    lose(invested, "86.00")
    invested.execution.guard()
    invested.parts.stops.rearm(EVERYTHING, by="kim", note="seen")
    restarted(invested)
    lose(invested, "86.00")
    assert (invested.execution.guard(), stop_of(invested)) == (0, None)
    lose(invested, "85.99")
    assert invested.execution.guard() > 0
    assert causes(invested) == ["daily-loss", "person", "daily-loss"]


def test_a_loss_that_was_made_up_for_and_comes_back_trips_anew(invested: TradingHouse):
    lose(invested, "88.00")
    invested.execution.guard()
    invested.parts.stops.rearm(EVERYTHING, by="kim", note="seen")
    lose(invested, "99.00")
    invested.execution.guard()
    lose(invested, "88.00")
    assert invested.execution.guard() > 0


def test_a_silent_market_halts(house: TradingHouse):
    house.execution.guard()
    house.clock.pass_by(seconds=house.parts.limits[Phase.DEVELOPMENT].market_silence_seconds + 1)
    house.execution.guard()
    assert (stop_of(house).cause, stop_of(house).state) == ("market-silent", StopState.HALTED)


def test_a_market_that_is_closed_may_be_silent(house: TradingHouse):
    house.market.exchange.is_open = False
    house.clock.pass_by(seconds=house.parts.limits[Phase.DEVELOPMENT].market_silence_seconds + 1)
    assert house.execution.guard() == 0


def test_a_difference_nobody_explains_halts_after_its_patience(house: TradingHouse):
    patience = house.parts.limits[Phase.DEVELOPMENT].reconcile_patience_seconds
    with writing(house.store) as connection:
        rows.freeze(connection, house.clock.now(), "IBM", "a test")
    house.step()
    assert house.execution.guard() == 0
    house.clock.pass_by(seconds=patience)
    house.step()
    house.execution.guard()
    assert stop_of(house).cause == "unresolved-reconciliation"


class Throws:
    """A portfolio whose sums cannot be told."""

    def __init__(self, inner, error):
        self.equity = inner.equity
        self._error = error

    def day(self):
        raise self._error


@pytest.mark.parametrize("error", [ZeroDivisionError("no"), KeyError("IBM"), ArithmeticError()])
def test_sums_that_cannot_be_told_halt_everything_and_exits_pass(house: TradingHouse, error):
    house.hold(1, "IBM", 10)
    adding = house.order(2, symbol="MSFT")
    house.parts = replace(house.parts, account=Throws(house.portfolio, error))
    restarted(house).execution.guard()
    stop = stop_of(house)
    assert (stop.state, stop.exits, stop.cause) == (StopState.HALTED, True, "watcher-failed")
    assert house.state(adding) == "CANCELLED"
    [leaving] = house.execution.flatten("IBM", "kim").orders
    house.step()
    assert house.state(leaving.order_id) == "FILLED"


def test_nobody_can_re_arm_what_nobody_can_watch(house: TradingHouse):
    house.parts = replace(house.parts, account=Throws(house.portfolio, ValueError("no")))
    restarted(house).execution.guard()
    house.parts.stops.rearm(EVERYTHING, by="kim", note="it will be fine")
    house.execution.guard()
    assert stop_of(house).cause == "watcher-failed"


def test_a_phase_that_cannot_be_read_halts(house: TradingHouse):
    with writing(house.store) as connection:
        connection.execute(text("DROP TABLE rollout_phases"))
    house.execution.guard()
    assert stop_of(house).cause == "watcher-failed"


def test_a_service_that_gives_no_answer_trips_nothing_until_its_heartbeat_is_missed(house: TradingHouse):
    real, answers = StillClock(), [True]

    def pulse():
        if not answers[0]:
            raise ConnectionError("nobody listens")

    restarted(house, real=real, pulses={"portfolio": pulse}).execution.guard()
    house.execution.watch()
    answers[0] = False
    limit = house.parts.limits[Phase.DEVELOPMENT].heartbeat_seconds
    real.pass_by(seconds=limit - 1)
    house.execution.watch()
    assert not house.parts.stops.in_force()
    real.pass_by(seconds=1)
    house.execution.watch()
    assert (stop_of(house).cause, stop_of(house).state) == ("missed-heartbeat", StopState.HALTED)
    assert "the portfolio service" in stop_of(house).note


class Nobody:
    """The time, while nobody knows it."""

    def now(self):
        raise Unanswered("the player's time is not there")


def away():
    raise ConnectionError("nobody listens")


@pytest.mark.parametrize("lost", ["portfolio", "time"])
def test_a_heartbeat_is_missed_though_a_house_that_stands_still_can_ask_nobody(house: TradingHouse, lost):
    real = StillClock()
    restarted(house, real=real, pulses={"portfolio": away}).execution.guard()
    house.execution.watch()
    watching = house.execution._watching
    changed = {
        "portfolio": {"account": Throws(house.portfolio, ConnectionError("away"))},
        "time": {"clock": Nobody()},
    }
    watching._parts = replace(house.parts, **changed[lost])
    real.pass_by(seconds=house.parts.limits[Phase.DEVELOPMENT].heartbeat_seconds)
    with suppress(ConnectionError):
        house.execution.watch()
    assert stop_of(house).cause == "missed-heartbeat"


def test_no_answer_is_not_a_measure(house: TradingHouse):
    house.parts = replace(house.parts, account=Throws(house.portfolio, ConnectionError("away")))
    restarted(house)
    with pytest.raises(ConnectionError):
        house.execution.guard()
    assert not house.parts.stops.in_force()


def test_in_the_middle_of_a_step_the_market_is_not_silent(house: TradingHouse):
    house.execution.guard()
    house.clock.pass_by(seconds=house.parts.limits[Phase.DEVELOPMENT].market_silence_seconds + 1)
    house.execution.watch()
    assert not house.parts.stops.in_force()


def test_connections_that_the_database_has_dropped_halt_nothing(either_house: TradingHouse):
    either_house.execution.guard()
    if either_house.store.dialect.name == "postgresql":
        admin = create_engine(either_house.store.url, poolclass=NullPool)
        with admin.begin() as connection:
            assert connection.execute(DROP_OTHERS).all()
    either_house.execution.guard()
    assert not either_house.parts.stops.in_force()


class Overtaken:
    """A portfolio in another process that answers so late that the player has moved on meanwhile."""

    def __init__(self, house, seconds):
        self.equity = house.portfolio.equity
        self._house, self._seconds = house, seconds
        self.late = False

    def day(self):
        told = self._house.portfolio.day()
        if self.late:
            self._house.clock.pass_by(seconds=self._seconds)
        return told


def test_a_step_that_begins_while_the_watchers_look_is_no_silence(house: TradingHouse):
    seconds = house.parts.limits[Phase.DEVELOPMENT].market_silence_seconds + 1
    account = Overtaken(house, seconds)
    house.parts = replace(house.parts, account=account)
    restarted(house).execution.guard()
    account.late = True
    house.execution.watch()
    assert not house.parts.stops.in_force()


def test_a_heartbeat_is_missed_from_when_it_was_first_listened_for(house: TradingHouse):
    real, limit = StillClock(), house.parts.limits[Phase.DEVELOPMENT].heartbeat_seconds
    restarted(house, real=real, pulses={"portfolio": away})
    real.pass_by(seconds=10 * limit)  # as long as nobody has begun to play
    house.execution.watch()
    real.pass_by(seconds=limit - 1)
    house.execution.watch()
    assert not house.parts.stops.in_force()
    real.pass_by(seconds=1)
    house.execution.watch()
    assert stop_of(house).cause == "missed-heartbeat"


def test_between_steps_the_watchers_look_as_well(invested: TradingHouse):
    invested.execution.guard()
    at = invested.clock.now()
    exchange = invested.market.exchange
    assert exchange.prices["IBM"] == (Decimal("99.90"), Decimal("100.00"))
    day = invested.portfolio.account
    invested.portfolio._account = replace(day, marks=day.marks | {"IBM": Decimal(1)})
    invested.execution.watch()
    assert (stop_of(invested).cause, invested.clock.now()) == ("daily-loss", at)
