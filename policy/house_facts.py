"""Facts that only the house can say of a trade: how it is stopped, and what its own books tell.

The stops are policy's own and read here; everything else is asked of the house's books through a port.
All of it is measured in the transaction that judges, and only what a pack in force declares.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from policy.contracts import PackSet, Scalar
from policy.facts import NOTHING, Measured
from policy.ports import HouseFacts, Subject
from policy.proposal import Proposal
from policy.shelf import InForce
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.standing import StopsInForce, stops_in_force

STOP = "house.stop"
KILL_SWITCH = "house.kill_switch_armed"
_OF_STOPS = frozenset({STOP, KILL_SWITCH})


class NoBooks:
    """Implements ``policy.ports.HouseFacts`` where there are no books: nothing can be told."""

    def measure(
        self,
        connection: Connection,  # noqa: ARG002
        names: frozenset[str],  # noqa: ARG002
        subjects: Sequence[Subject],
        at: datetime,  # noqa: ARG002
    ) -> Sequence[Measured]:
        """No fact of any subject."""
        return [NOTHING for _ in subjects]


NO_BOOKS = NoBooks()


def measured_by_signal(
    connection: Connection,
    books: HouseFacts,
    proposals: Sequence[Proposal],
    in_force: Mapping[PackSet, InForce],
    at: datetime,
) -> Mapping[UUID, Measured]:
    """The house's facts of each signal, as far as its set's packs read any; empty where none does."""
    found: dict[UUID, Measured] = {}
    for source, packs in in_force.items():
        asked = [one for one in proposals if one.source == source] if packs.house_inputs else []
        facts = measured(connection, books, packs.house_inputs, asked, at)
        found.update(zip((one.signal_id for one in asked), facts, strict=True))
    return found


def measured(
    connection: Connection,
    books: HouseFacts,
    names: frozenset[str],
    proposals: Sequence[Proposal],
    at: datetime,
    qty: Decimal | None = None,
) -> Sequence[Measured]:
    """Of each of ``proposals`` the facts called ``names`` that can be told at ``at``; the others are absent.

    ``qty`` is the order's whole shares, where there is an order already. Raises ``policy.ports.Unanswered``
    when books in another process give no answer.
    """
    if not names or not proposals:
        return [NOTHING for _ in proposals]
    stops = stops_in_force(connection) if names & _OF_STOPS else StopsInForce()
    subjects = [_subject(one, qty) for one in proposals]
    others = names - _OF_STOPS
    told = books.measure(connection, others, subjects, at) if others else [NOTHING for _ in subjects]
    return [
        _of_stops(stops, names, proposal) | {name: value for name, value in more.items() if name in others}
        for proposal, more in zip(proposals, told, strict=True)
    ]


def _subject(proposal: Proposal, qty: Decimal | None) -> Subject:
    return Subject(
        symbol=proposal.symbol,
        side=proposal.candidate_action,
        size_pct=proposal.size_pct,
        source=proposal.source,
        qty=qty,
    )


def _of_stops(stops: StopsInForce, names: frozenset[str], proposal: Proposal) -> dict[str, Scalar]:
    over = stops.over(proposal.symbol, proposal.strategy)
    told: dict[str, Scalar] = {
        STOP: (StopState.ACTIVE if over is None else over.state).value,
        KILL_SWITCH: stops.at(EVERYTHING) is None,
    }
    return {name: told[name] for name in told if name in names}
