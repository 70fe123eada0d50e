"""The rollout: advancing by evidence and a second person, going back at once by one.

1. Somebody asks to advance: the checklist is gathered, and the request is kept, refused or open.
2. Another person confirms: the checklist is gathered again, and only if all of it holds the phase changes.
3. Anybody with the role goes back, at once.

Nothing skips a phase, and live is locked: no live broker is shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from policy.access.callers import Caller
from policy.activations import latest
from policy.packs import PackLoader
from policy.ports import Clock, derived_id
from policy.problems import Problem
from policy.rollout.contracts import (
    AdvanceRequest,
    Checklist,
    Finding,
    LimitTold,
    PhasePack,
    PhaseTold,
    RolloutView,
)
from policy.rollout.evidence import Evidence, TermsByPhase, policy_findings
from policy.rollout.moving import Move, Mover, PhaseMoved, history
from policy.rollout.phases import InPhase, Phase, PhaseUnreadable, standing_phase
from policy.rollout.tables import rollout_requests as requests
from policy.rollout.two_people import refuse_nobody, refuse_same_person, two_people
from policy.shelf import Also, Shelf
from policy.store import lock_out_writers, reading, writing

_NEWEST_FIRST = select(requests).order_by(requests.c.asked_at.desc(), requests.c.request_id)
_MOST_LISTED = 20
_NO_BROKER = Finding(
    code="live-broker",
    asks="a live broker is there",
    found="none is shipped",
    satisfied=False,
    next_step="stay in the sandbox; live trading is out of scope and locked",
)


@dataclass(frozen=True, slots=True)
class Rollout:
    """Moves the house from phase to phase over one store."""

    store: Engine
    shelf: Shelf
    loader: PackLoader
    clock: Clock
    evidence: Evidence
    terms: TermsByPhase

    def view(self) -> RolloutView:
        """Where the rollout stands: phase, packs, limits, requests and every move so far."""
        standing = self._standing()
        with reading(self.store) as connection:
            moves = history(connection)
            asked = connection.execute(_NEWEST_FIRST.limit(_MOST_LISTED)).all()
        return RolloutView(
            phase=standing.phase,
            since=standing.since,
            next_phase=standing.phase.next,
            packs=self._packs(),
            limits=self._limits(standing.phase),
            requests=tuple(map(_request, asked)),
            history=tuple(moves),
        )

    def checklist(self) -> Checklist:
        """What it takes to enter the next phase, found just now; reads the whole decision log."""
        standing = self._standing()
        items = self._found(standing)
        return Checklist(
            phase=standing.phase,
            next_phase=standing.phase.next,
            satisfied=all(one.satisfied for one in items),
            items=tuple(items),
        )

    def ask(self, caller: Caller, by: str, note: str) -> AdvanceRequest:
        """Ask to enter the next phase; the request is kept with its checklist, OPEN or REFUSED.

        ``by`` is who goes on record. Raises a 409 problem in the last phase and a 422 one without a note, or
        where ``by`` is no person.
        """
        refuse_nobody(by)
        standing, to = self._standing(), self._next()
        if not note.strip():
            raise Problem(422, "note-missing", "say in the note why the house is ready; it goes on record")
        items = self._found(standing)
        request: dict[str, Any] = {
            "from_phase": standing.phase.value,
            "to_phase": to.value,
            "standing": standing.number,
            "asked_at": self.clock.now(),
            "asked_by": by,
            "asked_with": caller.credential,
            "note": note,
            "checklist": [one.model_dump(mode="json") for one in items],
            "status": "OPEN" if all(one.satisfied for one in items) else "REFUSED",
            "confirmed_by": None,
            "settled_at": None,
        }
        with writing(self.store) as connection:
            lock_out_writers(connection, requests)  # the number of requests so far names this one
            about = (standing.number, to.value, connection.scalar(select(func.count()).select_from(requests)))
            request["request_id"] = derived_id("rollout-request", *about)
            connection.execute(insert(requests).values(**request))
            row = connection.execute(_one(request["request_id"])).one()
        return _request(row)

    def confirm(self, request_id: UUID, caller: Caller, by: str) -> PhaseTold:
        """Enter the phase that somebody else asked for, if everything on the checklist still holds.

        Raises 404 and 409 problems: no such request, one that is settled, the same person's, one that was
        made in another phase; a 422 one where ``by`` is no person; and ``AdvanceRefused`` where the checklist
        does not hold any more.
        """
        refuse_nobody(by)
        row = self._open(request_id)
        refuse_same_person(row, caller, by)
        standing = self._standing()
        if standing.number != row.standing:
            self._settle(request_id, "OUTDATED", by)
            raise Problem(409, "request-outdated", "the phase has changed since; ask to advance again")
        items = (*self._found(standing), two_people(row, caller, by))
        if not all(one.satisfied for one in items):
            self._settle(request_id, "REFUSED", by)
            raise AdvanceRefused(items)
        move = Move(standing, Phase(row.to_phase), "advance", row.asked_by, by, row.note, items)
        return self._made(move, partial(self._granted, request_id, by))

    def back(self, by: str, note: str) -> PhaseTold:
        """Enter the phase before, at once; raises a 409 problem where there is none."""
        standing = self._standing()
        if standing.phase.before is None:
            raise Problem(409, "first-phase", "development is the first phase; there is none to go back to")
        return self._made(Move(standing, standing.phase.before, "back", by, None, note))

    def _made(self, move: Move, also: Also = lambda _: None) -> PhaseTold:
        try:
            return Mover(self.shelf, self.loader, self.clock, self.terms).make(move, also)
        except PhaseMoved as moved:
            raise Problem(409, "phase-moved", str(moved)) from moved

    def _found(self, standing: InPhase) -> Sequence[Finding]:
        """The whole checklist of leaving the phase for the next one."""
        to = self._next()
        terms = self.terms[standing.phase]
        findings = [
            *self.evidence.findings(standing, terms, self.clock.now()),
            *policy_findings(self.store, self.loader, self.terms[to]),
        ]
        return [*findings, _NO_BROKER] if to is Phase.LIVE else findings

    def _next(self) -> Phase:
        to = self._standing().phase.next
        if to is None:
            raise Problem(409, "last-phase", "live is the last phase; there is none to advance to")
        return to

    def _standing(self) -> InPhase:
        """The phase in force; a 503 problem where it cannot be read."""
        try:
            with reading(self.store) as connection:
                return standing_phase(connection)
        except PhaseUnreadable as error:
            raise Problem(503, "phase-unreadable", str(error)) from error

    def _limits(self, phase: Phase) -> tuple[LimitTold, ...]:
        try:
            return tuple(self.evidence.limits(phase))
        except Exception as error:  # whatever is wrong with their files, it is for a person to mend
            raise Problem(503, "limits-unreadable", str(error)) from error

    def _packs(self) -> tuple[PhasePack, ...]:
        ours = {name for terms in self.terms.values() for name, _ in terms.packs}
        standing = latest(self.shelf.history()).values()
        active = [row for row in standing if row.pack in ours and not row.shadow]
        return tuple(PhasePack(pack=row.pack, version=row.version, set=row.pack_set) for row in active)

    def _open(self, request_id: UUID) -> Row[Any]:
        with reading(self.store) as connection:
            row = connection.execute(_one(request_id)).first()
        if row is None:
            detail = f"there is no request {request_id}; GET /v1/rollout lists them"
            raise Problem(404, "request-not-found", detail)
        if row.status != "OPEN":
            raise Problem(409, "request-settled", f"the request is {row.status} already; ask again")
        return row

    def _granted(self, request_id: UUID, by: str, connection: Connection) -> None:
        """In the transaction of the move: of two who confirm at once only one settles the request."""
        still_open = update(requests).where(requests.c.request_id == request_id, requests.c.status == "OPEN")
        settled = {"status": "GRANTED", "confirmed_by": by, "settled_at": self.clock.now()}
        if connection.execute(still_open.values(**settled)).rowcount != 1:
            raise PhaseMoved("the request was settled meanwhile; look at `trivet phase show`")

    def _settle(self, request_id: UUID, status: str, by: str) -> None:
        with writing(self.store) as connection:
            one = update(requests).where(requests.c.request_id == request_id, requests.c.status == "OPEN")
            values = {"status": status, "confirmed_by": by, "settled_at": self.clock.now()}
            connection.execute(one.values(**values))


class AdvanceRefused(Problem):
    """409: the checklist does not hold; every line that is missing is named with its next step."""

    def __init__(self, items: Sequence[Finding]) -> None:
        missing = [one for one in items if not one.satisfied]
        told = "; ".join(f"{one.code}: {one.found}, {one.next_step}" for one in missing)
        super().__init__(409, "advance-refused", f"the checklist does not hold: {told}")
        self.items = tuple(items)


def _one(request_id: UUID) -> Any:
    return select(requests).where(requests.c.request_id == request_id)


def _request(row: Row[Any]) -> AdvanceRequest:
    told = row._asdict()
    names = ("request_id", "asked_at", "asked_by", "note", "status", "confirmed_by", "settled_at")
    return AdvanceRequest(
        from_phase=Phase(told["from_phase"]),
        to_phase=Phase(told["to_phase"]),
        checklist=tuple(Finding.model_validate(one) for one in told["checklist"]),
        **{name: told[name] for name in names},
    )
