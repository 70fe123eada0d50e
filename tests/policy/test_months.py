"""Months of the log on Postgres: made ahead, attached under load, and nothing lost where one is missing."""

import threading
import time
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine, inspect, text

from adapters.storage.database import Connections, open_store
from policy.audit.verify import verify
from policy.retention.months import Months, following, month_of, stray_months
from policy.retention.retire import LogBusy, Plan, Retired, retire
from policy.store import reading
from tests.policy.parts import NOON, House, after_first, build_house, proposal, signal_id


@pytest.fixture
def store_url(postgres_url: str) -> str:
    """Only Postgres has partitions."""
    return postgres_url


def places(store: Engine) -> dict[str, int]:
    """How many evaluations lie in which partition."""
    with reading(store) as connection:
        query = text("SELECT tableoid::regclass::text, count(*) FROM policy_evaluations GROUP BY 1")
        return {row[0]: row[1] for row in connection.execute(query)}


def partitions(store: Engine) -> set[str]:
    return {name for name in inspect(store).get_table_names() if name.startswith("policy_evaluations_")}


def test_a_month_is_that_of_utc() -> None:
    berlin = datetime.fromisoformat("2012-06-01T01:30:00+02:00")
    assert month_of(berlin) == date(2012, 5, 1)
    assert following(date(2012, 12, 1)) == date(2013, 1, 1)
    assert following(date(2012, 1, 1)) == date(2012, 2, 1)


def test_decisions_lie_in_their_month_and_the_next_month_is_ready(house: House, store: Engine) -> None:
    house.service.evaluation.evaluate_batch([proposal(1, confidence=0.5)])
    house.clock.time = datetime(2012, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
    house.service.evaluation.evaluate_batch([proposal(2, confidence=0.5)])
    house.clock.time += timedelta(microseconds=1)
    house.service.evaluation.evaluate_batch([proposal(3, confidence=0.5)])
    assert places(store) == {"policy_evaluations_2012_06": 2, "policy_evaluations_2012_07": 1}
    months = {f"policy_evaluations_2012_0{month}" for month in (6, 7, 8)}
    assert partitions(store) == {*months, "policy_evaluations_default"}
    assert verify(store) == []


def test_who_makes_a_month_waits_for_no_reader_for_long(house: House, store: Engine) -> None:
    """An audit reads the whole log in one transaction; decisions must go on beside it."""
    with reading(store) as connection:
        connection.execute(text("SELECT count(*) FROM policy_evaluations"))
        started = time.monotonic()
        house.service.evaluation.evaluate_batch([proposal(1)])
        house.service.evaluation.evaluate_batch([proposal(2)])
        assert time.monotonic() - started < 5
    assert places(store) == {"policy_evaluations_default": 2}


def test_strays_are_told_by_readiness_and_move_in_with_the_next_making(
    house: House, store: Engine, api: httpx.Client
) -> None:
    with reading(store) as connection:
        connection.execute(text("SELECT count(*) FROM policy_evaluations"))
        house.service.evaluation.evaluate_batch([proposal(number, confidence=0.5) for number in range(5)])
    told = api.get("/readyz")
    assert (told.status_code, told.json()["type"]) == (503, "urn:trivet:problem:partition-missing")
    Months(store).reach(NOON + timedelta(days=300))
    assert places(store) == {"policy_evaluations_2012_06": 5}
    assert api.get("/readyz").status_code == 200
    assert verify(store) == []


def test_workers_that_meet_a_new_month_together_all_decide(store: Engine) -> None:
    houses = [build_house(store, chain=f"worker-{number}") for number in range(4)]
    failures: list[BaseException] = []

    def work(place: int, house: House) -> None:
        try:
            for turn in range(6):
                house.clock.time = NOON + timedelta(days=31 * turn)
                signals = range(place * 100 + turn * 10, place * 100 + turn * 10 + 4)
                house.service.evaluation.evaluate_batch([proposal(one, confidence=0.5) for one in signals])
        except Exception as error:  # a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(houses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(places(store).values()) == 4 * 6 * 4
    assert verify(store) == []
    with reading(store) as connection:
        Months(store).reach(NOON)
        assert stray_months(connection) == []


def test_retention_waits_for_no_long_reader_and_loses_nothing(house: House, store: Engine) -> None:
    house.service.evaluation.evaluate_batch([proposal(number) for number in range(5)])
    plan = Plan(NOON + timedelta(days=60), frozenset(), NOON + timedelta(days=60), "ada")
    with reading(store) as reader:
        reader.execute(text("SELECT count(*) FROM policy_rule_hits"))
        with pytest.raises(LogBusy, match="run `trivet retention` again"):
            retire(store, plan)
    assert places(store) == {"policy_evaluations_2012_06": 5}
    assert retire(store, plan) == [Retired("2012-06", 5, 0, 0)]
    assert partitions(store) == {"policy_evaluations_2012_07", "policy_evaluations_default"}
    assert verify(store) == []


def test_two_who_drop_the_same_at_once_leave_one_anchor(house: House, store: Engine, store_url: str) -> None:
    """Also of what was kept aside, where no partition's lock keeps them apart."""
    house.service.evaluation.evaluate_batch([proposal(number) for number in range(5)])
    at = NOON + timedelta(days=60)
    retire(store, Plan(at, frozenset({signal_id(1), signal_id(2)}), at, "ada"))
    other, plan = open_store(store_url, Connections(lock_seconds=1)), Plan(at, frozenset(), at, "ada")

    def again() -> None:
        with pytest.raises(LogBusy):
            retire(other, plan)

    with after_first(store, "FROM kept_evaluations", again):
        assert retire(store, plan) == [Retired("kept", 2, 0, 0)]
    assert verify(store) == []
    other.dispose()
