"""Played steps come in through the same inspection as everything else, and history is played as it was."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.market.door import Door, Refused, raw_bar
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.intake import Intake
from adapters.market.known_jumps import read_known_jumps
from adapters.market.sample import load_bars
from adapters.market.steps import start_step, steps
from adapters.storage.database import open_store
from tests.policy.parts import StillClock


@pytest.fixture
def store(sqlite_url):
    engine = open_store(sqlite_url)
    yield engine
    engine.dispose()


def door_to(store, tape, calendar, accepted=()):
    looked = Inspection(tape.symbols, calendar, accepted=accepted)
    return Door(Intake("player", looked, Quarantine(store), Acceptances(store, StillClock())), tape)


@pytest.mark.parametrize(
    "span", [(date(2000, 9, 1), date(2000, 10, 31)), (date(2012, 5, 18), date(2012, 6, 29))]
)
def test_nothing_of_the_sample_is_refused_and_the_steps_stay_the_same(store, tape, calendar, span):
    door = door_to(store, tape, calendar, read_known_jumps())
    for step in steps(tape, calendar, *span):
        assert door.through(step) is step
    assert door.intake.quarantine.cases() == []


def test_no_bar_of_the_sample_is_refused_in_thirteen_years(calendar):
    looked = Inspection(("AAPL", "FB", "GOOG", "IBM", "MSFT"), calendar, accepted=read_known_jumps())
    for series in load_bars(calendar).values():
        for bar in series:
            assert looked.bar(raw_bar(bar, bar.closed_at)) == bar


def test_the_fall_of_2000_would_be_held_if_nobody_had_looked(store, tape, calendar):
    door = door_to(store, tape, calendar)
    played = [door.let_in(step) for step in steps(tape, calendar, date(2000, 9, 28), date(2000, 9, 29))]
    assert [refused.quotes for refused in played[6:]] == [{"AAPL"}] * 6
    assert played[-1].bars == {"AAPL"}
    assert door.intake.tally.of("AAPL") == {"accepted": 6, "jump": 6}


@pytest.mark.parametrize("at", ["2012-06-05T15:00:00+00:00", "2012-06-09T12:00:00+00:00"])
def test_a_run_that_starts_anywhere_has_all_its_quotes(store, tape, calendar, at):
    door = door_to(store, tape, calendar)
    step = start_step(tape, calendar, datetime.fromisoformat(at))
    assert door.through(step) is step


def test_a_step_that_is_repeated_has_the_same_outcome_and_is_counted_once(store, tape, calendar):
    door = door_to(store, tape, calendar)
    opened, morning = list(steps(tape, calendar, date(2012, 6, 5), date(2012, 6, 5)))[:2]
    broken = replace(morning, quotes=tuple(_halved(quote) for quote in morning.quotes))
    assert door.through(opened) == door.through(opened) == opened
    assert door.through(broken).quotes == door.through(broken).quotes == ()
    assert {case.times for case in door.intake.quarantine.cases()} == {1}


def test_what_was_refused_can_be_written_down():
    refused = Refused(StillClock().now() + timedelta(microseconds=5), frozenset({"IBM"}), frozenset({"FB"}))
    assert Refused.from_state(refused.to_state()) == refused


def _halved(quote):
    return quote.model_copy(update={"bid": quote.bid * Decimal("0.5"), "ask": quote.ask * Decimal("0.5")})
