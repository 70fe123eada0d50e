"""What was refused before it could be judged: recorded by digest, so that nothing vanishes unseen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert

from policy.contracts import PackSet
from policy.problems import Problem
from policy.proposal import Proposal
from policy.tables import refusals

_MOST_FAULTS = 50
_REFUSED = insert(refusals)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that came in and got no decision; ``body_hash`` is the SHA-256 of what came."""

    source: PackSet
    problem: Problem
    body_hash: str
    signal_id: UUID | None = None

    def brief(self) -> "Refusal":
        """As it will be recorded, with its first fifty faults; what waits must not hold the rest."""
        told = self.problem
        if len(told.errors) <= _MOST_FAULTS:
            return self
        problem = Problem(told.status, told.slug, told.detail, told.errors[:_MOST_FAULTS])
        return replace(self, problem=problem)


def refusal_of(proposal: Proposal, problem: Problem) -> Refusal:
    """The refusal of a proposal that could be read."""
    return Refusal(proposal.source, problem, proposal.body_hash(), proposal.signal_id)


def record_refusals(connection: Connection, at: datetime, refused: Sequence[Refusal]) -> None:
    """Write ``refused`` in the caller's transaction, each with its first fifty faults."""
    if refused:
        connection.execute(_REFUSED, [_row(at, one) for one in refused])


def _row(at: datetime, refusal: Refusal) -> dict[str, object]:
    return {
        "at": at,
        "source": refusal.source,
        "code": refusal.problem.slug,
        "signal_id": refusal.signal_id,
        "body_hash": refusal.body_hash,
        "errors": [fault.model_dump() for fault in refusal.problem.errors[:_MOST_FAULTS]],
    }
