"""The house's own path: signals that strategies published are judged in the house's own contexts.

A signal that has its decision already is not thought about again: it is told the same whatever a memo says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from pydantic import ValidationError

from policy.canonical import canonical, digest
from policy.contracts import Event, ReasoningMemo, SignalCandidate
from policy.evaluate import Evaluation
from policy.opinions import opinions
from policy.ports import ContextSource, HouseContexts, Reasoner
from policy.problems import Problem, faults_of, invalid_request
from policy.proposal import Proposal, proposal_of_signal
from policy.refusals import Refusal

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SignalHandler:
    """Judges runs of ``signal.candidate.created``; idempotent, since a signal is only ever decided once."""

    evaluation: Evaluation
    contexts: ContextSource
    reasoner: Reasoner

    def __call__(self, events: Sequence[Event]) -> None:
        """Decide every signal of ``events`` in one transaction; raises what keeps it from being durable."""
        signals = [signal for event in events if (signal := self._signal(event))]
        if not signals:
            return
        proposals = self._proposals(signals)
        for proposal, answer in zip(proposals, self.evaluation.evaluate_batch(proposals), strict=True):
            if isinstance(answer, Problem):
                log.error("a signal got no decision", signal=str(proposal.signal_id), problem=answer.slug)

    def _signal(self, event: Event) -> SignalCandidate | None:
        """The signal that ``event`` tells of; None when it cannot be read."""
        try:
            return SignalCandidate.model_validate_json(canonical(event.data))
        except ValidationError as error:
            self._refuse(event, error)
            return None

    def _proposals(self, signals: Sequence[SignalCandidate]) -> list[Proposal]:
        """Each signal with what the house measures and thinks of it."""
        decided = self.evaluation.decided([signal.signal_id for signal in signals])
        seen = [(one, self._measured(one)) for one in signals]
        fresh: dict[UUID, tuple[SignalCandidate, HouseContexts]] = {}
        for one, contexts in seen:
            if one.signal_id not in decided:
                fresh.setdefault(one.signal_id, (one, contexts))
        memos = {memo.signal_id: memo for memo in opinions(self.reasoner, tuple(fresh.values()))}
        return [
            proposal_of_signal(one, contexts, memos.get(one.signal_id) or _unasked(one))
            for one, contexts in seen
        ]

    def _measured(self, signal: SignalCandidate) -> HouseContexts:
        return self.contexts.measure(signal.symbol, signal.created_at, signal.candidate_action)

    def _refuse(self, event: Event, error: ValidationError) -> None:
        """Unreadable: refused and recorded, never guessed."""
        problem = invalid_request(faults_of([dict(fault) for fault in error.errors()]))
        refusal = Refusal("house", problem, digest(canonical(event.data)))
        log.error("a signal cannot be read and is refused", event_id=str(event.id), detail=problem.detail)
        self.evaluation.keep_refused([refusal])


def _unasked(signal: SignalCandidate) -> ReasoningMemo:
    """Stands where nobody will look: the decision on ``signal`` was made with another memo."""
    return ReasoningMemo(signal_id=signal.signal_id, status="SKIPPED", reason="already-decided")
