"""Bars as they were traded, in Parquet files, one for each symbol and month; each is replaced as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from itertools import groupby, pairwise
from pathlib import Path
from urllib.parse import quote, unquote

from adapters.storage.bar_files import BarsRefused, decoded, encoded, locked, replace
from adapters.storage.bar_notes import Correction, Look, Notes
from adapters.storage.splits import Split, adjusted_as_of
from policy.contracts import Bar

_FOLDER = "symbol="


@dataclass(frozen=True, slots=True)
class Added:
    """How many of the bars handed in are new, were there already, or took another's place."""

    new: int = 0
    same: int = 0
    corrected: int = 0


@dataclass(frozen=True, slots=True)
class Clash:
    """A stored bar and another one of the same session, which has other numbers."""

    stored: Bar
    came: Bar

    def __str__(self) -> str:
        day = f"{self.stored.opened_at:%Y-%m-%d}"
        return f"{self.stored.symbol} {day}: stored {numbers_of(self.stored)}, came {numbers_of(self.came)}"


class BarsClash(BarsRefused):
    """Bars of stored sessions with other numbers; nothing was written. ``clashes`` are all of them."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        count = (
            f"{len(clashes)} stored bars have other numbers" if len(clashes) > 1 else "a stored bar differs"
        )
        super().__init__(f"{count}; {clashes[0]}; keep what is stored, or replace it with --correct")
        self.clashes = tuple(clashes)


class BarStore:
    """Bars as traded below ``root``, as ``symbol=AAPL/2012-06.parquet``: months by UTC, oldest bar first.

    Splits lie beside them, and ``adjusted`` is a view over both: a split learnt later rewrites no bar.
    DuckDB, Polars and Ibis read all of it as one data set, the symbol from the folder's name. A file is
    always whole: whoever reads while somebody writes, or after a crash, finds the old one or the new one.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        folders = (path.name for path in self.root.glob(f"{_FOLDER}*") if any(path.glob("*.parquet")))
        return tuple(sorted(unquote(name.removeprefix(_FOLDER)) for name in folders))

    def noted(self) -> tuple[str, ...]:
        """Every symbol that has bars, or splits on record, in alphabetical order."""
        folders = (path.parent.name for path in self.root.glob(f"{_FOLDER}*/splits.jsonl"))
        return tuple(sorted({*self.symbols(), *(unquote(name.removeprefix(_FOLDER)) for name in folders)}))

    def between(self, symbol: str, first: date = date.min, last: date = date.max) -> tuple[Bar, ...]:
        """Bars of ``symbol`` that opened from day ``first`` to day ``last``, UTC, as traded, oldest first."""
        months = (path for path in self._months(symbol) if _month(first) <= path.stem <= _month(last))
        bars = (bar for path in months for bar in decoded(path, symbol))
        return tuple(bar for bar in bars if first <= _day_of(bar) <= last)

    def adjusted(
        self, symbol: str, as_of: date, first: date = date.min, last: date = date.max
    ) -> tuple[Bar, ...]:
        """The same bars in shares of the day ``as_of``, by the splits on record now."""
        return adjusted_as_of(self.between(symbol, first, last), self.splits(symbol), as_of)

    def first(self, symbol: str) -> Bar | None:
        """The oldest bar of ``symbol``; None where there is none."""
        months = self._months(symbol)
        return decoded(months[0], symbol)[0] if months else None

    def last(self, symbol: str) -> Bar | None:
        """The newest bar of ``symbol``; None where there is none."""
        months = self._months(symbol)
        return decoded(months[-1], symbol)[-1] if months else None

    def add(self, symbol: str, bars: Sequence[Bar], correction: Correction | None = None) -> Added:
        """Store ``bars`` of ``symbol``, oldest first, as traded; month by month, each all or nothing.

        A bar that is stored already changes nothing. One with other numbers than the stored one takes its
        place where ``correction`` says by whom and when; what was there is kept in ``corrections.jsonl``.
        Another writer of the symbol is waited for.

        Raises ``BarsClash`` for other numbers without ``correction``, ``BarsRefused`` where bars overlap,
        go backward, belong to another symbol, or cannot be written.
        """
        _refuse_unfit(symbol, bars)
        if not bars:
            return Added()
        folder = self._folder(symbol)
        with locked(folder):
            months = [_merged(folder, name, symbol, group) for name, group in _by_month(bars)]
            clashes = [clash for month in months for clash in month.clashes]
            if clashes and correction is None:
                raise BarsClash(clashes)
            if correction is not None:
                self._notes(symbol).add_corrections([(one.stored, one.came) for one in clashes], correction)
            replace(folder, {month.name: encoded(month.bars) for month in months if month.is_changed})
        new = sum(month.new for month in months)
        return Added(new, len(bars) - new - len(clashes), len(clashes))

    def splits(self, symbol: str) -> tuple[Split, ...]:
        """The splits of ``symbol`` on record, by ex-day."""
        return self._notes(symbol).splits()

    def add_split(self, split: Split, *, correct: bool = False) -> bool:
        """Put ``split`` on record; False where it was already.

        Raises ``BarsRefused`` where its ex-day has another ratio, unless it is to ``correct`` that.
        """
        folder = self._folder(split.symbol)
        with locked(folder):
            return self._notes(split.symbol).add_split(split, correct=correct)

    def looks(self, symbol: str) -> tuple[Look, ...]:
        """The jumps of ``symbol`` that somebody has looked at and found true, by day."""
        return self._notes(symbol).looks()

    def add_look(self, look: Look) -> bool:
        """Put on record that a jump was true; False where it was already."""
        folder = self._folder(look.symbol)
        with locked(folder):
            return self._notes(look.symbol).add_look(look)

    def _folder(self, symbol: str) -> Path:
        return self.root / f"{_FOLDER}{quote(symbol, safe='')}"

    def _notes(self, symbol: str) -> Notes:
        return Notes(self._folder(symbol), symbol)

    def _months(self, symbol: str) -> list[Path]:
        return sorted(self._folder(symbol).glob("*.parquet"))


