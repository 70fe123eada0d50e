"""The house's own path: candidates from the bus, measured, opined on, judged by the house's packs."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from policy.canonical import canonical, digest
from policy.contracts import Event, SignalCandidate
from policy.evaluate import Evaluation
from policy.ports import Clock, ContextSource, Reasoner
from policy.problems import Problem, faults_of, invalid_request
from policy.proposal import Proposal, proposal_of_signal
from policy.refusals import Refusal

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HouseSignals:
    """Handles ``signal.candidate.created``: every readable candidate gets exactly one decision."""

    evaluation: Evaluation
    clock: Clock
    contexts: ContextSource
    reasoner: Reasoner

    def handle(self, events: Sequence[Event]) -> None:
        """Decide the candidates of ``events`` in one transaction; a repeated one changes nothing.

        One that cannot be read, or whose signal was decided with another body, is refused on
        record. Raises when the store is away: the events are then delivered again.
        """
        read = [_read(event) for event in events]
        refused = [one for one in read if isinstance(one, Refusal)]
        if refused:
            self._refuse(refused)
        proposals = [self._measured(one) for one in read if isinstance(one, SignalCandidate)]
        for answer in self.evaluation.evaluate_batch(proposals) if proposals else ():
            if isinstance(answer, Problem):
                log.error("a signal of the house was refused", problem=answer.slug, detail=answer.detail)

    def _measured(self, signal: SignalCandidate) -> Proposal:
        contexts = self.contexts.measure(signal.symbol, self.clock.now(), signal.candidate_action)
        return proposal_of_signal(signal, contexts, self.reasoner.opine(signal))

    def _refuse(self, refused: Sequence[Refusal]) -> None:
        for one in refused:
            log.error(
                "a signal of the house cannot be read", faults=[fault.pointer for fault in one.problem.errors]
            )
        self.evaluation.keep_refused(refused)


def _read(event: Event) -> SignalCandidate | Refusal:
    text = canonical(event.data)
    try:
        return SignalCandidate.model_validate_json(text)
    except ValidationError as error:
        problem = invalid_request(faults_of([dict(fault) for fault in error.errors()]))
        return Refusal("house", problem, digest(text))
