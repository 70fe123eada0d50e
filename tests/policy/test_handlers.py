"""The house's own path: a candidate event becomes exactly one decision, whatever happens on the way."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from policy.contracts import Action, Event, EventType, MarketContext, PortfolioContext, SignalCandidate
from policy.decisions import decision_of
from policy.handlers import SignalHandler
from policy.ports import HouseContexts, derived_id
from policy.store import reading
from policy.tables import policy_evaluations, refusals
from tests.policy.parts import NOON, House, Silent, proposal, signal_id
from tests.policy.signals import candidate


class Measured:
    """Contexts of a calm day, noting what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime, Action]] = []

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        self.asked.append((symbol, at, action))
        market = MarketContext(
            data_age_seconds=len(self.asked),
            market_open=True,
            event_blackout_active=False,
            liquidity_score=0.9,
        )
        return HouseContexts(
            market, PortfolioContext(gross_exposure_pct=0, daily_drawdown_pct=0, correlation=0)
        )


@pytest.fixture
def measured() -> Measured:
    return Measured()


@pytest.fixture
def handler(house: House, measured: Measured) -> SignalHandler:
    return SignalHandler(house.service.evaluation, measured, Silent())


def told(signal: SignalCandidate | None = None, **data: Any) -> Event:
    content = data or (signal or candidate()).model_dump(mode="json")
    event_id = derived_id("event", str(content))
    kind = EventType.SIGNAL_CREATED
    return Event(id=event_id, type=kind, source="/test", subject="s", time=NOON, data=content)


def decisions(store: Engine) -> Any:
    with reading(store) as connection:
        return [decision_of(row) for row in connection.execute(select(policy_evaluations))]


def count(store: Engine, table: Any) -> int:
    with reading(store) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_candidates_are_judged_by_the_house_set_in_its_own_contexts(
    handler: SignalHandler, measured: Measured, store: Engine
) -> None:
    handler([told(candidate(1)), told(candidate(2, candidate_action="SELL", confidence=0.1))])
    first, second = decisions(store)
    assert (first.decision, first.source) == ("APPROVE", "house")
    assert {ref.pack for ref in first.packs} == {"trading-core", "house-measurements", "house-stops"}
    assert second.decision == "REVIEW"
    assert measured.asked == [("AAPL", NOON, "BUY"), ("AAPL", NOON, "SELL")]


def test_event_delivered_again_changes_nothing(handler: SignalHandler, store: Engine) -> None:
    handler([told()])
    handler([told(), told()])
    assert count(store, policy_evaluations) == 1
    assert count(store, refusals) == 0


def test_unreadable_candidate_is_refused_on_record_and_the_others_go_on(
    handler: SignalHandler, store: Engine
) -> None:
    handler([told(signal_id="x"), told(candidate(1))])
    assert [one.signal_id for one in decisions(store)] == [signal_id(1)]
    assert count(store, refusals) == 1


def test_signal_that_a_caller_had_decided_otherwise_is_refused(
    handler: SignalHandler, house: House, store: Engine
) -> None:
    house.service.evaluation.evaluate_batch([proposal(1)])
    handler([told(candidate(1))])
    assert [one.source for one in decisions(store)] == ["callers"]
    assert count(store, refusals) == 1


def test_house_records_where_its_facts_came_from(handler: SignalHandler, store: Engine) -> None:
    handler([told()])
    with reading(store) as connection:
        source = connection.scalar(select(policy_evaluations.c.facts_source))
    assert source is not None
    assert '"market_context":"house"' in source
