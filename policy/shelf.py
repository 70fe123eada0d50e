"""The shelf: which pack versions judge which signals, since when and by whom."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, get_args

from sqlalchemy import Connection, Engine, Row

from engine import RulePack
from policy.activations import IN_ORDER, NEWEST, Activation, latest, record_activation, ref_of_row
from policy.canonical import canonical
from policy.contracts import PackRef, PackSet
from policy.facts import Declared
from policy.guards import ActivationRefused, ShelfChange, change_of, refuse_unconfirmed
from policy.packs import PackLoader, ref_of
from policy.ports import Clock, PackUnavailable
from policy.store import lock_out_writers, reading, writing
from policy.tables import pack_activations as activations

SETS: tuple[PackSet, ...] = get_args(PackSet)
_TRIES = 5

Rows = Sequence[Row[Any]]
Wanted = Callable[[Rows], list[Activation]]
Also = Callable[[Connection], None]
Judge = Callable[[Rows, Activation], ShelfChange]


class NoVersionBefore(Exception):
    """A rollback of a pack that has no version to go back to."""


class ShelfMoved(Exception):
    """The shelf is not the one that a change was meant for."""


@dataclass(frozen=True)
class InForce:
    """The packs of one set with what evaluation needs of them, worked out once per activation."""

    packs: tuple[RulePack, ...] = ()
    refs: tuple[PackRef, ...] = ()
    declared: Declared = field(default_factory=dict)
    refs_text: str = "[]"
    shadows: "tuple[Shadow, ...]" = ()

    @cached_property
    def house_inputs(self) -> frozenset[str]:
        """Facts that only the house may say and that a pack reads, in force or in shadow."""
        ours = frozenset(name for name, source in self.declared.items() if source == "house")
        shadows = (one.in_force.house_inputs for one in self.shadows if one.in_force is not None)
        return ours.union(*shadows)

    @property
    def ttl_seconds(self) -> int:
        """How long an approval may wait before it is used: the lowest of the active packs."""
        return min((pack.decision_ttl_seconds for pack in self.packs), default=0)


@dataclass(frozen=True, slots=True)
class Shadow:
    """A version in shadow: the set as it would be with it, or why it cannot be read."""

    pack: str
    version: str
    in_force: InForce | None
    error: str | None = None


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
        return self.judging_at(connection, connection.scalar(NEWEST))

    def judging_at(self, connection: Connection, newest: int | None) -> Mapping[PackSet, InForce]:
        """As ``judging``, where the number of the ``newest`` activation is known already."""
        seen, sets = self._seen
        if newest == seen:
            return sets
        with self._lock:
            sets = self._load(connection)
            self._seen = (newest, sets)
        return sets

    def stock(self, also: Also = lambda _: None) -> bool:
        """Activate the library's default shelf if nothing was ever activated in this store; tells whether.

        ``also`` writes what belongs to it in the same transaction; where it raises, nothing is done.
        """
        with writing(self._store) as connection:
            lock_out_writers(connection, activations)
            if connection.scalar(NEWEST) is not None:
                return False
            also(connection)
            for which, listed in self._loader.library.default_shelf().items():
                for pair in listed:
                    new = self._activation(self._loader.load(*pair), which, "default shelf")
                    record_activation(connection, new, self._clock.now())
        return True

    def activate(
        self,
        pack: str,
        version: str,
        sets: Sequence[PackSet],
        by: str,
        *,
        shadow: bool = False,
        confirmed_by: str | None = None,
        standing: int | None = None,
    ) -> list[ShelfChange]:
        """Put ``pack@version`` in force for ``sets``; ``shadow`` reports beside the others and never counts.

        Gives what it changes, by set. Records nothing and raises ``PackUnavailable`` when the version
        cannot be read, ``ActivationRefused`` when it loosens anything and nobody confirmed that, and
        ``ShelfMoved`` when the newest activation is not ``standing``, where that is given.
        """
        loaded = self._loader.load(pack, version)

        def wanted(rows: Rows) -> list[Activation]:
            standing = latest(rows)
            current = {which: standing.get((which, pack, shadow)) for which in sets}
            return [
                self._activation(loaded, which, by, row, shadow=shadow)
                for which, row in current.items()
                if row is None or row.version != version
            ]

        return self.change(wanted, confirmed_by, standing)

    def rollback(
        self,
        pack: str,
        by: str,
        sets: Sequence[PackSet] = SETS,
        *,
        confirmed_by: str | None = None,
        standing: int | None = None,
    ) -> list[ShelfChange]:
        """Put back the version before, in every set of ``sets`` where there is one; gives what it changes.

        Raises ``NoVersionBefore`` when no set has one, and what ``activate`` raises.
        """

        def wanted(rows: Rows) -> list[Activation]:
            undone = [back for which in sets if (back := self._undone(rows, which, pack, by))]
            if not undone:
                raise NoVersionBefore(
                    f"{pack} has no version before the one in force; `trivet packs` lists them"
                )
            return undone

        return self.change(wanted, confirmed_by, standing)

    def newest(self) -> int:
        """The number of the newest activation; 0 before the first."""
        with reading(self._store) as connection:
            return connection.scalar(NEWEST) or 0

    def history(self) -> list[Row[Any]]:
        """Every activation there ever was, oldest first."""
        with reading(self._store) as connection:
            return list(connection.execute(IN_ORDER))

    def standing(self) -> list[Row[Any]]:
        """The activations in force, shadows too, oldest first."""
        return list(latest(self.history()).values())

    def change(
        self,
        wanted: Wanted,
        confirmed_by: str | None,
        standing: int | None = None,
        also: Also = lambda _: None,
        judge: Judge | None = None,
    ) -> list[ShelfChange]:
        """Prove what is wanted against the shelf as it stands, then make it so unless that has moved.

        ``also`` writes what belongs to the change in the same transaction; where it raises, nothing is done.
        ``judge`` tells what a change means where that is known without a proof.
        """
        judge = judge or self._proved
        for _ in range(_TRIES):
            rows = self.history()
            if standing is not None and standing != (rows[-1].id if rows else 0):
                raise ShelfMoved("the shelf was changed meanwhile; look at what is in force and ask again")
            new = wanted(rows)
            changes = [judge(rows, one) for one in new]
            refuse_unconfirmed(
                [one for one, a in zip(changes, new, strict=True) if not a.shadow], confirmed_by
            )
            if self._made(rows, new, changes, confirmed_by, also):
                return changes
        raise ActivationRefused("the shelf kept changing meanwhile; look at `trivet packs` and try again")

    def _made(
        self,
        seen: Rows,
        new: Sequence[Activation],
        changes: Sequence[ShelfChange],
        confirmed_by: str | None,
        also: Also,
    ) -> bool:
        """Record ``new``; False, and nothing is recorded, when the shelf is not as it was ``seen``."""
        with writing(self._store) as connection:
            lock_out_writers(connection, activations)
            if connection.scalar(NEWEST) != (seen[-1].id if seen else None):
                return False
            for one, change in zip(new, changes, strict=True):
                by = confirmed_by if change.needs_confirmation and not one.shadow else None
                proved = replace(one, difference=change.record(), confirmed_by=by)
                record_activation(connection, proved, self._clock.now())
            also(connection)
        return True

    def _proved(self, rows: Rows, new: Activation) -> ShelfChange:
        moving = self._loader.exact(new.ref)
        try:
            before = self._active(rows, new.pack_set)
        except PackUnavailable as error:  # what cannot be read any more must still be replaceable
            return ShelfChange(new.pack_set, new.pack, new.version, "unknown", note=str(error))
        return change_of(new.pack_set, moving, before, _with(before, moving))

    def _active(self, rows: Rows, which: PackSet) -> list[RulePack]:
        standing = latest(rows).values()
        return [
            self._loader.exact(ref_of_row(row))
            for row in standing
            if row.pack_set == which and not row.shadow
        ]

    def _load(self, connection: Connection) -> dict[PackSet, InForce]:
        rows = list(connection.execute(IN_ORDER))
        return {which: self._set_of(rows, which) for which in SETS}

    def _set_of(self, rows: Rows, which: PackSet) -> InForce:
        packs = self._active(rows, which)
        shadows = [row for row in latest(rows).values() if row.pack_set == which and row.shadow]
        return replace(in_force(packs), shadows=tuple(self._shadow(packs, row) for row in shadows))

    def _shadow(self, active: Sequence[RulePack], row: Row[Any]) -> Shadow:
        """A shadow that cannot be read says so beside every decision and keeps none from being made."""
        try:
            pack = self._loader.exact(ref_of_row(row))
        except PackUnavailable as error:
            return Shadow(row.pack, row.version, None, str(error))
        return Shadow(row.pack, row.version, in_force(_with(active, pack)))

    @staticmethod
    def _activation(
        pack: RulePack, which: PackSet, by: str, replaced: Row[Any] | None = None, *, shadow: bool = False
    ) -> Activation:
        replaces = None if replaced is None else replaced.id
        return Activation(
            which, pack.name, pack.version, shadow, replaces, pack.logic_hash, pack.text_hash, by
        )

    @staticmethod
    def _undone(rows: Rows, which: PackSet, pack: str, by: str) -> Activation | None:
        current = latest(rows).get((which, pack, False))
        before = next((row for row in rows if current is not None and row.id == current.replaces), None)
        if before is None:
            return None
        return Activation(which, pack, before.version, False, before.replaces, before.logic, before.text, by)


def _with(packs: Sequence[RulePack], moving: RulePack) -> list[RulePack]:
    """``moving`` and those of ``packs`` that are not another version of it."""
    return [moving, *(pack for pack in packs if pack.name != moving.name)]


def _empty() -> dict[PackSet, InForce]:
    return {which: InForce() for which in SETS}
