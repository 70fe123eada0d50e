"""What is put to the rules: a signal, the contexts it is judged in, and where each came from."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import Field

from policy.canonical import digest
from policy.contracts import (
    Action,
    Contract,
    EvaluateRequest,
    Fraction,
    MarketContext,
    MemoOpinion,
    MemoRef,
    PackSet,
    PortfolioContext,
    ReasoningMemo,
    Scalar,
    SignalCandidate,
    Symbol,
)
from policy.ports import HouseContexts

_NOT_THE_SIGNAL = {"market_context", "portfolio_context", "reasoning", "memo", "strategy"}


class Proposal(Contract):
    """One signal with everything that was known of it when it was judged.

    ``source`` says whose packs judge. A context that the house could not measure is None;
    a caller's request always carries both. ``strategy`` is who proposed one of the house's own signals,
    ``memo`` names the record behind the house's own ``reasoning``.
    """

    source: PackSet
    signal_id: UUID
    symbol: Symbol
    candidate_action: Action
    confidence: Fraction
    size_pct: Fraction
    stop_distance_pct: Fraction | None = None
    strategy: str | None = None
    market_context: MarketContext | None = None
    portfolio_context: PortfolioContext | None = None
    reasoning: MemoOpinion | None = None
    memo: MemoRef | None = None
    facts: Mapping[str, Scalar] = Field(default_factory=dict)

    def text(self) -> str:
        """Everything as JSON, equal for equal proposals: fields in order, absent ones left out."""
        return self.model_dump_json(exclude_none=True)

    def body_hash(self) -> str:
        """What makes a repeated signal the same signal.

        A caller sends its contexts, so they count. The house measures its own anew each time an
        event is delivered, so for its signals only what the strategy said counts.
        """
        if self.source == "callers":
            return digest(self.text())
        return digest(self.model_dump_json(exclude_none=True, exclude=_NOT_THE_SIGNAL))


def proposal_of_request(request: EvaluateRequest) -> Proposal:
    """A caller's request, already validated, as a proposal."""
    fields = dict(request.__dict__)
    fields["facts"] = dict(sorted(request.facts.items()))
    return Proposal.model_construct(source="callers", **fields)


def proposal_of_signal(signal: SignalCandidate, contexts: HouseContexts, memo: ReasoningMemo) -> Proposal:
    """One of the house's own signals with what the house measured and the memo on it."""
    return Proposal(
        source="house",
        signal_id=signal.signal_id,
        symbol=signal.symbol,
        candidate_action=signal.candidate_action,
        confidence=signal.confidence,
        size_pct=signal.size_pct,
        stop_distance_pct=signal.stop_distance_pct,
        strategy=signal.strategy,
        market_context=contexts.market,
        portfolio_context=contexts.portfolio,
        reasoning=MemoOpinion(status=memo.status, recommendation=memo.recommendation, reason=memo.reason),
        memo=_ref_of(memo),
    )


def _ref_of(memo: ReasoningMemo) -> MemoRef | None:
    """Where ``memo`` is on record; None for one that is on none."""
    if memo.memo_id is None or memo.digest is None:
        return None
    return MemoRef(memo_id=memo.memo_id, digest=memo.digest)
