"""A service under more load than it takes, and one that is stopped under load: nothing is lost or made up."""

import json
import time
from urllib.request import urlopen

from sqlalchemy import select

from adapters.storage.database import connect
from policy.audit.verify import verify
from policy.store import reading
from policy.tables import policy_evaluations
from tests.flows.under_load import Callers, flood, running, stuck
from tests.policy.parts import body, signal_id

_LARGE = "x" * 900_000


def on_record(url: str) -> set[str]:
    """The signals that have a decision, after a look at the whole chain."""
    store = connect(url)
    try:
        assert verify(store) == []
        with reading(store) as connection:
            return {str(one) for one in connection.scalars(select(policy_evaluations.c.signal_id))}
    finally:
        store.dispose()


def test_flood_on_a_stuck_store_is_turned_away_before_memory_grows(postgres_url: str) -> None:
    large = {number: json.dumps(body(number, facts={"desk": _LARGE})).encode() for number in range(120)}
    small = {number: json.dumps(body(number)).encode() for number in range(1_000, 1_150)}
    with running(postgres_url, database_lock_seconds="1", requests_at_once="60") as service:
        before = service.memory()
        with stuck(postgres_url):
            told = flood(service.port, large)
            assert set(told) == {"503 overloaded", "503 database-unavailable"}
            assert told["503 database-unavailable"] <= 16 * 1024 * 1024 // len(_LARGE)
            told = flood(service.port, small)
            assert set(told) == {"503 overloaded", "503 database-unavailable"}
            assert told["503 database-unavailable"] <= 60
            with urlopen(f"http://127.0.0.1:{service.port}/healthz", timeout=5) as health:
                assert health.status == 200
        assert service.memory() - before < 100
        assert on_record(postgres_url) == set()
        assert flood(service.port, {1: small[1_001]}) == {"200": 1}
        service.terminate()
    assert on_record(postgres_url) == {str(signal_id(1_001))}


def test_service_stopped_under_load_has_on_record_what_it_answered_and_nothing_else(
    postgres_url: str,
) -> None:
    with running(postgres_url) as service:
        callers = Callers(service.port)
        callers.start(16)
        while len(callers.statuses) < 60:
            assert service.popen.poll() is None
            time.sleep(0.01)
        assert service.terminate() < 10
        callers.join()
    assert set(callers.statuses.values()) <= {200, 503}
    decided = {str(signal_id(number)) for number, status in callers.statuses.items() if status == 200}
    assert len(decided) >= 60
    assert on_record(postgres_url) == decided


def test_service_stopped_while_its_store_is_stuck_answers_everybody_in_time(postgres_url: str) -> None:
    with running(postgres_url, database_lock_seconds="1") as service, stuck(postgres_url):
        callers = Callers(service.port)
        callers.start(20)
        time.sleep(0.5)
        assert callers.statuses == {}
        assert service.terminate() < 10
        callers.join()
    assert (list(callers.statuses.values()), callers.unanswered) == ([503] * 20, [])
    assert on_record(postgres_url) == set()
