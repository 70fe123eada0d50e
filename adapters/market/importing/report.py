"""What became of the rows that were imported, by symbol and reason, with the lines they came from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LINES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PutAside:
    """A row that was not let in: where it stands, why, and what stood there."""

    file: str
    line: int
    code: str
    text: str
    against: str | None
    row: dict[str, str]


@dataclass(frozen=True, slots=True)
class Differing:
    """A row that says something else of a stored session; both as prices and volume."""

    file: str
    line: int
    session: str
    stored: str
    came: str
    corrected: bool


@dataclass(slots=True)
class OfSymbol:
    """One symbol's rows: how many were read, what they came to, and the sessions that are missing now."""

    symbol: str
    rows: int = 0
    new: int = 0
    same: int = 0
    first: str | None = None
    last: str | None = None
    quarantined: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[PutAside]] = field(default_factory=dict)
    differing: int = 0
    differences: list[Differing] = field(default_factory=list)
    gaps: int = 0
    first_gaps: list[str] = field(default_factory=list)

    def put_aside(self, one: PutAside) -> None:
        """Count a row that was not let in, and keep the first few of each reason to show."""
        self.quarantined[one.code] += 1
        shown = self.examples.setdefault(one.code, [])
        if len(shown) < LINES_SHOWN:
            shown.append(one)

    def differ(self, one: Differing) -> None:
        """Count a row with other numbers than the stored ones, and keep the first few to show."""
        self.differing += 1
        if len(self.differences) < LINES_SHOWN:
            self.differences.append(one)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        shown = {code: [asdict(one) for one in examples] for code, examples in sorted(self.examples.items())}
        return {
            "symbol": self.symbol,
            "rows": self.rows,
            "new": self.new,
            "same": self.same,
            "first": self.first,
            "last": self.last,
            "quarantined": dict(sorted(self.quarantined.items())),
            "examples": shown,
            "differing": self.differing,
            "differences": [asdict(one) for one in self.differences],
            "gaps": self.gaps,
            "first_gaps": self.first_gaps,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What an import came to; ``kept`` is the file of the rows that were put aside, where there are any."""

    folder: str
    dry_run: bool
    symbols: Sequence[OfSymbol]
    notes: int = 0
    kept: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether every row is stored now, or would be."""
        refused = any(not one.corrected for symbol in self.symbols for one in symbol.differences)
        return not refused and not any(symbol.quarantined for symbol in self.symbols)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        symbols = [one.to_json() for one in self.symbols]
        return {
            "folder": self.folder,
            "dry_run": self.dry_run,
            "symbols": symbols,
            "notes": self.notes,
            "quarantine": self.kept,
        }
