"""How control tests speak: a house under narrowed limits, its own signals, and what became of an order."""

from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from policy.contracts import Decision, ReasoningMemo
from policy.order_contracts import OrderView
from policy.proposal import proposal_of_signal
from policy.rollout.phases import Phase
from policy.rollout.tables import rollout_phases
from policy.store import writing
from tests.adapters.execution.parts import TradingHouse
from tests.policy.signals import candidate


def narrow(house: TradingHouse, **changes: Any) -> None:
    """Let other limits count from now on; they are read at each order."""
    phases = house.limits
    assert isinstance(phases, dict)
    phases |= {phase: replace(limits, **changes) for phase, limits in phases.items()}


def enter(house: TradingHouse, phase: Phase) -> None:
    """Put on record that ``phase`` is in force."""
    row = {"phase": phase.value, "from_phase": Phase.DEVELOPMENT.value, "act": "advance", "by": "ada"}
    with writing(house.store) as connection:
        kept = {**row, "at": house.clock.now(), "note": "a test", "checklist": {}}
        connection.execute(insert(rollout_phases).values(kept))


def told(order: OrderView) -> str:
    """What became of an order, in words that are the same in every run."""
    reasons = "; ".join(f"{one.code}: {one.message}" for one in order.reasons)
    return f"{order.state_detail.value}, {reasons}" if reasons else order.state_detail.value


def refused(house: TradingHouse, order: OrderView, code: str) -> str:
    """As ``told``, of an order that ``code`` and nothing else refused, and that no broker was told of."""
    assert [one.code for one in order.reasons] == [code], told(order)
    assert order.state_detail.value == "DENIED"
    assert house.broker.tried[order.client_order_id] == 0
    return told(order)


def judged(house: TradingHouse, number: int = 1, **changes: Any) -> Decision:
    """The decision on the house's own signal ``number``: one per cent of IBM to buy, but for ``changes``."""
    signal = candidate(number, **{"symbol": "IBM", "created_at": house.clock.now()} | changes)
    memo = ReasoningMemo(signal_id=signal.signal_id, status="SKIPPED")
    measured = house.measure(signal.symbol, signal.created_at, signal.candidate_action)
    [decision] = house.policy.evaluation.evaluate_batch([proposal_of_signal(signal, measured, memo)])
    assert isinstance(decision, Decision)
    return decision


def followed(house: TradingHouse, *decisions: Decision) -> list[OrderView]:
    """The orders of ``decisions`` once they were followed, oldest first."""
    house.execution.follow(decisions)
    house.portfolio.catch_up(house.clock.now())
    wanted = {one.decision_id for one in decisions}
    listed = house.execution.listed(state=None, before=None, limit=100)
    return [order for _, order in reversed(listed) if order.decision_id in wanted]