@dataclass(frozen=True, slots=True)
class _Month:
    name: str
    bars: tuple[Bar, ...]
    new: int
    clashes: tuple[Clash, ...]

    @property
    def is_changed(self) -> bool:
        return bool(self.new or self.clashes)


def _merged(folder: Path, name: str, symbol: str, came: Sequence[Bar]) -> _Month:
    """The month in the file ``name`` with those that came; raises ``BarsRefused`` where two overlap."""
    path = folder / name
    stored = {bar.opened_at: bar for bar in decoded(path, symbol)} if path.exists() else {}
    clashes = tuple(
        Clash(stored[bar.opened_at], bar) for bar in came if stored.get(bar.opened_at, bar) != bar
    )
    both = stored | {bar.opened_at: bar for bar in came}
    bars = tuple(both[at] for at in sorted(both))
    _refuse_overlaps(symbol, bars)
    return _Month(name, bars, len(both) - len(stored), clashes)


def _by_month(bars: Sequence[Bar]) -> Iterator[tuple[str, list[Bar]]]:
    for month, group in groupby(bars, key=lambda bar: f"{bar.opened_at.astimezone(UTC):%Y-%m}"):
        yield f"{month}.parquet", list(group)


def _refuse_unfit(symbol: str, bars: Sequence[Bar]) -> None:
    if strange := next((bar.symbol for bar in bars if bar.symbol != symbol), None):
        raise BarsRefused(f"a bar of {strange} was handed in for {symbol}; add each symbol by itself")
    _refuse_overlaps(symbol, bars)


def _refuse_overlaps(symbol: str, bars: Sequence[Bar]) -> None:
    for before, after in pairwise(bars):
        if after.opened_at < before.closed_at:
            raise BarsRefused(
                f"{symbol}: the bar of {after.opened_at:%Y-%m-%d} does not follow that of "
                f"{before.opened_at:%Y-%m-%d}; sort them and leave out repeats"
            )


def _month(day: date) -> str:
    return day.isoformat()[:7]  # strftime writes the year 203 with three digits


def _day_of(bar: Bar) -> date:
    return bar.opened_at.astimezone(UTC).date()


def numbers_of(bar: Bar) -> str:
    """Open, high, low, close and volume of ``bar``, to be shown beside another's."""
    prices = " ".join(f"{price.normalize():f}" for price in (bar.open, bar.high, bar.low, bar.close))
    return f"{prices} {bar.volume}"
