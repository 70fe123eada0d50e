"""What a stop covers and how hard it holds: everything, one strategy or one symbol."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Kind = Literal["everything", "symbol", "strategy"]
_NAME = re.compile(r"[!-~]{1,64}")


class StopState(StrEnum):
    """How hard a stop holds, mildest first; ``severity`` is the place in that order."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"

    @property
    def severity(self) -> int:
        """0 for ACTIVE, 1 for REDUCING, 2 for HALTED."""
        return list(StopState).index(self)


class ScopeUnclear(ValueError):
    """A text that names no scope; its words say what would."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped; ``name`` is a symbol in capitals or a strategy in small letters, else None."""

    kind: Kind
    name: str | None = None

    @classmethod
    def symbol(cls, name: str) -> "Scope":
        """One symbol, in whichever letters it is written."""
        return cls("symbol", name.upper())

    @classmethod
    def strategy(cls, name: str) -> "Scope":
        """One strategy, in whichever letters it is written."""
        return cls("strategy", name.lower())

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """``everything``, ``symbol:AAPL`` or ``strategy:trend``; raises ``ScopeUnclear`` on anything else."""
        kind, _, name = text.partition(":")
        if text.lower() == "everything":
            return EVERYTHING
        kind = kind.lower()
        if kind not in ("symbol", "strategy"):
            raise ScopeUnclear(f'"{text}" is no scope; write everything, symbol:AAPL or strategy:trend')
        if _NAME.fullmatch(name) is None:
            raise ScopeUnclear(f'"{text}" names no {kind}; write its name, 1 to 64 signs, after the colon')
        return cls.symbol(name) if kind == "symbol" else cls.strategy(name)

    def __str__(self) -> str:
        """The text that ``parse`` reads."""
        return self.kind if self.name is None else f"{self.kind}:{self.name}"


EVERYTHING = Scope("everything")
