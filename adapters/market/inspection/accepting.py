"""People who have looked at a held level say that it is true: on record with name, note and time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from adapters.market.inspection.level import JUMP, level
from adapters.market.inspection.outcome import Acceptance
from adapters.market.inspection.tables import market_acceptances, market_holds
from adapters.market.symbols import NoSymbol, house_symbol
from policy.access.callers import LOCAL, RESERVED
from policy.ports import Clock
from policy.store import lock_out_writers, reading, writing


class AcceptRefused(Exception):
    """An acceptance that is not made; ``code`` names why, the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody let in: the ``level`` of ``symbol`` in dollars on ``day``, held ``against`` what."""

    number: int
    symbol: str
    day: date
    level: Decimal
    against: str
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acceptances:
    """The acceptances on record in one store."""

    store: Engine
    clock: Clock

    def accept(self, symbol: str, *, by: str, note: str, seen: Decimal | None = None) -> Accepted:
        """Let the held level of ``symbol`` in when it comes again; it edits no quote.

        ``seen`` is the level that the person looked at, in dollars, where it may have moved on since.
        Raises ``AcceptRefused`` without a note, for anybody but a person, where nothing is held, and where
        what is held now is a jump from ``seen``.
        """
        _check_person(by, note)
        name = _symbol(symbol)
        with writing(self.store) as connection:
            lock_out_writers(connection, market_holds)
            hold = connection.execute(select(market_holds).where(market_holds.c.symbol == name)).first()
            if hold is None:
                raise AcceptRefused(
                    "nothing-held", f"{name} is not held; see what is with: trivet market status"
                )
            return _record(connection, hold, _level(hold, seen), by, note, self.clock.now())

    def since(self, number: int) -> Iterator[tuple[int, Acceptance]]:
        """Every acceptance with a number above ``number``, in order, with its number."""
        later = select(market_acceptances).where(market_acceptances.c.number > number)
        with reading(self.store) as connection:
            rows = connection.execute(later.order_by(market_acceptances.c.number)).all()
        for row in rows:
            yield row.number, Acceptance(row.symbol, row.day, row.level, row.note)

    def last(self, limit: int = 50) -> list[Accepted]:
        """The last acceptances, newest first."""
        asked = select(market_acceptances).order_by(market_acceptances.c.number.desc()).limit(limit)
        with reading(self.store) as connection:
            return [Accepted(**row) for row in connection.execute(asked).mappings()]


def _check_person(by: str, note: str) -> None:
    if not note.strip():
        raise AcceptRefused(
            "missing-note", "accepting needs a note that says why the level is true; give one"
        )
    if not by.strip() or by in RESERVED - {LOCAL.name}:
        raise AcceptRefused("no-person", f'only a person accepts, and "{by}" is none; give your own name')


def _symbol(text: str) -> str:
    try:
        return house_symbol(text)
    except NoSymbol as none:
        raise AcceptRefused("no-symbol", str(none)) from none


def _level(hold: Row[Any], seen: Decimal | None) -> Decimal:
    """The level to let in: what was seen, where what is held now is still about that."""
    if seen is None:
        held: Decimal = hold.level
        return held
    if not level(seen, hold.day, "accepted", JUMP).fits(hold.level, hold.level):
        raise AcceptRefused(
            "level-moved", f"{hold.symbol} is held at {hold.level} by now, not at {seen}; look again"
        )
    return seen


def _record(
    connection: Connection, hold: Row[Any], taken: Decimal, by: str, note: str, at: datetime
) -> Accepted:
    row = {
        "symbol": hold.symbol,
        "day": hold.day,
        "level": taken,
        "against": hold.against,
        "by": by,
        "note": note,
        "at": at,
    }
    added = insert(market_acceptances).values(**row).returning(market_acceptances.c.number)
    number = connection.execute(added).scalar_one()
    connection.execute(delete(market_holds).where(market_holds.c.symbol == hold.symbol))
    return Accepted(number=number, **row)
