"""What may move: the last comparison somebody looked at and accepted, kept beside the pack.

A baseline counts for the versions it was accepted against and no others: once the base has changed,
what was approved is what is compared with.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from adapters.regress.report import Moved, Report, named
from adapters.regress.signals import RegressRefused
from engine import RulePack


class Bound(NamedTuple):
    """One thing that moved, how many signals did, and how many may."""

    kind: str
    name: str
    signals: int
    allowed: int

    @property
    def exceeded(self) -> bool:
        """Whether more moved than may."""
        return self.signals > self.allowed

    def __str__(self) -> str:
        return f"{self.name}: {self.signals} signals; {self.allowed or 'none'} may"


class _Baseline(BaseModel):
    """What is read back of a baseline; the rest is for people."""

    base: list[dict[str, str]]
    moved: dict[str, dict[str, int]]


def place_of(rules: Path, report: Report) -> Path:
    """Where the baseline of these signals lies unless somebody says otherwise: with the head's first pack."""
    first, *others = [pack.name for pack in report.head]
    name = "-with-".join([Path(report.source).stem, *others])
    return rules / first / "regressions" / f"{name}.json"


def accept(path: Path, report: Report) -> None:
    """Write what moved as allowed from now on."""
    kept = {
        "base": list(map(named, report.base)),
        "head": list(map(named, report.head)),
        "signals": {"source": Path(report.source).name, "count": report.count},
        "moved": report.moved,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


def bounds(path: Path, report: Report) -> list[Bound]:
    """Everything that moved beside what the baseline at ``path`` allows; without one nothing may move.

    Raises:
        RegressRefused: the file is no baseline.
    """
    allowed = _allowed(path, report)
    return [
        Bound(kind, name, count, allowed.get(kind, {}).get(name, 0))
        for kind, found in report.moved.items()
        for name, count in found.items()
    ]


def beyond(found: Sequence[Bound]) -> list[Bound]:
    """What moved further than it may; where too much moved altogether, the places are not told again."""
    return list(_beyond(found))


def _beyond(found: Sequence[Bound]) -> Iterator[Bound]:
    whole = tuple(f"{one.name} " for one in found if one.kind in ("verdicts", "sizes") and one.exceeded)
    for one in found:
        told_already = one.kind in ("symbols", "months") and one.name.startswith(whole)
        if one.exceeded and not told_already:
            yield one


def _allowed(path: Path, report: Report) -> Moved:
    if not path.exists():
        return {}
    try:
        kept = _Baseline.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        advice = "restore it or write a new one with --accept"
        raise RegressRefused(f"{path} is no baseline; {advice}") from error
    accepted = [pack.get("logic") for pack in kept.base]
    return kept.moved if accepted == _logic(report.base) else {}


def _logic(packs: Sequence[RulePack]) -> list[str]:
    return [pack.logic_hash for pack in packs]
