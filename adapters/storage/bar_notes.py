"""What is on record beside the bars of a symbol, as lines of JSON: splits, corrections, jumps found true.

Nothing is ever taken out of these files; of two splits of one day the later line counts.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.storage.bar_files import BarsRefused, replace
from adapters.storage.splits import Split
from policy.canonical import canonical
from policy.contracts import Bar, utc_text


@dataclass(frozen=True, slots=True)
class Correction:
    """Who replaces stored bars by other ones, and when."""

    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody has looked at a jump: ``symbol`` really traded at ``level`` dollars on ``day``."""

    symbol: str
    day: date
    level: Decimal
    note: str
    at: datetime


class Notes:
    """The notes of ``symbol`` in ``folder``; whoever adds to them holds the folder's lock."""

    def __init__(self, folder: Path, symbol: str) -> None:
        self._folder = folder
        self._symbol = symbol

    def splits(self) -> tuple[Split, ...]:
        """Splits that count, by ex-day; withdrawn ones do not."""
        last = {one.ex_day: one for one in self._told_splits()}
        return tuple(last[day] for day in sorted(last) if last[day].ratio != 1)

    def add_split(self, split: Split, *, correct: bool) -> bool:
        """Add ``split``; False where the same ratio is on record.

        Raises ``BarsRefused`` where another one is, unless it is to ``correct`` that.
        """
        known = {one.ex_day: one for one in self._told_splits()}.get(split.ex_day)
        if known is None and split.ratio == 1:
            raise BarsRefused(f"{split.symbol} has no split of {split.ex_day} that 1:1 could withdraw")
        if known is not None and known.ratio == split.ratio:
            return False
        if known is not None and not correct:
            raise BarsRefused(
                f"{split.symbol} split {known.ratio_text} on {split.ex_day} by {known.source}, not "
                f"{split.ratio_text}; keep that, or replace it with --correct"
            )
        self._append("splits", [asdict(split)])
        return True

    def looks(self) -> tuple[Look, ...]:
        """Jumps that were found true, by day."""
        found = [
            Look(self._symbol, _day(line), Decimal(line["level"]), line["note"], _at(line["at"]))
            for line in self._lines("looks")
        ]
        return tuple(sorted(found, key=lambda look: look.day))

    def add_look(self, look: Look) -> bool:
        """Add ``look``; False where the same level of the day is on record."""
        if any((one.day, one.level) == (look.day, look.level) for one in self.looks()):
            return False
        self._append("looks", [asdict(look)])
        return True

    def add_corrections(self, pairs: Sequence[tuple[Bar, Bar]], correction: Correction) -> None:
        """Note each stored bar with the one that takes its place; a pair noted last is not repeated."""
        noted = {line["session"]: (line["was"], line["now"]) for line in self._lines("corrections")}
        lines = []
        for stored, came in pairs:
            session, was, now = f"{stored.opened_at:%Y-%m-%d}", _values(stored), _values(came)
            if noted.get(session) != (was, now):
                lines.append({"session": session, "was": was, "now": now, **asdict(correction)})
        self._append("corrections", lines)

    def _told_splits(self) -> Iterable[Split]:
        for line in self._lines("splits"):
            new, old = line["new"], line["old"]
            yield Split(
                self._symbol,
                date.fromisoformat(line["ex_day"]),
                new,
                old,
                line["source"],
                _at(line["learnt_at"]),
            )

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self._folder / f"{name}.jsonl"
        if not path.exists():
            return []
        return [
            _parsed(path, number, line) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        ]

    def _append(self, name: str, lines: Sequence[dict[str, Any]]) -> None:
        if not lines:
            return
        path = self._folder / f"{name}.jsonl"
        before = path.read_text("utf-8") if path.exists() else ""
        added = "".join(canonical(_plain(line)) + "\n" for line in lines)
        replace(self._folder, {path.name: (before + added).encode()})


def _parsed(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise BarsRefused(f"{path}:{number} is no JSON; take it from a backup") from error
    if not isinstance(found, dict):
        raise BarsRefused(f"{path}:{number} is no JSON object; take it from a backup")
    return found


def _plain(line: dict[str, Any]) -> dict[str, Any]:
    return {name: _text(value) for name, value in line.items() if name != "symbol"}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _values(bar: Bar) -> dict[str, Any]:
    prices = {name: _text(getattr(bar, name)) for name in ("open", "high", "low", "close")}
    return {**prices, "volume": bar.volume}


def _day(line: dict[str, Any]) -> date:
    return date.fromisoformat(line["day"])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
