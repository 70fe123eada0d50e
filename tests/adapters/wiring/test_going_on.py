"""A played run goes on where it stood, whatever was done to its store from a terminal meanwhile."""

from datetime import UTC, date, datetime

import pytest

from adapters.clock import SystemClock
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.wiring.journey import Plan, journey
from adapters.wiring.refusal import JourneyRefused
from policy.rollout.moving import Move, record_move
from policy.rollout.phases import InPhase, Phase
from policy.stops.scope import Scope, StopState
from policy.stops.tripping import PERSON, Stops
from policy.store import writing
from tests.trivet import PROJECT

AT = datetime(2012, 6, 4, 14, 30, tzinfo=UTC)


def test_a_stop_from_before_the_first_run_does_not_count_as_how_far_it_came(tmp_path):
    settings = Settings(home=tmp_path, rules=PROJECT / "rules")
    store = open_store(settings.store_url())
    stops = Stops(store, SystemClock())  # nobody plays yet, so the time on record is the real one
    stops.trip(Scope.symbol("IBM"), StopState.HALTED, cause=PERSON, by="kim")
    store.dispose()
    with journey(settings, Plan(at=AT, last=date(2012, 6, 8)), keep="step") as travel:
        stood = travel.player.step()
    with journey(settings, Plan(), keep="step") as travel:
        assert travel.player.status.time == stood.time


def test_a_phase_that_was_entered_in_real_time_is_not_played_from_before_it(tmp_path):
    settings = Settings(home=tmp_path, rules=PROJECT / "rules")
    store = open_store(settings.store_url())
    move = Move(InPhase(Phase.DEVELOPMENT, None, 0), Phase.PAPER, "advance", "anna", "ben", "ready")
    with writing(store) as connection:
        record_move(connection, move, SystemClock())
    store.dispose()
    with (
        pytest.raises(JourneyRefused, match=r"entered phase paper at \S+, later than"),
        journey(settings, Plan(at=AT, last=date(2012, 6, 8)), keep="step"),
    ):
        raise AssertionError("every order of it would be denied")
