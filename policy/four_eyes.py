"""Changes of the shelf that loosen: one person proposes, another confirms exactly what was proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, select, update

from policy.access.callers import Caller
from policy.access.tables import pack_proposals as proposals
from policy.contracts import PackSet
from policy.guards import ActivationRefused, ShelfChange
from policy.ports import Clock, derived_id
from policy.problems import Problem
from policy.shelf import Shelf, ShelfMoved
from policy.store import insert_new, reading, writing

Kind = Literal["activate", "rollback"]
_IN_ORDER = select(proposals).order_by(proposals.c.proposed_at.desc(), proposals.c.proposal_id)
_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """A change of the shelf that somebody wants; ``version`` is None for a rollback."""

    kind: Kind
    pack: str
    version: str | None
    sets: tuple[PackSet, ...]
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: the changes that were made, or the proposal in which they wait."""

    changes: Sequence[ShelfChange]
    proposal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FourEyes:
    """Changes a shelf for callers, the loosening ones with a second person."""

    store: Engine
    shelf: Shelf
    clock: Clock

    def ask(self, wish: Wish, caller: Caller, confirm: bool) -> Outcome:
        """Make the change, or keep it as a proposal where it loosens and ``caller`` is known by a credential.

        Whoever is known by none is alone at the machine and may ``confirm`` itself; without that, and
        for a credential that confirms in advance, a 409 problem says what is missing.
        """
        if confirm and caller.is_known:
            detail = "nobody confirms alone what loosens; propose it, and let another credential confirm"
            raise Problem(409, "second-person-needed", detail)
        standing = self.shelf.newest()
        try:
            by, confirmed_by = caller.name, caller.name if confirm else None
            return Outcome(_change(self.shelf, wish, by, confirmed_by, standing))
        except ActivationRefused as refused:
            if not caller.is_known or not refused.changes:
                raise Problem(409, "confirmation-needed", str(refused)) from refused
            return self._proposed(wish, caller, standing, refused.changes)
        except ShelfMoved as moved:
            raise Problem(409, "shelf-moved", str(moved)) from moved

    def confirm(self, proposal_id: UUID, caller: Caller) -> Outcome:
        """Make a proposed change; its confirmation goes on record under ``caller``'s name.

        Raises 404 and 409 problems: no such proposal, one that is settled, the proposer's own, and one
        that was made on a shelf which has changed since.
        """
        row = self._waiting(proposal_id)
        if not caller.is_known or caller.name == row.proposed_by:
            detail = f"{row.proposed_by} proposed it; another person's credential has to confirm"
            raise Problem(409, "second-person-needed", detail)
        wish = Wish(row.kind, row.pack, row.version, tuple(row.sets), row.shadow)
        try:
            changes = _change(self.shelf, wish, row.proposed_by, caller.name, row.shelf)
        except ShelfMoved as moved:
            self._settle(proposal_id, "OUTDATED", None)
            detail = "the shelf has changed since, so the difference is another; propose it again"
            raise Problem(409, "proposal-outdated", detail) from moved
        self._settle(proposal_id, "CONFIRMED", caller.name)
        return Outcome(changes)

    def listed(self) -> list[Row[Any]]:
        """The newest hundred proposals, newest first."""
        with reading(self.store) as connection:
            return list(connection.execute(_IN_ORDER.limit(_MOST_LISTED)))

    def _proposed(self, wish: Wish, caller: Caller, standing: int, changes: Sequence[ShelfChange]) -> Outcome:
        about = (standing, wish.kind, wish.pack, wish.version, ",".join(wish.sets), wish.shadow, caller.name)
        proposal_id = derived_id("pack-proposal", *about)
        with writing(self.store) as connection:
            _keep(connection, proposal_id, wish, caller, standing, changes, self.clock.now())
        return Outcome(changes, proposal_id)

    def _waiting(self, proposal_id: UUID) -> Row[Any]:
        with reading(self.store) as connection:
            found = select(proposals).where(proposals.c.proposal_id == proposal_id)
            row = connection.execute(found).first()
        if row is None:
            detail = f"there is no proposal {proposal_id}; GET /v1/policy/proposals lists them"
            raise Problem(404, "proposal-not-found", detail)
        if row.status != "OPEN":
            raise Problem(409, "proposal-settled", f"the proposal is {row.status} already; propose it anew")
        return row

    def _settle(self, proposal_id: UUID, status: str, by: str | None) -> None:
        settled = {"status": status, "confirmed_by": by, "settled_at": self.clock.now()}
        with writing(self.store) as connection:
            one = update(proposals).where(proposals.c.proposal_id == proposal_id)
            if status == "OUTDATED":  # another may have confirmed it, and so moved the shelf, just now
                one = one.where(proposals.c.status == "OPEN")
            connection.execute(one.values(**settled))


def _change(
    shelf: Shelf, wish: Wish, by: str, confirmed_by: str | None, standing: int
) -> Sequence[ShelfChange]:
    if wish.kind == "rollback":
        return shelf.rollback(wish.pack, by, wish.sets, confirmed_by=confirmed_by, standing=standing)
    assert wish.version is not None, "only a rollback needs no version"
    return shelf.activate(
        wish.pack,
        wish.version,
        wish.sets,
        by,
        shadow=wish.shadow,
        confirmed_by=confirmed_by,
        standing=standing,
    )


def _keep(
    connection: Connection,
    proposal_id: UUID,
    wish: Wish,
    caller: Caller,
    standing: int,
    changes: Sequence[ShelfChange],
    now: datetime,
) -> None:
    """Write the proposal; the same one made again is the one that is there."""
    row = {
        "proposal_id": proposal_id,
        "kind": wish.kind,
        "pack": wish.pack,
        "version": wish.version,
        "sets": list(wish.sets),
        "shadow": wish.shadow,
        "shelf": standing,
        "changes": [_told(change) for change in changes],
        "proposed_at": now,
        "proposed_by": caller.name,
        "status": "OPEN",
    }
    connection.execute(insert_new(connection, proposals).values(**row))


def _told(change: ShelfChange) -> dict[str, Any]:
    return {"set": change.pack_set, "pack": change.pack, "version": change.version, **change.record()}
