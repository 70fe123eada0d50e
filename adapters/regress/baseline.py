"""What may move: the last comparison somebody looked at and accepted, kept beside the pack.

A baseline counts for the version it was accepted against and no other: once the base has changed,
what was approved is what is compared with.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from adapters.regress.report import Report, named
from adapters.regress.signals import RegressRefused


class _Baseline(BaseModel):
    """What is read back of a baseline; the rest is for people."""

    base: dict[str, str]
    moved: dict[str, dict[str, int]]


def place_of(rules: Path, report: Report) -> Path:
    """Where the baseline of these signals lies unless somebody says otherwise."""
    return rules / report.head.name / "regressions" / f"{Path(report.source).stem}.json"


def accept(path: Path, report: Report) -> None:
    """Write what moved as allowed from now on."""
    kept = {
        "base": named(report.base),
        "head": named(report.head),
        "signals": {"source": Path(report.source).name, "count": report.count},
        "moved": report.moved,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


def beyond(path: Path, report: Report) -> list[str]:
    """What moved further than the baseline at ``path`` allows, in words; without one nothing may move.

    Raises:
        RegressRefused: the file is no baseline.
    """
    allowed = _allowed(path, report)
    return [
        f"{name}: {count} signals; {allowed.get(kind, {}).get(name, 0) or 'none'} may"
        for kind, found in report.moved.items()
        for name, count in found.items()
        if count > allowed.get(kind, {}).get(name, 0)
    ]


def _allowed(path: Path, report: Report) -> Mapping[str, Mapping[str, int]]:
    if not path.exists():
        return {}
    try:
        kept = _Baseline.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        advice = "restore it or write a new one with --accept"
        raise RegressRefused(f"{path} is no baseline; {advice}") from error
    return kept.moved if kept.base.get("logic") == report.base.logic_hash else {}
