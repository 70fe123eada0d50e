"""One of the house's own signals on a calm or a bad day, and what the rules made of it."""

from typing import Any

from policy.contracts import Decision, MarketContext, PortfolioContext, ReasoningMemo
from policy.ports import HouseContexts
from policy.proposal import Proposal, proposal_of_signal
from tests.policy.parts import House
from tests.policy.signals import candidate

MARKET = MarketContext(data_age_seconds=1, market_open=True, event_blackout_active=False, liquidity_score=0.9)
BOOK = PortfolioContext(gross_exposure_pct=0.1, daily_drawdown_pct=0.0, correlation=0.1)
BAD_DAY = BOOK.model_copy(update={"daily_drawdown_pct": 0.04})


def own(number: int = 1, book: PortfolioContext = BOOK, **changes: Any) -> Proposal:
    """Signal ``number`` of the strategy trend, but for ``changes``, with the book as it is measured."""
    signal = candidate(number, **{"strategy": "trend", **changes})
    memo = ReasoningMemo(signal_id=signal.signal_id, status="SKIPPED")
    return proposal_of_signal(signal, HouseContexts(MARKET, book), memo)


def decide(house: House, one: Proposal) -> Decision:
    """The decision on ``one``."""
    (decision,) = house.service.evaluation.evaluate_batch([one])
    assert isinstance(decision, Decision), decision
    return decision


def hits(decision: Decision) -> list[tuple[str, str]]:
    """Which rules objected, each with its cause."""
    return [(one.rule, one.cause) for one in decision.reasons]
