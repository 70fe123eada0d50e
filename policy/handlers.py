"""The house's own path: signals that strategies published are judged in the house's own contexts."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from policy.canonical import canonical, digest
from policy.contracts import Event, SignalCandidate
from policy.evaluate import Evaluation
from policy.ports import ContextSource, Reasoner
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
        proposals = [proposal for event in events if (proposal := self._proposal(event))]
        if not proposals:
            return
        for proposal, answer in zip(proposals, self.evaluation.evaluate_batch(proposals), strict=True):
            if isinstance(answer, Problem):
                log.error("a signal got no decision", signal=str(proposal.signal_id), problem=answer.slug)

    def _proposal(self, event: Event) -> Proposal | None:
        """The signal with what the house measures and thinks of it; None when it cannot be read."""
        try:
            signal = SignalCandidate.model_validate_json(canonical(event.data))
        except ValidationError as error:
            self._refuse(event, error)
            return None
        measured = self.contexts.measure(signal.symbol, signal.created_at, signal.candidate_action)
        return proposal_of_signal(signal, measured, self.reasoner.opine(signal))

    def _refuse(self, event: Event, error: ValidationError) -> None:
        """Unreadable: refused and recorded, never guessed."""
        problem = invalid_request(faults_of([dict(fault) for fault in error.errors()]))
        refusal = Refusal("house", problem, digest(canonical(event.data)))
        log.error("a signal cannot be read and is refused", event_id=str(event.id), detail=problem.detail)
        self.evaluation.keep_refused([refusal])
