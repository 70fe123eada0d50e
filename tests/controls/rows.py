"""The register of controls and stops: each is a row with its number, its place, its limits and its test.

A test is registered by ``@control``. It attempts what the control must stop, asserts that it was stopped,
and returns a ``Shown``: what was attempted and what happened, in words that are the same in every run. Those
words are held against ``shown.json`` beside this file; ``make controls`` writes that file and the page anew.
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("shown.json")
WRITES = "TRIVET_CONTROLS_SHOWN"
"""Names a file in the environment; where it is set, what tests show is appended there and not compared."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a test saw: the attempt that should trip the control, and what became of it, in words."""

    attempt: str
    happened: str


@dataclass(frozen=True, slots=True)
class Row:
    """One control: ``number`` as in the list of controls, or a letter with a number for a stop.

    ``lives`` is the file that refuses, ``limits`` names what of ``rules/limits`` it reads, ``verdict`` what
    it answers; ``test`` is the node id of the test that trips it.
    """

    number: str
    name: str
    lives: str
    verdict: str
    test: str
    limits: tuple[str, ...] = ()


ROWS: dict[str, Row] = {}
"""Every registered row by its test."""


def control(
    number: int | str, name: str, lives: str, verdict: str = "DENY", limit: str | Iterable[str] = ()
) -> Callable[[Callable[..., Shown]], Callable[..., None]]:
    """Register the decorated test for control ``number``; ``limit`` names one limit or several."""
    limits = (limit,) if isinstance(limit, str) else tuple(limit)

    def register(test: Callable[..., Shown]) -> Callable[..., None]:
        place = f"{test.__module__.replace('.', '/')}.py::{test.__name__}"
        ROWS[place] = Row(str(number), name, lives, verdict, place, limits)

        @wraps(test)
        def run(*arguments: Any, **named: Any) -> None:
            keep(place, test(*arguments, **named))

        return run

    return register


def keep(place: str, shown: Shown) -> None:
    """Hold what the test at ``place`` shows against the record, or write it down where that is asked."""
    if written := os.environ.get(WRITES):
        with Path(written).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"test": place, **asdict(shown)}, ensure_ascii=False) + "\n")
        return
    assert recorded().get(place) == shown, f"{place} shows something new: {shown}; run `make controls`"


@cache
def recorded() -> dict[str, Shown]:
    """What every test showed when the record was written last."""
    found = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    return {place: Shown(**shown) for place, shown in found.items()}


def listed() -> list[Row]:
    """All rows by number: 1 to 47, then the stops."""
    return sorted(ROWS.values(), key=lambda row: (*order_of(row.number), row.test))


def order_of(number: str) -> tuple[bool, str, int]:
    """Where a number stands: 1 to 47 first, then S1, S2 and so on."""
    letters = number.rstrip("0123456789")
    return bool(letters), letters, int(number.removeprefix(letters))
