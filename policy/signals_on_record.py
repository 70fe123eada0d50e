"""What is on record of a signal when its order is made: who proposed it, when, and who answered for it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from policy.contracts import EventType
from policy.decisions import proposal_of, rows_of, standing
from policy.outbox import times_of
from policy.ports import derived_id


@dataclass(frozen=True, slots=True)
class SignalOnRecord:
    """A judged signal; ``decision_id`` is the decision that stands for it, ``strategy`` is None for callers'
    signals, ``answered_by`` where no person answered.

    ``proposed_at`` is when its strategy made it, for a caller's when it was first put to the rules.
    """

    decision_id: UUID
    strategy: str | None
    proposed_at: datetime
    answered_by: str | None


def signal_on_record(connection: Connection, signal_id: UUID) -> SignalOnRecord | None:
    """What is known of ``signal_id``; None where no decision on it is on record."""
    row = standing(connection, signal_id)
    if row is None:
        return None
    first = rows_of(connection, [row.supersedes]).get(row.supersedes) if row.supersedes else row
    proposed = derived_id("event", EventType.SIGNAL_CREATED.value, signal_id)
    told = times_of(connection, [proposed]).get(proposed)
    judged_at = (first or row).evaluated_at
    return SignalOnRecord(row.decision_id, proposal_of(row).strategy, told or judged_at, row.answered_by)
