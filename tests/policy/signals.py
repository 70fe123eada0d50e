"""Candidates as strategies publish them."""

from policy.contracts import SignalCandidate
from tests.policy.parts import NOON, signal_id


def candidate(number: int = 1, **changes: object) -> SignalCandidate:
    """Candidate ``number``: a confident buy of Apple but for ``changes``."""
    fields: dict[str, object] = {
        "signal_id": signal_id(number),
        "symbol": "AAPL",
        "candidate_action": "BUY",
        "confidence": 0.8,
        "size_pct": 0.01,
        "strategy": "test",
        "model_version": "1",
        "created_at": NOON,
    }
    return SignalCandidate(**{**fields, **changes})  # type: ignore[arg-type]
