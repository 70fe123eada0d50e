"""Figures of the store on the metrics page: what waits, the audit's chains, and a store that is away."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, Engine, text, update
from sqlalchemy.exc import DBAPIError

from policy.ports import Unanswered
from policy.stops.scope import Scope, StopState
from policy.store import after_commit, writing
from policy.tables import outbox, policy_evaluations
from policy.watching.gauges import Figures, StoreGauges, gauge
from policy.watching.store_figures import (
    audit_chains,
    standing_stops,
    waiting_events,
    waiting_reviews,
)
from tests.policy.parts import House, proposal

OURS = (waiting_events, waiting_reviews, audit_chains)


class NoClock:
    """A clock in another process, which is away."""

    def now(self) -> datetime:
        raise Unanswered("nobody knows the time")


def page(house: House, *figures: Figures) -> CollectorRegistry:
    """A registry that shows the figures of the house's store."""
    registry = CollectorRegistry()
    registry.register(StoreGauges(house.service.store, house.clock, figures or OURS))
    return registry


def deliver(house: House) -> None:
    """Everything that was to be told has been told."""
    with writing(house.service.store) as connection:
        connection.execute(update(outbox).values(delivered=True))


def test_what_waits_is_told_with_its_age(house: House) -> None:
    deliver(house)
    house.service.evaluation.evaluate_batch([proposal(1, confidence=0.1), proposal(2)])
    house.clock.pass_by(seconds=90)
    registry = page(house)
    assert registry.get_sample_value("trivet_outbox_undelivered") == 3
    assert registry.get_sample_value("trivet_outbox_oldest_seconds") == 90
    assert registry.get_sample_value("trivet_reviews_pending") == 1
    assert registry.get_sample_value("trivet_review_oldest_seconds") == 90


def test_nothing_that_waits_has_no_age(house: House) -> None:
    deliver(house)
    registry = page(house)
    assert registry.get_sample_value("trivet_outbox_undelivered") == 0
    assert registry.get_sample_value("trivet_outbox_oldest_seconds") == 0
    assert registry.get_sample_value("trivet_store_up") == 1


def test_end_of_a_chain_that_was_changed_shows_at_the_next_scrape(store: Engine, house: House) -> None:
    house.service.evaluation.evaluate_batch([proposal(1), proposal(2)])
    registry = page(house)
    assert registry.get_sample_value("trivet_audit_links", {"chain": "main"}) == 2
    assert registry.get_sample_value("trivet_audit_head_matches", {"chain": "main"}) == 1
    with writing(store) as connection:
        connection.execute(
            update(policy_evaluations).where(policy_evaluations.c.seq == 2).values(hash="0" * 64)
        )
    assert registry.get_sample_value("trivet_audit_head_matches", {"chain": "main"}) == 0


def test_store_that_is_away_takes_only_its_own_figures_from_the_page(house: House) -> None:
    def broken(_connection: Connection, _at: datetime | None) -> Iterator[Metric]:
        raise OSError("the disk is gone")

    registry = page(house, waiting_events, broken)
    assert registry.get_sample_value("trivet_store_up") == 0
    assert b"trivet_outbox_undelivered" not in generate_latest(registry)


def test_store_that_hangs_is_not_waited_for_and_not_asked_again(house: House) -> None:
    freed, looks = threading.Event(), []

    def hanging(_connection: Connection, _at: datetime | None) -> Iterator[Metric]:
        looks.append(1)
        freed.wait(10)
        yield gauge("trivet_test", "a figure", 1)

    gauges = StoreGauges(house.service.store, house.clock, [hanging], patience=0.05)
    assert [metric.samples[0].value for metric in gauges.collect()] == [0]
    assert [metric.samples[0].value for metric in gauges.collect()] == [0]
    assert len(looks) == 1
    freed.set()
    assert gauges._looking is not None
    gauges._looking.join()
    assert [metric.samples[0].value for metric in gauges.collect()] == [1, 1]


def test_ages_are_left_out_where_nobody_knows_the_time(house: House) -> None:
    registry = CollectorRegistry()
    registry.register(StoreGauges(house.service.store, NoClock(), OURS))
    assert registry.get_sample_value("trivet_store_up") == 1
    assert registry.get_sample_value("trivet_reviews_pending") == 0
    assert registry.get_sample_value("trivet_outbox_oldest_seconds") is None


def fail(store: Engine, heard: list[str]) -> None:
    with writing(store) as connection:
        after_commit(connection, lambda: heard.append("never"))
        connection.execute(text("SELECT 1 FROM nowhere"))


def test_what_watches_a_transaction_hears_of_it_once_it_is_durable(store: Engine) -> None:
    heard: list[str] = []
    with writing(store) as connection:
        after_commit(connection, lambda: heard.append("first"))
        assert heard == []
    with pytest.raises(DBAPIError):
        fail(store, heard)
    with writing(store) as connection:
        after_commit(connection, lambda: heard.append("second"))
    assert heard == ["first", "second"]


def test_ages_are_never_negative(house: House) -> None:
    house.service.evaluation.evaluate_batch([proposal(1)])
    house.clock.time -= timedelta(seconds=5)
    assert page(house).get_sample_value("trivet_outbox_oldest_seconds") == 0


def stopped(house: House) -> dict[tuple[str, str], float]:
    """Each scope and state on the page."""
    found = next(one for one in page(house, standing_stops).collect() if one.name == "trivet_stops")
    return {(one.labels["scope"], one.labels["state"]): one.value for one in found.samples}


def test_stops_are_told_by_scope_and_state_and_what_is_active_is_told_of_everything_alone(
    house: House,
) -> None:
    assert stopped(house) == {("everything", "ACTIVE"): 1}
    house.service.stops.trip(Scope.symbol("AAPL"), StopState.REDUCING, cause="person", by="ada")
    assert stopped(house) == {("everything", "ACTIVE"): 1, ("symbol:AAPL", "REDUCING"): 1}
    house.service.stops.rearm(Scope.symbol("AAPL"), by="ada", note="looked")
    assert stopped(house) == {("everything", "ACTIVE"): 1}


def test_stops_that_cannot_be_read_are_told_as_everything_halted(house: House) -> None:
    with writing(house.service.store) as connection:
        connection.execute(text("DROP TABLE stops"))
    assert stopped(house) == {("everything", "HALTED"): 1}
