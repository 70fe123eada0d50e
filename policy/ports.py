"""What the policy service needs from the world, as protocols; ``adapters/wiring.py`` supplies them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from policy.contracts import Action, MarketContext, PackSet, PortfolioContext, ReasoningMemo, SignalCandidate

TRIVET = UUID("7b0c6f5e-6a51-5d0e-9e2b-3f1d6c9a4e70")


def derived_id(kind: str, *parts: object) -> UUID:
    """The id of a thing that follows from others: the same parts give the same id for ever.

    A signal has one decision, a decision one review, so their ids need no counter and no dice,
    and a replay names everything as the first run did.
    """
    return uuid5(TRIVET, "/".join((kind, *map(str, parts))))


class Unanswered(ConnectionError):
    """What has to be known now (the time, a quote, the portfolio) cannot be asked: nothing can be decided."""


class Clock(Protocol):
    """The time the house goes by: real, or the player's."""

    def now(self) -> datetime:
        """The current time, aware UTC."""
        ...


class Sessions(Protocol):
    """The exchange's trading hours."""

    def close_of(self, at: datetime) -> datetime | None:
        """The close of the session that is open at ``at``; None outside sessions."""
        ...


@dataclass(frozen=True, slots=True)
class HouseContexts:
    """The house's own measurements; a side that it cannot measure is None, never a guess."""

    market: MarketContext | None
    portfolio: PortfolioContext | None


class ContextSource(Protocol):
    """Measures what the rules read of market and book."""

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        """Contexts of ``symbol`` as of ``at``; a SELL has the opposite correlation with the book."""
        ...


class Reasoner(Protocol):
    """Gives an opinion on a signal; never raises: a failure is a memo with status FAILED."""

    def opine(self, signal: SignalCandidate) -> ReasoningMemo:
        """A memo on ``signal``."""
        ...


class PackUnavailable(Exception):
    """A released pack is unknown, missing, or no longer what was released."""


class PackUnknown(PackUnavailable):
    """Nobody ever released that pack or version."""


class PackLibrary(Protocol):
    """Released pack texts and the shelf a new store starts with."""

    def frozen_text(self, pack: str, version: str) -> str:
        """The text of a released version; raises ``PackUnavailable`` if it is missing or was edited."""
        ...

    def default_shelf(self) -> dict[PackSet, tuple[tuple[str, str], ...]]:
        """(pack, version) pairs to activate when a store is first used, by set."""
        ...
