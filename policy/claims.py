"""Claims: what gives every signal exactly one decision, however often and from wherever it comes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from policy.bulk import insert_new_rows
from policy.ports import derived_id
from policy.proposal import Proposal
from policy.tables import decided_signals as claims

_HELD = select(claims).where(claims.c.signal_id.in_(bindparam("signals", expanding=True)))
_RELEASE = delete(claims).where(claims.c.signal_id.in_(bindparam("signals", expanding=True)))


class Claim(NamedTuple):
    """Who got there first: the hash of what was sent then, and the decision it got."""

    body_hash: str
    decision_id: UUID


def decision_id_of(signal_id: UUID) -> UUID:
    """A signal's decision has one id for ever."""
    return derived_id("decision", signal_id)


def claim(connection: Connection, proposals: Sequence[Proposal]) -> Mapping[UUID, UUID]:
    """Claim every signal of ``proposals`` (each at most once); gives the decision id of those that were free.

    Waits for another transaction that is claiming the same signal. Sorted, so that two
    transactions never wait for each other.
    """
    in_order = sorted(proposals, key=lambda one: one.signal_id)
    decided = {one.signal_id: decision_id_of(one.signal_id) for one in in_order}
    rows = [
        {"signal_id": one.signal_id, "body_hash": one.body_hash(), "decision_id": decided[one.signal_id]}
        for one in in_order
    ]
    return {signal: decided[signal] for signal in insert_new_rows(connection, claims, rows, "signal_id")}


def release(connection: Connection, signals: Iterable[UUID]) -> None:
    """Give back claims of this transaction that led to no decision."""
    if listed := list(signals):
        connection.execute(_RELEASE, {"signals": listed})


def held(connection: Connection, signals: Iterable[UUID]) -> Mapping[UUID, Claim]:
    """The claims on ``signals``, by signal."""
    listed = list(signals)
    rows = connection.execute(_HELD, {"signals": listed}) if listed else ()
    return {row.signal_id: Claim(row.body_hash, row.decision_id) for row in rows}
