"""What is wrong with a pack, where, and what to do: the one shape of every author's mistake.

Codes: P1xx the YAML itself, P2xx conditions, P3xx the shape of a pack, P4xx cases, P5xx advice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake at one place; ``line`` and ``column`` count from 1."""

    source: str
    line: int
    column: int
    code: str
    text: str
    severity: Severity = "error"

    def __str__(self) -> str:
        word = "" if self.severity == "error" else "warning: "
        return f"{self.source}:{self.line}:{self.column} {self.code} {word}{self.text}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean X?"`` for the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
