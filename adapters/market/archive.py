"""The bars that are played: the sample, or a folder of imported ones; as traded, and adjusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from adapters.market.calendar import TradingCalendar
from adapters.market.gaps import Gap, session_day, stored_gaps
from adapters.market.inspection.outcome import Acceptance
from adapters.market.known_jumps import read_known_jumps
from adapters.market.sample import Bars, read_traded_bars, traded_bars
from adapters.market.sample_export import splits_in
from adapters.storage.bar_notes import Look
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split, adjusted_as_of, factor
from policy.contracts import Bar

SAMPLE_NAME = "sample"


class ArchiveUnfit(Exception):
    """A folder whose bars cannot be played as they are; the message says why and what to do."""


@dataclass(frozen=True)
class Archive:
    """Bars as ``traded``, oldest first by symbol, with their splits and the jumps that were found true.

    ``known_jumps`` have levels as played. ``name`` is ``sample``, or follows from everything in a folder.
    """

    name: str
    traded: Bars
    splits: Mapping[str, Sequence[Split]] = field(default_factory=dict)
    known_jumps: tuple[Acceptance, ...] = ()

    @property
    def last_day(self) -> date:
        """The day of the newest bar: in its shares everything is played."""
        return max(session_day(series[-1]) for series in self.traded.values())

    @property
    def all_trade_from(self) -> date:
        """The first session of the youngest symbol."""
        return max(session_day(series[0]) for series in self.traded.values())

    def played(self) -> Bars:
        """Split-adjusted bars by symbol."""
        last = self.last_day
        return {
            symbol: adjusted_as_of(series, self.splits.get(symbol, ()), last)
            for symbol, series in self.traded.items()
        }

    def with_twin(self, symbol: str, of: str) -> "Archive":
        """This with one more listing, ``symbol``, which trades as ``of`` does, or as the first there is."""
        model = of if of in self.traded else min(self.traded)
        twin = tuple(bar.model_copy(update={"symbol": symbol}) for bar in self.traded[model])
        jumps = tuple(replace(one, symbol=symbol) for one in self.known_jumps if one.symbol == model)
        return replace(
            self,
            traded={**self.traded, symbol: twin},
            splits={**self.splits, symbol: self.splits.get(model, ())},
            known_jumps=(*self.known_jumps, *jumps),
        )


def sample_archive(calendar: TradingCalendar) -> Archive:
    """The bars that ship with Trivet, of the sessions that ``calendar`` leaves."""
    rows = read_traded_bars()
    symbols = dict.fromkeys(row.symbol for row in rows)
    by_symbol = {symbol: [row for row in rows if row.symbol == symbol] for symbol in symbols}
    everyday = TradingCalendar()
    return Archive(
        SAMPLE_NAME,
        {symbol: _held(traded_bars(some, everyday), calendar) for symbol, some in by_symbol.items()},
        {symbol: splits_in(some) for symbol, some in by_symbol.items()},
        read_known_jumps(),
    )


def stored_archive(root: Path, calendar: TradingCalendar, *, allow_gaps: bool = False) -> Archive:
    """All bars in the folder ``root``, of the sessions that ``calendar`` leaves.

    Raises ``ArchiveUnfit`` where there are none, or where sessions are missing that are not to be.
    """
    store = BarStore(root)
    traded = {symbol: store.between(symbol) for symbol in store.symbols()}
    if not traded:
        raise ArchiveUnfit(f"{root} holds no bars; bring some there: trivet bars import FILE --folder {root}")
    if not allow_gaps and (missing := list(stored_gaps(store, calendar))):
        raise ArchiveUnfit(_about_gaps(root, missing))
    splits = {symbol: store.splits(symbol) for symbol in traded}
    looks = [look for symbol in traded for look in store.looks(symbol)]
    held = {symbol: _held(series, calendar) for symbol, series in traded.items()}
    archive = Archive(_digest(traded, splits, looks), held, splits)
    return replace(archive, known_jumps=tuple(_known_jumps(looks, archive)))


def _held(bars: Sequence[Bar], calendar: TradingCalendar) -> tuple[Bar, ...]:
    """``bars`` without those of sessions that an operator closed; one closed early closes its bar."""
    left = [bar for bar in bars if session_day(bar) not in calendar.overrides.closed]
    early = calendar.overrides.closes_early
    return tuple(
        _closed_early(bar, early[day].closes) if (day := session_day(bar)) in early else bar for bar in left
    )


def _closed_early(bar: Bar, closes: datetime) -> Bar:
    return bar.model_copy(update={"closed_at": min(bar.closed_at, closes.astimezone(UTC))})


def _known_jumps(looks: Sequence[Look], archive: Archive) -> list[Acceptance]:
    last, found = archive.last_day, []
    for look in looks:
        shares = factor(archive.splits[look.symbol], look.day, last)
        level = look.level * shares.denominator / shares.numerator
        found.append(Acceptance(look.symbol, look.day, level, look.note))
    return found


def _about_gaps(root: Path, missing: Sequence[Gap]) -> str:
    first = missing[0]
    return (
        f"{root} lacks {len(missing)} sessions, such as {first.symbol} {first.session.day}; "
        f"see: trivet bars gaps --folder {root}, or play it as it is with --allow-gaps"
    )


def _digest(traded: Bars, splits: Mapping[str, Sequence[Split]], looks: Sequence[Look]) -> str:
    """What names these bars: the same for the same bars and notes, however they came to lie there."""
    total = sha256()
    for symbol in sorted(traded):
        for bar in traded[symbol]:
            total.update(_line(bar))
        for split in splits[symbol]:
            total.update(f"{split.ex_day} {split.ratio}\n".encode())
    for look in sorted(looks, key=lambda one: (one.symbol, one.day)):
        total.update(f"{look.symbol} {look.day} {look.level.normalize()}\n".encode())
    return total.hexdigest()


def _line(bar: Bar) -> bytes:
    prices = " ".join(str(price.normalize()) for price in (bar.open, bar.high, bar.low, bar.close))
    return f"{bar.symbol} {bar.opened_at.isoformat()} {prices} {bar.volume}\n".encode()
