"""A store that an earlier Trivet had halted by freezing ``*`` is halted by a stop; nothing else is frozen."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import select, text

from adapters.execution.tables import frozen_symbols
from adapters.storage.database import open_store
from adapters.storage.migrate import alembic_config
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.tripping import Stops
from policy.store import reading, writing
from tests.policy.parts import StillClock

BEFORE = "0018"
SINCE = datetime(2012, 6, 1, 15, tzinfo=UTC)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def old_store(request):
    """A store as it was before stops were obeyed."""
    store = open_store(request.getfixturevalue(request.param))
    with writing(store) as connection:
        command.downgrade(alembic_config(connection), BEFORE)
    yield store
    store.dispose()


def freeze(store, *symbols):
    rows = [{"symbol": symbol, "since": SINCE, "why": f"why {symbol}"} for symbol in symbols]
    with writing(store) as connection:
        connection.execute(frozen_symbols.insert(), rows)


def upgrade(store):
    with writing(store) as connection:
        command.upgrade(alembic_config(connection), "head")
    with reading(store) as connection:
        return set(connection.scalars(select(frozen_symbols.c.symbol)))


def test_what_halted_the_house_goes_on_doing_so_until_a_person_lets_go(old_store):
    freeze(old_store, "*", "IBM")
    stops = Stops(old_store, StillClock())
    stops.trip(Scope.symbol("MSFT"), StopState.REDUCING, cause="person", by="kim")
    assert upgrade(old_store) == {"IBM"}
    stop = stops.in_force().at(EVERYTHING)
    told = (stop.state, stop.exits, stop.cause, stop.by, stop.note, stop.at)
    assert told == (StopState.HALTED, True, "gate-passed-by", "execution", "why *", SINCE)
    assert stop.number == stops.history()[0].number == 2
    assert stops.rearm(EVERYTHING, by="kim", note="looked").state is StopState.ACTIVE


def test_what_was_not_halted_is_not_stopped(old_store):
    freeze(old_store, "IBM")
    stops = Stops(old_store, StillClock())
    stops.trip(Scope.symbol("MSFT"), StopState.REDUCING, cause="person", by="kim")
    assert upgrade(old_store) == {"IBM"}
    assert [str(stop.scope) for stop in stops.in_force()] == ["symbol:MSFT"]


def test_a_house_that_is_stopped_already_keeps_the_stricter(old_store):
    freeze(old_store, "*")
    stops = Stops(old_store, StillClock())
    stops.trip(EVERYTHING, StopState.REDUCING, cause="person", by="kim")
    assert upgrade(old_store) == set()
    assert stops.in_force().at(EVERYTHING).state is StopState.HALTED
    with reading(old_store) as connection:
        assert connection.scalar(text("SELECT count(*) FROM stops")) == 1
