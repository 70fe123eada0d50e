"""The shelf: which pack versions judge which signals, since when and by whom."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, func, insert, select

from engine import RulePack
from policy.bulk import insert as insert_rows
from policy.canonical import canonical
from policy.contracts import EventType, PackRef, PackSet
from policy.facts import Declared
from policy.outbox import event_row, outbox_rows
from policy.packs import PackLoader, ref_of
from policy.ports import Clock, derived_id
from policy.store import lock_out_writers, reading, writing
from policy.tables import pack_activations as activations

SETS: tuple[PackSet, ...] = get_args(PackSet)
_NEWEST = select(func.max(activations.c.id))
_IN_ORDER = select(activations).order_by(activations.c.id)


class NoVersionBefore(Exception):
    """A rollback of a pack that has no version to go back to."""


@dataclass(frozen=True)
class InForce:
    """The packs of one set with what evaluation needs of them, worked out once per activation."""

    packs: tuple[RulePack, ...] = ()
    refs: tuple[PackRef, ...] = ()
    declared: Declared = field(default_factory=dict)
    refs_text: str = "[]"

    @property
    def ttl_seconds(self) -> int:
        """How long an approval may wait before it is used: the lowest of the active packs."""
        return min((pack.decision_ttl_seconds for pack in self.packs), default=0)


@dataclass(frozen=True, slots=True)
class Activation:
    """One row of the shelf's history, or a version about to become one."""

    pack_set: PackSet
    pack: str
    version: str
    shadow: bool
    replaces: int | None
    logic: str
    text: str
    activated_by: str


def in_force(packs: Sequence[RulePack]) -> InForce:
    """``packs`` judged together; an input that any of them keeps for the house is the house's."""
    declared: dict[str, Any] = {}
    for pack in packs:
        for name, one in pack.inputs.items():
            if declared.get(name) != "house":
                declared[name] = one.source
    refs = tuple(map(ref_of, packs))
    return InForce(tuple(packs), refs, declared, canonical([ref.model_dump() for ref in refs]))


class Shelf:
    """Reads the activations in the transaction that uses them, so no decision is made by an older one."""

    def __init__(self, store: Engine, loader: PackLoader, clock: Clock) -> None:
        self._store = store
        self._loader = loader
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[int | None, dict[PackSet, InForce]] = (None, _empty())

    def judging(self, connection: Connection) -> Mapping[PackSet, InForce]:
        """What judges now, by set; raises ``PackUnavailable`` when an active version cannot be read."""
        return self.judging_at(connection, connection.scalar(_NEWEST))

    def judging_at(self, connection: Connection, newest: int | None) -> Mapping[PackSet, InForce]:
        """As ``judging``, where the number of the ``newest`` activation is known already."""
        seen, sets = self._seen
        if newest == seen:
            return sets
        with self._lock:
            sets = self._load(connection)
            self._seen = (newest, sets)
        return sets

    def stock(self) -> None:
        """Activate the library's default shelf if nothing was ever activated in this store."""
        with writing(self._store) as connection:
            lock_out_writers(connection, activations)
            if connection.scalar(_NEWEST) is None:
                for which, listed in self._loader.library.default_shelf().items():
                    for pack, version in listed:
                        self._activate(connection, which, pack, version, "default shelf", shadow=False)

    def activate(
        self, pack: str, version: str, sets: Sequence[PackSet], by: str, shadow: bool = False
    ) -> None:
        """Put ``pack@version`` in force for ``sets``; ``shadow`` reports beside the others and never counts.

        Raises ``PackUnavailable`` and records nothing when the version cannot be read.
        """
        with writing(self._store) as connection:
            lock_out_writers(connection, activations)
            for which in sets:
                self._activate(connection, which, pack, version, by, shadow)

    def rollback(self, pack: str, by: str, sets: Sequence[PackSet] = SETS) -> list[tuple[PackSet, str]]:
        """Put back the version before, in every set of ``sets`` where there is one; returns (set, version).

        Raises ``NoVersionBefore`` when no set has one.
        """
        with writing(self._store) as connection:
            lock_out_writers(connection, activations)
            undone = [done for which in sets if (done := self._undo(connection, which, pack, by))]
        if not undone:
            raise NoVersionBefore(f"{pack} has no version before the one in force; `trivet packs` lists them")
        return undone

    def history(self) -> list[Row[Any]]:
        """Every activation there ever was, oldest first."""
        with reading(self._store) as connection:
            return list(connection.execute(_IN_ORDER))

    def standing(self) -> list[Row[Any]]:
        """The activations in force, shadows too, oldest first."""
        return list(_latest(self.history()).values())

    def _load(self, connection: Connection) -> dict[PackSet, InForce]:
        rows = _latest(connection.execute(_IN_ORDER)).values()
        sets = _empty()
        for which in SETS:
            active = [row for row in rows if row.pack_set == which and not row.shadow]
            sets[which] = in_force([self._loader.exact(ref_of_row(row)) for row in active])
        return sets

    def _activate(
        self, connection: Connection, which: PackSet, pack: str, version: str, by: str, shadow: bool
    ) -> None:
        loaded = self._loader.load(pack, version)
        current = _latest(connection.execute(_IN_ORDER)).get((which, pack, shadow))
        replaces = None if current is None else current.id
        if current is not None and current.version == version:
            return
        self._record(
            connection,
            Activation(which, pack, version, shadow, replaces, loaded.logic_hash, loaded.text_hash, by),
        )

    def _undo(self, connection: Connection, which: PackSet, pack: str, by: str) -> tuple[PackSet, str] | None:
        rows = list(connection.execute(_IN_ORDER))
        current = _latest(rows).get((which, pack, False))
        before = next((row for row in rows if current is not None and row.id == current.replaces), None)
        if before is None:
            return None
        self._loader.exact(ref_of_row(before))
        back = Activation(which, pack, before.version, False, before.replaces, before.logic, before.text, by)
        self._record(connection, back)
        return which, str(before.version)

    def _record(self, connection: Connection, new: Activation) -> None:
        now = self._clock.now()
        fields = {name: getattr(new, name) for name in Activation.__slots__}
        statement = insert(activations).values(activated_at=now, **fields).returning(activations.c.id)
        number = connection.scalar(statement)
        event_id: UUID = derived_id("activation", number, new.pack_set, new.pack, new.version)
        told = event_row(EventType.PACK_ACTIVATED, event_id, now, canonical(fields))
        insert_rows(connection, outbox_rows([told]))


def ref_of_row(row: Row[Any]) -> PackRef:
    """The exact version an activation names."""
    return PackRef(pack=row.pack, version=row.version, logic=row.logic, text=row.text)


def _latest(rows: Iterable[Row[Any]]) -> dict[tuple[str, str, bool], Row[Any]]:
    return {(row.pack_set, row.pack, row.shadow): row for row in rows}


def _empty() -> dict[PackSet, InForce]:
    return {which: InForce() for which in SETS}
