"""How bars as traded are inspected: with the splits on record, and the jumps that were found true."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.level import JUMP
from adapters.market.inspection.outcome import Acceptance, Fault, Quarantined
from adapters.market.source import RawBar
from adapters.storage.bar_files import PLACES
from adapters.storage.bar_notes import Look
from adapters.storage.splits import Split, factor
from policy.contracts import Bar


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


def inspected_as_traded(inspection: Inspection, raw: RawBar) -> Bar | Quarantined:
    """What ``inspection`` says of ``raw``, which has to fit into the files of bars, too."""
    outcome = inspection.bar(raw)
    if isinstance(outcome, Quarantined) or not _is_too_fine(outcome):
        return outcome
    text = f"a price has more than {PLACES} places; bars are kept as traded, not as adjusted since"
    return Quarantined(Fault.UNREADABLE, text, raw, outcome.symbol, None)


def ratio_of(splits: Sequence[Split], after: date, until: date) -> Decimal:
    """How many shares one became by those of ``splits`` after a day, up to another."""
    if not splits:
        return Decimal(1)
    shares = factor(splits, after, until)
    return Decimal(shares.numerator) / shares.denominator


def _is_too_fine(bar: Bar) -> bool:
    return any(
        price.as_tuple().exponent < -PLACES  # type: ignore[operator]
        for price in (bar.open, bar.high, bar.low, bar.close)
    )
