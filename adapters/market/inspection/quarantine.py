"""What was not let in, kept and shown: a row for each fault of a symbol a day, and how often it came.

A flood of bad quotes is counted, not piled up: it changes a few rows once a second. The newest
``MOST_ROWS`` rows stay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, insert, select, update

from adapters.market.inspection.outcome import Held, Quarantined
from adapters.market.inspection.reading import LONGEST, shown
from adapters.market.inspection.tables import market_holds, market_quarantine
from adapters.market.source import RawBar
from policy.store import reading, writing

MOST_ROWS = 2_000
_KEY = ("kind", "source", "symbol", "fault", "day")
_OLDEST_KEPT = select(market_quarantine.c.last_at).order_by(market_quarantine.c.last_at.desc())


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what was wrong how often on one day, with the last that came, field by field as text.

    ``day``, ``first_at`` and ``last_at`` are of the house's clock when it arrived. ``symbol`` is empty where
    it is none that is followed, so that made-up ones fill one row and not thousands.
    """

    kind: str
    source: str
    symbol: str
    fault: str
    day: date
    times: int
    first_at: datetime
    last_at: datetime
    text: str
    against: str | None
    came: Mapping[str, str]

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it another row."""
        return tuple(getattr(self, name) for name in _KEY)


class Quarantine:
    """The quarantine of one store; one process writes it, and any may read."""

    def __init__(self, store: Engine, most: int = MOST_ROWS) -> None:
        self._store = store
        self._most = most
        self._waiting: dict[tuple[Any, ...], Case] = {}
        self._holds: Mapping[str, Held] = self.holds()
        self._one_writer = Lock()

    def put(self, found: Iterable[Quarantined]) -> None:
        """Take these in; ``write`` keeps them."""
        with self._one_writer:
            for case in map(case_of, found):
                before = self._waiting.get(case.key)
                self._waiting[case.key] = case if before is None else _together(before, case)

    def write(self, held: Mapping[str, Held]) -> None:
        """Keep what was taken in since the last time, and ``held`` as the levels that wait for somebody."""
        with self._one_writer:
            if not self._waiting and held == self._holds:
                return
            with writing(self._store) as connection:
                is_new = [_keep(connection, case) for case in self._waiting.values()]
                if any(is_new):
                    _let_the_oldest_leave(connection, self._most)
                if held != self._holds:
                    _replace_holds(connection, held)
            self._waiting, self._holds = {}, dict(held)

    def cases(self, symbol: str | None = None, limit: int = 200) -> list[Case]:
        """The rows that were added to last, newest first; of one symbol or of all."""
        asked = select(market_quarantine).order_by(
            market_quarantine.c.last_at.desc(), *(market_quarantine.c[name] for name in _KEY)
        )
        if symbol is not None:
            asked = asked.where(market_quarantine.c.symbol == symbol)
        with reading(self._store) as connection:
            return [Case(**row) for row in connection.execute(asked.limit(limit)).mappings()]

    def holds(self) -> dict[str, Held]:
        """The levels that wait for somebody, by symbol, as last written."""
        with reading(self._store) as connection:
            rows = connection.execute(select(market_holds).order_by(market_holds.c.symbol)).mappings()
            return {row["symbol"]: Held(**row) for row in rows}


def case_of(found: Quarantined) -> Case:
    """What is kept of one quote or bar that was not let in."""
    raw = found.raw
    at = raw.received_at
    return Case(
        kind="bar" if isinstance(raw, RawBar) else "quote",
        source=raw.source,
        symbol=found.symbol or "",
        fault=found.fault.value,
        day=at.date(),
        times=1,
        first_at=at,
        last_at=at,
        text=found.text,
        against=found.against,
        came=dict(_came(found)),
    )


def _came(found: Quarantined) -> Iterator[tuple[str, str]]:
    """Every field that the source wrote, as it would be read aloud: text as it is, cut where it is long."""
    for one in fields(found.raw):
        if one.name not in ("source", "received_at"):
            value = getattr(found.raw, one.name)
            yield one.name, str(value)[:LONGEST] if isinstance(value, Decimal | date) else shown(value)


def _together(before: Case, after: Case) -> Case:
    return replace(after, times=before.times + after.times, first_at=before.first_at)


def _keep(connection: Connection, case: Case) -> bool:
    """Whether the case made a row of its own; else it was added to the one that was there."""
    row = {one.name: getattr(case, one.name) for one in fields(case)}
    same = and_(*(market_quarantine.c[name] == row[name] for name in _KEY))
    changes = {name: row[name] for name in ("last_at", "text", "against", "came")}
    added = update(market_quarantine).where(same)
    times = market_quarantine.c.times + case.times
    if connection.execute(added.values(times=times, **changes)).rowcount:
        return False
    connection.execute(insert(market_quarantine).values(**row))
    return True


def _let_the_oldest_leave(connection: Connection, most: int) -> None:
    oldest = connection.scalar(_OLDEST_KEPT.limit(1).offset(most - 1))
    if oldest is not None:
        connection.execute(delete(market_quarantine).where(market_quarantine.c.last_at < oldest))


def _replace_holds(connection: Connection, held: Mapping[str, Held]) -> None:
    rows: Sequence[dict[str, Any]] = [
        {one.name: getattr(hold, one.name) for one in fields(hold)} for hold in held.values()
    ]
    connection.execute(delete(market_holds))
    if rows:
        connection.execute(insert(market_holds), rows)
