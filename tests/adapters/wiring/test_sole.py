"""There is one player, one execution, one market at a time, also after the database was away."""

import threading

import pytest
from sqlalchemy import create_engine, text

from adapters.wiring.apart.sole import alone
from adapters.wiring.refusal import Refused

TERMINATE = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
    "WHERE locktype = 'advisory' AND datname = current_database()"
)


@pytest.fixture
def store(postgres_url):
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def cut(store):
    with store.connect() as connection:
        assert connection.execute(TERMINATE).rowcount


def test_a_second_one_is_refused_until_the_first_has_ended(store):
    with alone(store, "player"), pytest.raises(Refused, match="another player"), alone(store, "player"):
        pass
    with alone(store, "player"):
        pass


def test_any_number_of_policy_workers_may_work(store):
    with alone(store, "policy"), alone(store, "policy"):
        pass


def test_a_place_that_is_lost_with_its_connection_is_taken_again(store):
    displaced = threading.Event()
    with alone(store, "market", displaced.set, look_seconds=0.02):
        cut(store)
        threading.Event().wait(1)  # looking sooner could itself be the other that takes the place
        assert is_refused(store)
    assert not displaced.is_set()


def test_who_lost_the_place_to_another_ends(store):
    displaced = threading.Event()
    with alone(store, "market", displaced.set, look_seconds=0.3):
        cut(store)
        with alone(store, "market"):
            assert displaced.wait(5)


def is_refused(store):
    try:
        with alone(store, "market"):
            return False
    except Refused:
        return True
