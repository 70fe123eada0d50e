"""How every session of a run ended: when the last position was left, and whether all were by the close."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select

from adapters.execution.bookkeeping import Journal
from adapters.market.calendar import TradingCalendar
from adapters.portfolio.tables import pnl_history
from adapters.ports import BookedFill
from policy.contracts import utc_text
from policy.store import reading

_WHOLE_DAY_SECONDS = 23_400
_CLOSED = select(pnl_history.c.session, pnl_history.c.closed_at).order_by(pnl_history.c.session)


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one session; ``opened`` shares were bought in it, ``flat_since`` is when the last were sold.

    ``flat_since`` is None where nothing was traded in the session. ``held`` is what was left at the close.
    """

    session: date
    closes: datetime
    is_half_day: bool
    opened: Decimal
    flat_since: datetime | None
    held: Mapping[str, Decimal]

    @property
    def is_flat(self) -> bool:
        """Whether nothing was held when the session closed."""
        return not self.held

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "session": self.session.isoformat(),
            "closes": utc_text(self.closes),
            "half_day": self.is_half_day,
            "opened": str(self.opened),
            "flat": self.is_flat,
            "flat_since": None if self.flat_since is None else utc_text(self.flat_since),
            "held": {symbol: str(qty) for symbol, qty in sorted(self.held.items())},
        }


def ended_sessions(store: Engine) -> list[Ended]:
    """Every session that ``store`` has seen close, oldest first, by the journal of what was booked."""
    with reading(store) as connection:
        closed = connection.execute(_CLOSED).all()
    if not closed:
        return []
    lines = Journal(store).booked(0, closed[-1].closed_at)
    calendar = TradingCalendar()
    lengths = {one.day: one.seconds for one in calendar.between(closed[0].session, closed[-1].session)}
    return list(_ended([(row.session, row.closed_at) for row in closed], lines, lengths))


def _ended(
    closed: Sequence[tuple[date, datetime]], lines: Sequence[BookedFill], lengths: Mapping[date, int]
) -> Iterator[Ended]:
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    place = 0
    for session, closes in closed:
        opened, last = Decimal(0), None
        while place < len(lines) and lines[place].at <= closes:
            line, place = lines[place], place + 1
            change = _change(line)
            held[line.symbol] += change
            opened, last = opened + max(change, Decimal(0)), line.at
        left = {symbol: qty for symbol, qty in held.items() if qty}
        is_half_day = lengths[session] < _WHOLE_DAY_SECONDS
        yield Ended(session, closes, is_half_day, opened, None if left else last, left)


def _change(line: BookedFill) -> Decimal:
    """Shares that the line adds; a reversal takes back what it names."""
    signed = line.qty if line.side == "BUY" else -line.qty
    return -signed if line.kind == "reversal" else signed
