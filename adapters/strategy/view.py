"""What a strategy is shown, what it answers with, and the arithmetic that all strategies share."""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt, tanh
from typing import Protocol

from policy.contracts import Action, FeatureSnapshot, Quote, SignalCandidate
from policy.ports import derived_id

# What a stop at its distance may cost, as a fraction of equity, for a size of the strategies here.
RISK_PER_SIGNAL = 0.0005
LARGEST_SIZE = 0.05
TRADING_DAYS = 252


@dataclass(frozen=True, slots=True)
class MarketView:
    """One symbol at one time: its last quote and its features. Nothing of the book, nothing of the rules.

    ``moment`` names the step of the session; None when somebody asks outside the run of steps.
    """

    symbol: str
    at: datetime
    quote: Quote
    features: FeatureSnapshot
    moment: str | None = None

    @property
    def mid(self) -> float:
        """The middle of bid and ask in dollars."""
        return float((self.quote.bid + self.quote.ask) / 2)

    def feature(self, name: str) -> float | None:
        """A feature's value; None while it is not warm."""
        return self.features.values.get(name)


class Strategy(Protocol):
    """Looks at one symbol and proposes a trade, or does not."""

    @property
    def name(self) -> str:
        """The name under which the strategy is asked for."""
        ...

    def listens_at(self, moment: str) -> bool:
        """Whether the strategy wants to be asked at this step of a session."""
        ...

    def propose(self, view: MarketView) -> SignalCandidate | None:
        """A candidate, or None when there is nothing to propose or a feature is not warm."""
        ...


def candidate(
    view: MarketView, strategy: str, version: str, action: Action, strength: float, stop_distance: float
) -> SignalCandidate:
    """The proposal of ``strategy`` on ``view``, sized so that every stop costs about the same.

    ``strength`` is at least 0, ``stop_distance`` a fraction of the price.
    """
    return SignalCandidate(
        signal_id=derived_id("signal", strategy, view.symbol, view.at.isoformat()),
        symbol=view.symbol,
        candidate_action=action,
        confidence=confidence_of(strength),
        size_pct=size_for(stop_distance),
        strategy=strategy,
        model_version=version,
        stop_distance_pct=round(min(stop_distance, 1.0), 4),
        created_at=view.at,
    )


def confidence_of(strength: float) -> float:
    """``0.5 + 0.45 * tanh(strength)``: from a coin's toss at 0 towards, never reaching, 0.95."""
    return round(0.5 + 0.45 * tanh(max(0.0, strength)), 4)


def size_for(stop_distance: float) -> float:
    """``0.0005 / stop_distance``, a fraction of equity, at most 0.05: a stop then costs 0.05 % of equity."""
    return round(min(LARGEST_SIZE, RISK_PER_SIGNAL / stop_distance), 4) if stop_distance > 0 else LARGEST_SIZE


def two_day_moves(volatility: float) -> float:
    """The stop distance of two ordinary days: twice the daily share of an annual ``volatility``."""
    return 2 * volatility / sqrt(TRADING_DAYS)
