"""Opinions on the house's signals: asked for once, on record with the decision, and a failure is a REVIEW."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select

from policy.contracts import MarketContext, PortfolioContext, ReasoningMemo
from policy.decisions import decision_of, memo_ref_of, proposal_of
from policy.handlers import SignalHandler
from policy.opinions import Asked
from policy.ports import HouseContexts
from policy.store import reading
from policy.tables import policy_evaluations
from tests.policy.parts import House, Texts, body, build_house, signal_id
from tests.policy.signals import candidate
from tests.policy.test_handlers import told

CALM = HouseContexts(
    MarketContext(data_age_seconds=1, market_open=True, event_blackout_active=False, liquidity_score=0.9),
    PortfolioContext(gross_exposure_pct=0, daily_drawdown_pct=0, correlation=0),
)
ALLOW = {"status": "OK", "recommendation": "ALLOW"}


@dataclass
class Reasoner:
    """Gives the memo that ``says`` describes, or whatever ``instead`` comes to; notes what it was asked."""

    says: dict[str, Any] = field(default_factory=lambda: dict(ALLOW))
    instead: Callable[[Asked], Sequence[ReasoningMemo]] | None = None
    asked: list[Asked] = field(default_factory=list)

    def opine(self, asked: Asked) -> Sequence[ReasoningMemo]:
        self.asked.append(asked)
        if self.instead:
            return self.instead(asked)
        return [ReasoningMemo(signal_id=signal.signal_id, **self.says) for signal, _ in asked]


class Calm:
    """Measures the same calm day whoever asks."""

    def measure(self, symbol, at, action="BUY"):
        return CALM


@pytest.fixture
def reasoner() -> Reasoner:
    return Reasoner()


@pytest.fixture
def handler(house: House, reasoner: Reasoner) -> SignalHandler:
    return SignalHandler(house.service.evaluation, Calm(), reasoner)


def recorded(store: Engine) -> list[Any]:
    with reading(store) as connection:
        return list(connection.execute(select(policy_evaluations).order_by(policy_evaluations.c.id)))


def broke(_asked: Asked) -> Sequence[ReasoningMemo]:
    raise RuntimeError("no such model")


def of_another_signal(asked: Asked) -> Sequence[ReasoningMemo]:
    return [ReasoningMemo(signal_id=signal_id(99), **ALLOW) for _ in asked]


def too_few(asked: Asked) -> Sequence[ReasoningMemo]:
    return []


def test_signals_of_one_run_are_asked_about_together_in_the_contexts_they_are_judged_in(
    handler: SignalHandler, reasoner: Reasoner
) -> None:
    handler([told(candidate(1)), told(candidate(2))])
    assert reasoner.asked == [((candidate(1), CALM), (candidate(2), CALM))]


def test_a_signal_that_is_delivered_again_is_not_thought_about_again(
    handler: SignalHandler, reasoner: Reasoner, store: Engine
) -> None:
    handler([told(candidate(1)), told(candidate(1))])
    reasoner.says = {"status": "OK", "recommendation": "BLOCK"}
    handler([told(candidate(1)), told(candidate(2))])
    assert [[signal.signal_id for signal, _ in asked] for asked in reasoner.asked] == [
        [signal_id(1)],
        [signal_id(2)],
    ]
    assert [row.verdict for row in recorded(store)] == ["APPROVE", "REJECT"]


def test_a_failed_memo_is_a_review_with_its_reason_on_record(
    handler: SignalHandler, reasoner: Reasoner, store: Engine
) -> None:
    reasoner.says = {"status": "FAILED", "reason": "time-out", "reason_text": "no answer within 15 seconds"}
    handler([told(candidate(1))])
    [row] = recorded(store)
    assert decision_of(row).decision == "REVIEW"
    assert [one.rule for one in decision_of(row).reasons] == ["trading-core/failed-reasoning"]
    assert proposal_of(row).reasoning.reason == "time-out"


def test_a_memo_that_is_on_no_record_is_not_named_by_the_decision(
    handler: SignalHandler, store: Engine
) -> None:
    handler([told(candidate(1))])
    [row] = recorded(store)
    assert memo_ref_of(row) is None
    assert '"memo"' not in row.proposal


@pytest.mark.parametrize("instead", [broke, of_another_signal, too_few])
def test_a_reasoner_that_breaks_its_word_has_failed(
    handler: SignalHandler, reasoner: Reasoner, store: Engine, instead: Any
) -> None:
    reasoner.instead = instead
    handler([told(candidate(1)), told(candidate(2))])
    assert [row.verdict for row in recorded(store)] == ["REVIEW", "REVIEW"]
    assert {proposal_of(row).reasoning.reason for row in recorded(store)} == {"reasoner-broke"}


def test_a_decision_shows_what_of_the_memo_was_put_to_the_rules(
    handler: SignalHandler, reasoner: Reasoner, api: httpx.Client, store: Engine
) -> None:
    reasoner.says = {"status": "FAILED", "reason": "refused"}
    handler([told(candidate(1))])
    [row] = recorded(store)
    shown = api.get(f"/v1/policy/decisions/{row.decision_id}").json()
    assert shown["reasoning"] == {"status": "FAILED", "recommendation": None, "reason": "refused"}
    assert shown["memo"] is None


@pytest.mark.parametrize(
    ("reasoning", "fault"),
    [
        ({"status": "OK", "recommendation": "ALLOW", "reason": "time-out"}, "never with OK"),
        ({"status": "FAILED", "reason": "Time out!"}, "should match pattern"),
    ],
)
def test_a_reason_that_is_no_code_or_goes_with_an_opinion_is_a_fault(
    api: httpx.Client, reasoning: Any, fault: str
) -> None:
    answer = api.post("/v1/policy/evaluate", json=body(1) | {"reasoning": reasoning})
    assert answer.status_code == 422
    assert fault in answer.text


def test_a_caller_may_say_why_there_is_no_opinion(api: httpx.Client) -> None:
    asked = body(1) | {"reasoning": {"status": "FAILED", "reason": "time-out"}}
    answer = api.post("/v1/policy/evaluate", json=asked).json()
    assert [one["rule"] for one in answer["reasons"]] == ["trading-core/failed-reasoning"]
    shown = api.get(f"/v1/policy/decisions/{answer['decision_id']}").json()
    assert shown["reasoning"]["reason"] == "time-out"


TELLS_WHY = """
pack: tells-why
version: 1.0.0
owner: risk
purpose: Says in its message why there is no opinion.
inputs:
  reasoning.status: {type: string, one_of: [OK, FAILED, SKIPPED], absent: skip}
  reasoning.reason: {type: string, absent: skip}
rules:
  - id: failed
    when: 'reasoning.status == "FAILED"'
    then: REVIEW
    reason: "reasoning failed: {reasoning.reason}"
    rationale: Tests.
"""


def test_a_pack_may_read_why_there_is_no_opinion(store: Engine, reasoner: Reasoner) -> None:
    library = Texts(shelf={"callers": (), "house": (("tells-why", "1.0.0"),)})
    library.add(TELLS_WHY)
    house = build_house(store, library)
    reasoner.says = {"status": "FAILED", "reason": "breaker-open"}
    SignalHandler(house.service.evaluation, Calm(), reasoner)([told(candidate(1))])
    [row] = recorded(store)
    assert [one.message for one in decision_of(row).reasons] == ["reasoning failed: breaker-open"]
