"""Opinions on signals, whatever becomes of the reasoner: one memo each, FAILED where none fits."""

from collections.abc import Sequence

import structlog

from policy.contracts import ReasoningMemo, SignalCandidate
from policy.ports import HouseContexts, Reasoner

log = structlog.get_logger(__name__)

BROKEN = "reasoner-broke"

Asked = Sequence[tuple[SignalCandidate, HouseContexts]]


def opinions(reasoner: Reasoner, asked: Asked) -> Sequence[ReasoningMemo]:
    """One memo on each signal of ``asked``, in their order; never raises.

    A reasoner that raises, or answers to something else, has broken its word: then every memo has FAILED.
    """
    if not asked:
        return ()
    try:
        memos = reasoner.opine(asked)
    except Exception:
        log.exception("the reasoner broke", signals=len(asked))
        return [_broken(signal, "it raised an error; see the log") for signal, _ in asked]
    if [memo.signal_id for memo in memos] != [signal.signal_id for signal, _ in asked]:
        log.error("the reasoner answered to something else", asked=len(asked), memos=len(memos))
        return [_broken(signal, "it answered to something else") for signal, _ in asked]
    return memos


def _broken(signal: SignalCandidate, why: str) -> ReasoningMemo:
    return ReasoningMemo(
        signal_id=signal.signal_id,
        status="FAILED",
        reason=BROKEN,
        reason_text=f"the reasoner broke: {why}",
    )
