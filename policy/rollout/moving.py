"""One move from phase to phase: the packs change and the move is recorded in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from policy.activations import Activation, latest
from policy.bulk import insert as insert_rows
from policy.contracts import EventType
from policy.guards import ShelfChange
from policy.outbox import event_row, outbox_rows
from policy.packs import PackLoader
from policy.ports import Clock, derived_id
from policy.rollout.contracts import Act, Finding, PhaseTold
from policy.rollout.evidence import TermsByPhase
from policy.rollout.phases import InPhase, Phase, standing_phase
from policy.rollout.tables import rollout_phases as phases
from policy.shelf import SETS, Also, Rows, Shelf
from policy.store import lock_out_writers


class PhaseMoved(Exception):
    """The phase is not the one that a move was meant for."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move that has been granted: from where to where, who wanted it and who else."""

    standing: InPhase
    to: Phase
    act: Act
    by: str
    confirmed_by: str | None
    note: str
    checklist: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Mover:
    """Makes moves on one shelf; ``terms`` name the packs of each phase."""

    shelf: Shelf
    loader: PackLoader
    clock: Clock
    terms: TermsByPhase

    def make(self, move: Move, also: Also = lambda _: None) -> PhaseTold:
        """Put the packs of the new phase in force for both sets, withdraw the old ones, and record it.

        All of it is one transaction, ``also`` included. Raises ``PhaseMoved`` when the phase is another by
        then, and ``PackUnavailable`` when a pack of the new phase cannot be read.
        """
        told: list[PhaseTold] = []

        def recorded(connection: Connection) -> None:
            told.append(record_move(connection, move, self.clock))
            also(connection)

        confirmed_by = move.confirmed_by or move.by
        self.shelf.change(lambda rows: self._wanted(rows, move), confirmed_by, also=recorded, judge=_meaning)
        return told[-1]

    def _wanted(self, rows: Rows, move: Move) -> list[Activation]:
        coming = [self.loader.load(*pair) for pair in self.terms[move.to].packs]
        names = {pack.name for pack in coming}
        standing = latest(rows)
        leaving = self._phase_packs() - names
        gone = [_withdrawal(row, move.by) for row in standing.values() if row.pack in leaving]
        come = [
            Activation(
                which, pack.name, pack.version, False, _number(row), pack.logic_hash, pack.text_hash, move.by
            )
            for which in SETS
            for pack in coming
            if (row := standing.get((which, pack.name, False))) is None or row.version != pack.version
        ]
        return [*gone, *come]

    def _phase_packs(self) -> set[str]:
        """Every pack that belongs to some phase."""
        return {name for terms in self.terms.values() for name, _ in terms.packs}


def record_move(connection: Connection, move: Move, clock: Clock) -> PhaseTold:
    """Write the row that puts a phase in force, with its event; ``PhaseMoved`` where another came first."""
    lock_out_writers(connection, phases)
    if standing_phase(connection).number != move.standing.number:
        raise PhaseMoved("the phase was changed meanwhile; look at `trivet phase show` and ask again")
    row: dict[str, Any] = {
        "phase": move.to.value,
        "from_phase": move.standing.phase.value,
        "act": move.act,
        "at": clock.now(),
        "by": move.by,
        "confirmed_by": move.confirmed_by,
        "note": move.note,
        "checklist": [one.model_dump(mode="json") for one in move.checklist],
    }
    number: int = connection.execute(insert(phases).values(**row).returning(phases.c.id)).scalar_one()
    told = told_of(row, number)
    about = derived_id("rollout-phase", number, row["phase"])
    event = event_row(EventType.PHASE_CHANGED, about, row["at"], told.model_dump_json())
    insert_rows(connection, outbox_rows([event]))
    return told


def history(connection: Connection) -> Sequence[PhaseTold]:
    """Every move there ever was, newest first."""
    rows = connection.execute(select(phases).order_by(phases.c.id.desc()))
    return [told_of(row._asdict(), row.id) for row in rows]


def told_of(row: dict[str, Any], number: int) -> PhaseTold:
    """A row of the table as a message."""
    names = ("act", "at", "by", "confirmed_by", "note")
    return PhaseTold(
        phase=Phase(row["phase"]),
        from_phase=Phase(row["from_phase"]),
        checklist=tuple(Finding.model_validate(one) for one in row["checklist"]),
        number=number,
        **{name: row[name] for name in names},
    )


def _meaning(rows: Rows, new: Activation) -> ShelfChange:
    """What a pack that comes or goes means: by the engine's semantics one more never makes a verdict milder.

    That holds for every signal, so nothing has to be proved, and nobody who goes back has to wait.
    """
    known = partial(ShelfChange, new.pack_set, new.pack, new.version)
    if new.withdrawn:
        return known("looser", note="a pack less can only loosen")
    if (new.pack_set, new.pack, False) in latest(rows):
        return known("unknown", note="another version of the pack was in force")
    return known("stricter", note="a pack more can only tighten")


def _withdrawal(row: Row[Any], by: str) -> Activation:
    return Activation(
        row.pack_set, row.pack, row.version, row.shadow, row.id, row.logic, row.text, by, withdrawn=True
    )


def _number(row: Row[Any] | None) -> int | None:
    return None if row is None else int(row.id)
