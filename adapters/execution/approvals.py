"""Approvals that came in as events, kept until they become orders: together, in their signals' order.

How much cash an order finds depends on the orders before it. So approvals that are due at the same time
are followed as one batch, in the order in which the strategies proposed, however the events travelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, delete, select

from adapters.execution.tables import approvals_to_follow
from policy.bulk import insert, rows_for
from policy.contracts import Decision, EventType
from policy.outbox import places
from policy.ports import derived_id
from policy.store import reading, writing

MOST = 100
"""How many are followed together: few enough that the conductor is answered before its patience ends."""
_MOST_SORTED = 5_000
"""How many of those that wait are put in order; beyond that the earliest evaluated come first."""
_WAITING = (
    select(approvals_to_follow.c.decision)
    .order_by(approvals_to_follow.c.evaluated_at, approvals_to_follow.c.decision_id)
    .limit(_MOST_SORTED)
)
_FOLLOWED = delete(approvals_to_follow).where(
    approvals_to_follow.c.decision_id.in_(bindparam("followed", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Approvals:
    """What is to be followed, on record in ``store``."""

    store: Engine

    def keep(self, connection: Connection, decisions: Sequence[Decision]) -> None:
        """Keep the house's own approvals among ``decisions``; one that is kept already stays as it is."""
        rows = [
            {
                "decision_id": one.decision_id,
                "evaluated_at": one.evaluated_at,
                "decision": one.model_dump_json(),
            }
            for one in decisions
            if one.decision == "APPROVE" and one.source == "house"
        ]
        if rows:
            insert(connection, rows_for(approvals_to_follow, rows, keep_old=True))

    def waiting(self) -> list[Decision]:
        """What has not been followed yet, at most ``MOST``, in the order in which to follow it."""
        with reading(self.store) as connection:
            found = [Decision.model_validate_json(text) for text in connection.scalars(_WAITING)]
            asked = {one.signal_id: _event_of(one) for one in found}
            placed = places(connection, list(asked.values()))
        last = max(placed.values(), default=0) + 1
        in_order = sorted(found, key=lambda one: (one.evaluated_at, placed.get(asked[one.signal_id], last)))
        return in_order[:MOST]

    def followed(self, decisions: Sequence[Decision]) -> None:
        """Forget ``decisions``: their orders are on record."""
        with writing(self.store) as connection:
            connection.execute(_FOLLOWED, {"followed": [one.decision_id for one in decisions]})


def _event_of(decision: Decision) -> UUID:
    """The event in which a strategy proposed what ``decision`` is about."""
    return derived_id("event", EventType.SIGNAL_CREATED.value, decision.signal_id)
