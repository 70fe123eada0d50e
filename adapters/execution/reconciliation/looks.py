"""What looks at the broker came to, on record: equal ones in a row share a row, so that calm is cheap."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, bindparam, func, insert, select, update

from adapters.execution.reconciliation.picture import asset_named
from adapters.execution.reconciliation.tables import execution_starts as starts
from adapters.execution.reconciliation.tables import reconciliations as looks
from policy.canonical import canonical
from policy.columns import UtcTime
from policy.ports import derived_id
from policy.reconciliation_contracts import LookView, Outcome, Picture
from policy.store import reading, writing

_NEWEST = select(looks).order_by(looks.c.number.desc())
_LAST = select(looks.c.number, looks.c.outcome, looks.c.why).order_by(looks.c.number.desc()).limit(1)
_ANSWERED = select(func.max(looks.c.at)).where(looks.c.outcome != "silent")
_FIRST_START = select(func.min(starts.c.started_at))
_AGAIN = update(looks).where(looks.c.number == bindparam("which"))
_START = update(starts).where(starts.c.number == bindparam("which"))


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when, who asked for it, and what it came to; ``why`` as in ``LookView``."""

    at: datetime
    by: str
    outcome: Outcome
    why: str | None = None


def last_look(connection: Connection, *, answered: bool) -> LookView | None:
    """The last look on record; ``answered``: the last one to which the broker gave a whole answer."""
    query = _NEWEST.where(looks.c.outcome != "silent") if answered else _NEWEST
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else _view(row)


def difference_seen(connection: Connection, asset: str) -> Decimal:
    """By how much the broker had more of ``asset`` than the books when its account was last seen."""
    seen = last_look(connection, answered=True)
    assets = seen.picture.assets if seen is not None and seen.picture is not None else ()
    found = (one.theirs - one.ours for one in assets if asset_named(one.asset) == asset)
    return next(found, Decimal(0))


def _view(row: RowMapping) -> LookView:
    told = {name: row[name] for name in LookView.model_fields}
    picture = None if row["picture"] is None else Picture.model_validate_json(canonical(row["picture"]))
    return LookView(**{**told, "picture": picture})


class Looks:
    """Puts the looks of one process on record; whoever uses it has looks follow one another."""

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._last: tuple[int, str, str | None] | None = None
        self._start: int | None = None
        self._followed_until: datetime | None = None

    @property
    def has_begun(self) -> bool:
        """Whether this process's start is on record."""
        return self._start is not None

    def followed(self, at: datetime) -> None:
        """The books were made to follow a whole answer."""
        self._followed_until = at

    def followed_until(self) -> datetime | None:
        """Up to when the books were surely made to follow the broker's, by this process or one before it.

        On a store without any look, when the first of its processes began.
        """
        if self._followed_until is None:
            with reading(self._store) as connection:
                answered = connection.scalar(_ANSWERED)
                self._followed_until = answered or connection.scalar(_FIRST_START)
        return self._followed_until

    def put(self, look: Look, picture: Callable[[], Picture | None], *, brief: bool) -> None:
        """Put ``look`` on record with its picture; ``brief``: not where it came to what the last one did."""
        last = self._known()
        if last is None or look.outcome == "repaired" or last[1:] != (look.outcome, look.why):
            self._last = (self._begun(look, picture()), look.outcome, look.why)
        elif not brief:
            self._went_on(last[0], look, picture())

    def stands(self, at: datetime, waits_for: str | None) -> None:
        """How this process stands to the broker's books: what it waits for, None while they are settled."""
        if self._start is None:
            self._start = self._began(at, waits_for)
            return
        change: dict[str, Any] = {"waits_for": waits_for}
        if waits_for is None:
            change |= {"settled_at": func.coalesce(starts.c.settled_at, bindparam("now", at, UtcTime()))}
        with writing(self._store) as connection:
            connection.execute(_START.values(change), {"which": self._start})

    def _began(self, at: datetime, waits_for: str | None) -> int:
        settled_at = at if waits_for is None else None
        row = {"started_at": at, "settled_at": settled_at, "waits_for": waits_for}
        with writing(self._store) as connection:
            added = connection.execute(insert(starts).values(row)).inserted_primary_key
        assert added is not None, "both databases give the number of a row that is inserted"
        return int(added[0])

    def _known(self) -> tuple[int, str, str | None] | None:
        if self._last is None:
            with reading(self._store) as connection:
                row = connection.execute(_LAST).first()
            self._last = (row.number, row.outcome, row.why) if row is not None else None
        return self._last

    def _begun(self, look: Look, picture: Picture | None) -> int:
        run_id = derived_id("reconciliation", look.at.isoformat())
        came_to = {"outcome": look.outcome, "why": look.why}
        row = {"run_id": run_id, "first_at": look.at, **came_to, **_lately(look, picture)}
        with writing(self._store) as connection:
            added = connection.execute(insert(looks).values(row)).inserted_primary_key
        assert added is not None, "both databases give the number of a row that is inserted"
        return int(added[0])

    def _went_on(self, number: int, look: Look, picture: Picture | None) -> None:
        with writing(self._store) as connection:
            connection.execute(_AGAIN.values(_lately(look, picture)), {"which": number})


def _lately(look: Look, picture: Picture | None) -> dict[str, Any]:
    """What a later look that came to the same replaces."""
    shown = None if picture is None else picture.model_dump(mode="json")
    return {"at": look.at, "by": look.by, "picture": shown}
