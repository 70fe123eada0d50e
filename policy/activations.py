"""One activation: what is recorded of it, how the records are read, and the event that tells of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from policy.bulk import insert as insert_rows
from policy.canonical import canonical
from policy.contracts import EventType, PackRef, PackSet
from policy.outbox import event_row, outbox_rows
from policy.ports import derived_id
from policy.tables import pack_activations as activations

NEWEST = select(func.max(activations.c.id))
IN_ORDER = select(activations).order_by(activations.c.id)


@dataclass(frozen=True, slots=True)
class Activation:
    """One row of the shelf's history, or a version about to become one.

    ``difference`` is the proved difference to what judged before, None where nobody asked for one;
    ``confirmed_by`` who took responsibility for letting through what was stopped before. ``withdrawn``: from
    here on the pack judges no more.
    """

    pack_set: PackSet
    pack: str
    version: str
    shadow: bool
    replaces: int | None
    logic: str
    text: str
    activated_by: str
    difference: Mapping[str, Any] | None = None
    confirmed_by: str | None = None
    withdrawn: bool = False

    @property
    def ref(self) -> PackRef:
        """The exact version."""
        return PackRef(pack=self.pack, version=self.version, logic=self.logic, text=self.text)


def record_activation(connection: Connection, new: Activation, at: datetime) -> None:
    """Write ``new`` and the event that tells of it, which names the difference without its witnesses."""
    row = {one.name: getattr(new, one.name) for one in fields(Activation)}
    statement = insert(activations).values(activated_at=at, **row).returning(activations.c.id)
    number = connection.scalar(statement)
    event_id: UUID = derived_id("activation", number, new.pack_set, new.pack, new.version)
    told = row | {"difference": None if new.difference is None else new.difference["verdict"]}
    insert_rows(connection, outbox_rows([event_row(EventType.PACK_ACTIVATED, event_id, at, canonical(told))]))


def ref_of_row(row: Row[Any]) -> PackRef:
    """The exact version an activation names."""
    return PackRef(pack=row.pack, version=row.version, logic=row.logic, text=row.text)


def latest(rows: Iterable[Row[Any]]) -> dict[tuple[str, str, bool], Row[Any]]:
    """The row in force for each set, pack and role, from all ``rows``, oldest first.

    A shadow of the very version that is active would be compared with itself: it ends when its version
    is put in force, and putting the active version in shadow ends the one before. A pack that was withdrawn
    has none.
    """
    found: dict[tuple[str, str, bool], Row[Any]] = {}
    for row in rows:
        key = (row.pack_set, row.pack, row.shadow)
        if row.withdrawn:
            found.pop(key, None)
            continue
        other = found.get((row.pack_set, row.pack, not row.shadow))
        same = other is not None and other.version == row.version
        if same:
            found.pop((row.pack_set, row.pack, True), None)
        if not (same and row.shadow):
            found[key] = row
    return found
