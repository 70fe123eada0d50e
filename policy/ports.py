"""What the policy service needs from the world, as protocols; ``adapters/wiring.py`` supplies them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid5

from policy.contracts import (
    Action,
    MarketContext,
    PackSet,
    PortfolioContext,
    ReasoningMemo,
    Scalar,
    SignalCandidate,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

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


@dataclass(frozen=True, slots=True)
class Subject:
    """A trade that the house's books are asked about: ``size_pct`` is a fraction of equity.

    ``qty`` is an order's whole shares; None before there is an order. Then a signal of the ``house`` will be
    cut down to what may leave, and a caller's order may be as large as the size allows.
    """

    symbol: str
    side: Action
    size_pct: float
    source: PackSet
    qty: Decimal | None = None


class HouseFacts(Protocol):
    """Measures what rules may know of the house's books beside the contexts, such as ``house.daily_loss``."""

    def measure(
        self, connection: "Connection", names: frozenset[str], subjects: Sequence[Subject], at: datetime
    ) -> Sequence[Mapping[str, Scalar]]:
        """For each of ``subjects``, in their order, those facts called ``names`` that can be told at ``at``.

        What is kept in the store is read in the transaction of ``connection``. A fact that cannot be
        measured is left out: then it is absent, which packs that read it treat as a REJECT. Raises
        ``Unanswered`` when another process that has to be asked gives no answer.
        """
        ...


class Reasoner(Protocol):
    """Gives its opinion on signals; never raises: a failure is a memo with status FAILED and its reason."""

    def opine(self, asked: Sequence[tuple[SignalCandidate, HouseContexts]]) -> Sequence[ReasoningMemo]:
        """One memo on each signal of ``asked``, in their order, as seen in the contexts that go with it."""
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
