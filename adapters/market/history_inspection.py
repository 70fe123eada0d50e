"""How bars as traded are inspected: with the splits on record, and the jumps that were found true."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.level import JUMP
from adapters.market.inspection.outcome import Acceptance
from adapters.storage.bar_notes import Look
from adapters.storage.splits import Split, factor


def inspecting(
    symbol: str,
    splits: Sequence[Split],
    looks: Iterable[Look],
    calendar: TradingCalendar,
    jump: Decimal = JUMP,
) -> Inspection:
    """Inspects bars of ``symbol``; a price no further than ``jump`` from the last close is no jump."""
    return Inspection(
        [symbol],
        calendar,
        jump=jump,
        accepted=[Acceptance(look.symbol, look.day, look.level, look.note) for look in looks],
        splits=lambda _, after, until: ratio_of(splits, after, until),
    )


def ratio_of(splits: Sequence[Split], after: date, until: date) -> Decimal:
    """How many shares one became by those of ``splits`` after a day, up to another."""
    if not splits:
        return Decimal(1)
    shares = factor(splits, after, until)
    return Decimal(shares.numerator) / shares.denominator
