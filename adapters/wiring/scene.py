"""What a house looks at, recorded or live: its symbols and bars, sessions, volumes, features, strategies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from adapters.features.source import FeatureSource
from adapters.market.calendar import TradingCalendar
from adapters.market.context import MarketGauge
from adapters.market.intake import Intake
from adapters.market.service import ClosedBars
from adapters.market.steps import Step
from adapters.news.desk import NewsDesk
from adapters.ports import Broker, LatestQuotes
from adapters.storage.checkpoints import Checkpoint
from adapters.strategy.scenario import Scenario
from adapters.strategy.view import Strategy
from policy.contracts import Quote
from policy.ports import Clock


class Scene(Protocol):
    """A market as a house needs to know it."""

    @property
    def tape(self) -> ClosedBars:
        """Its symbols and their bars."""
        ...

    @property
    def volumes(self) -> Callable[[str, date, str], Decimal]:
        """Shares of a symbol that can be traded at a step, by the session's day and the step's moment."""
        ...

    @property
    def calendar(self) -> TradingCalendar:
        """Its sessions."""
        ...

    @property
    def features(self) -> FeatureSource:
        """Features of its symbols at any time."""
        ...

    @property
    def news(self) -> NewsDesk:
        """What had been published on its symbols at any time."""
        ...

    @property
    def scenario(self) -> Scenario:
        """What is added to it, so that every rule has something to object to."""
        ...

    @property
    def strategies(self) -> Sequence[Strategy]:
        """Who looks at it, in the order of being asked."""
        ...


class Board(LatestQuotes, Protocol):
    """The latest quotes, as a house keeps them."""

    def put(self, quotes: Iterable[Quote]) -> None:
        """Take in quotes."""
        ...

    def to_state(self) -> list[dict[str, Any]]:
        """Plain JSON values, kept with a checkpoint."""
        ...


@dataclass(frozen=True)
class Seated:
    """The broker, and what it makes of a step of the market: nothing, where it has a market of its own."""

    broker: Broker
    trade: Callable[[Step], object]


def _as_it_is(step: Step) -> Step:
    return step


@dataclass(frozen=True)
class Stage:
    """What a house is built on: a scene, its board and gauge, the time it goes by, and where it left off.

    ``intake`` is where its quotes come in; ``real`` is the clock by which people wait, None where that is
    ``clock``, or where nobody waits.
    """

    scene: Scene
    board: Board
    gauge: MarketGauge
    clock: Clock
    resumed: Checkpoint | None
    real: Clock | None = None
    intake: Intake = field(kw_only=True)
    let_in: Callable[[Step], Step] = _as_it_is
    """Inspects the quotes and bars of a step; those of a live market were inspected as they came."""
