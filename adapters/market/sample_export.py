"""The sample bars on their way into a store: as traded, with their splits and known jumps beside them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import groupby, pairwise

from adapters.market.calendar import TradingCalendar
from adapters.market.known_jumps import read_known_jumps
from adapters.market.sample import TradedBar, read_traded_bars, traded_bars
from adapters.storage.bar_notes import Look
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split, factor

_SOURCE = "sample"


def export_sample(store: BarStore, calendar: TradingCalendar, only: Sequence[str] = ()) -> dict[str, int]:
    """Put the sample, or ``only`` these symbols of it, into ``store``; how many bars of each were new there.

    Raises KeyError for a symbol that the sample has not, ``BarsRefused`` where other bars are stored.
    """
    groups = groupby(read_traded_bars(), key=lambda row: row.symbol)
    sample = {symbol: tuple(rows) for symbol, rows in groups}
    return {symbol: _exported(store, calendar, sample[symbol]) for symbol in only or sample}


def splits_in(rows: Sequence[TradedBar]) -> tuple[Split, ...]:
    """The splits of one symbol, where the factor of its rows, oldest first, goes down; told on their day."""
    return tuple(
        _split(after, Fraction(before.split_factor, after.split_factor))
        for before, after in pairwise(rows)
        if before.split_factor != after.split_factor
    )


def _exported(store: BarStore, calendar: TradingCalendar, rows: Sequence[TradedBar]) -> int:
    symbol, splits = rows[0].symbol, splits_in(rows)
    new = store.add(symbol, traded_bars(rows, calendar)).new  # first: where others are, nothing is noted
    for split in splits:
        store.add_split(split)
    for look in _looks(symbol, splits):
        store.add_look(look)
    return new


def _split(first: TradedBar, ratio: Fraction) -> Split:
    day = first.session
    return Split(first.symbol, day, ratio.numerator, ratio.denominator, _SOURCE, _midnight(day))


def _looks(symbol: str, splits: Sequence[Split]) -> Iterator[Look]:
    """The sample's known jumps, whose levels are as played, in dollars of their day."""
    for jump in read_known_jumps():
        if jump.symbol == symbol:
            shares = factor(splits, jump.day, date.max)
            level = jump.level * shares.numerator / shares.denominator
            yield Look(symbol, jump.day, level, jump.reason, _midnight(jump.day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
