"""The fake strategy: seeded dice in place of an idea, so that every path of the gate sees traffic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from adapters.strategy.view import MarketView
from policy.contracts import SignalCandidate
from policy.ports import derived_id

NAME = "fake"
VERSION = "fake-1"
ORDINARY_RATE = 0.35
MOMENTS: Sequence[tuple[str, float]] = (
    ("open", 0.20),
    ("morning", 0.20),
    ("midday", 0.20),
    ("afternoon", 0.20),
    ("late", 0.16),
    ("close", 0.04),  # a strategy that is late: the market has closed when its signal comes
)
# Only Random.random() is used: its values for a text seed are the same in every version of Python.


@dataclass(frozen=True, slots=True)
class Fake:
    """Throws for (seed, session, symbol): whether, when and what. The same seed throws the same for ever.

    ``rates`` gives the chance of a proposal per session for symbols that differ from the ordinary 0.35.
    """

    seed: int
    rates: Mapping[str, float] = field(default_factory=dict)
    name: str = NAME

    def listens_at(self, moment: str) -> bool:
        """At every step of a session; each symbol has its own moment each day."""
        return any(moment == name for name, _ in MOMENTS)

    def propose(self, view: MarketView) -> SignalCandidate | None:
        """BUY in 65 of 100, confidence 0.5 to 0.95, size 0.25 to 2 % of equity, stop 1 to 5 %."""
        dice = Random(f"{self.seed}/{view.at.date().isoformat()}/{view.symbol}")  # noqa: S311 - replayable
        if dice.random() >= self.rates.get(view.symbol, ORDINARY_RATE):
            return None
        moment = _moment(dice.random())
        if view.moment not in (None, moment):
            return None
        return _thrown(view, dice)


def _thrown(view: MarketView, dice: Random) -> SignalCandidate:
    return SignalCandidate(
        signal_id=derived_id("signal", NAME, view.symbol, view.at.isoformat()),
        symbol=view.symbol,
        candidate_action="BUY" if dice.random() < 0.65 else "SELL",
        confidence=round(0.5 + 0.45 * dice.random(), 4),
        size_pct=round(0.0025 + 0.0175 * dice.random(), 4),
        strategy=NAME,
        model_version=VERSION,
        stop_distance_pct=round(0.01 + 0.04 * dice.random(), 4),
        created_at=view.at,
    )


def _moment(draw: float) -> str:
    for name, share in MOMENTS:
        if draw < share:
            return name
        draw -= share
    return MOMENTS[0][0]
