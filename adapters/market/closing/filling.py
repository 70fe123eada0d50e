"""Fills in the bars that are missing, from a source of bars: those since the last one, and any gap before."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import structlog

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.gaps import days_of, gaps, session_day
from adapters.market.history_inspection import inspected_as_traded, inspecting, ratio_of
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.level import JUMP, Splits
from adapters.market.inspection.outcome import Quarantined, Unfit
from adapters.market.inspection.reading import day_of
from adapters.market.source import RawBar, Source, SourceAway
from adapters.storage.bars import BarStore
from policy.contracts import Bar

log = structlog.get_logger(__name__)

HISTORY = timedelta(days=400)
"""How far back a symbol without bars is filled: more than a year of sessions, which warms every feature."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What back-fill came to for one symbol.

    ``missing`` are the sessions that still have no bar, oldest first; ``reason`` says why, where the source
    did not answer. As long as a session is missing, no feature is warm that would reach back across it.
    """

    symbol: str
    added: tuple[Bar, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    missing: tuple[date, ...] = ()
    reason: str | None = None


def backfill(
    source: Source,
    store: BarStore,
    calendar: TradingCalendar,
    symbols: Sequence[str],
    until: date,
    history: timedelta = HISTORY,
    jump: Decimal = JUMP,
) -> tuple[Filled, ...]:
    """Ask ``source`` for the bars of ``symbols`` that are missing up to the session of ``until``, in order.

    Every bar is inspected, against the one stored before it and the splits on record, and stored as traded.
    A symbol whose source is away, or whose bars are quarantined, keeps its gap; the others are filled.
    """
    every = {symbol: _wanted(store, calendar, symbol, until, history) for symbol in symbols}
    return tuple(
        _filled(source, store, symbol, wanted, inspection_of(store, calendar, symbol, jump))
        if wanted
        else Filled(symbol)
        for symbol, wanted in every.items()
    )


def _filled(
    source: Source, store: BarStore, symbol: str, wanted: Sequence[Session], inspection: Inspection
) -> Filled:
    first, last = wanted[0].day, wanted[-1].day
    try:
        raws = list(source.bars(symbol, first, last))
    except SourceAway as away:
        log.warning(
            "bars could not be filled in; the gap stays", symbol=symbol, since=str(first), why=str(away)
        )
        return Filled(symbol, missing=tuple(one.day for one in wanted), reason=str(away))
    days = frozenset(one.day for one in wanted)
    bars, quarantined = _inspected(raws, store.between(symbol), inspection, days)
    store.add(symbol, bars)
    added = {session_day(bar) for bar in bars}
    return Filled(symbol, bars, quarantined, tuple(one.day for one in wanted if one.day not in added))


def _wanted(
    store: BarStore, calendar: TradingCalendar, symbol: str, until: date, history: timedelta
) -> list[Session]:
    stored = store.between(symbol)
    if not stored:
        return list(calendar.between(until - history, until))
    return [gap.session for gap in gaps(symbol, days_of(stored), calendar, until)]


def _inspected(
    raws: Sequence[RawBar], stored: Sequence[Bar], inspection: Inspection, wanted: frozenset[date]
) -> tuple[tuple[Bar, ...], tuple[Quarantined, ...]]:
    """Inspect those of ``raws`` that are wanted, each against what lies before it, stored or just let in."""
    outcomes: list[Bar | Quarantined] = []
    before = 0
    for raw in raws:
        day = _session_day(raw)
        if day is not None and day not in wanted:
            continue
        last, before = before, bisect_left(stored, day or date.min, lo=before, key=session_day)
        inspection.recall(bars=stored[last:before][-1:])
        outcomes.append(inspected_as_traded(inspection, raw))
    bars = tuple(one for one in outcomes if isinstance(one, Bar))
    return bars, tuple(one for one in outcomes if isinstance(one, Quarantined))


def _session_day(raw: RawBar) -> date | None:
    try:
        return day_of(raw.session)
    except Unfit:
        return None


def inspection_of(
    store: BarStore, calendar: TradingCalendar, symbol: str, jump: Decimal = JUMP
) -> Inspection:
    """An inspection of bars of ``symbol`` as traded, with the splits and looks on record in ``store``."""
    return inspecting(symbol, store.splits(symbol), store.looks(symbol), calendar, jump)


def splits_of(store: BarStore) -> Splits:
    """The splits of every symbol in ``store``, as they are on record when inspection asks."""
    return lambda symbol, after, until: ratio_of(store.splits(symbol), after, until)
