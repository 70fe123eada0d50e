"""A played run goes on where it stood, whatever was done to its store from a terminal meanwhile."""

from datetime import UTC, date, datetime

from adapters.clock import SystemClock
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.wiring.journey import Plan, journey
from policy.stops.scope import Scope, StopState
from policy.stops.tripping import PERSON, Stops
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
