"""Claims: what gives every signal exactly one decision, however often and from wherever it comes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from policy.bulk import insert_new_rows
from policy.ports import derived_id
from policy.proposal import Proposal
from policy.tables import decided_signals as claims

_NEWEST = "(SELECT max(id) FROM pack_activations)"
_HELD = select(claims).where(claims.c.signal_id.in_(bindparam("signals", expanding=True)))
_RELEASE = delete(claims).where(claims.c.signal_id.in_(bindparam("signals", expanding=True)))


class Claim(NamedTuple):
    """Who got there first: the hash of what was sent then, and the decision it got."""

    body_hash: str
    decision_id: UUID


def decision_id_of(signal_id: UUID) -> UUID:
    """A signal's decision has one id for ever."""
    return derived_id("decision", signal_id)


class Claimed(NamedTuple):
    """The decision id of every signal that was free, and the newest activation when they were claimed."""

    free: Mapping[UUID, UUID]
    newest_activation: int | None


def claim(connection: Connection, proposals: Sequence[Proposal]) -> Claimed:
    """Claim every signal of ``proposals``, each at most once, and see what is active at that moment.

    Waits for another transaction that is claiming the same signal. Sorted, so that two
    transactions never wait for each other.
    """
    in_order = sorted(proposals, key=lambda one: one.signal_id)
    decided = {one.signal_id: decision_id_of(one.signal_id) for one in in_order}
    rows = [
        {"signal_id": one.signal_id, "body_hash": one.body_hash(), "decision_id": decided[one.signal_id]}
        for one in in_order
    ]
    inserted = insert_new_rows(connection, claims, rows, "signal_id", beside=_NEWEST)
    return Claimed({signal: decided[signal] for signal, _ in inserted}, inserted[0][1] if inserted else None)


def release(connection: Connection, signals: Iterable[UUID]) -> None:
    """Give back claims of this transaction that led to no decision."""
    if listed := list(signals):
        connection.execute(_RELEASE, {"signals": listed})


def held(connection: Connection, signals: Iterable[UUID]) -> Mapping[UUID, Claim]:
    """The claims on ``signals``, by signal."""
    listed = list(signals)
    rows = connection.execute(_HELD, {"signals": listed}) if listed else ()
    return {row.signal_id: Claim(row.body_hash, row.decision_id) for row in rows}
