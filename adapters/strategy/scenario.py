"""A named, seeded scenario: what calm history lacks, so that every rule has something to object to.

History as recorded has no gaps in its feed, no symbol that may not be traded, no reasoner that fails, no
market too thin for a small order and no broker that stumbles. A scenario adds them. Everything follows
from its name and seed; nothing of it is history, and the unlisted symbol's name says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

# What is left of the volume in a thin stretch: of millions of shares a step, tens to some hundreds.
_THIN_SHARES = (Decimal("0.00001"), Decimal("0.00004"), Decimal("0.00015"))
_BROKER_FAULTS: Mapping[str, float] = {
    "delayed-acknowledgement": 0.01,
    "lost-acknowledgement": 0.01,
    "early-fill": 0.01,
    "duplicate-fill": 0.01,
    "late-fill": 0.01,
    "silent-taken": 0.01,
    "silent-lost": 0.01,
    "risk-reject": 0.01,
    "unsolicited-cancel": 0.01,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Feed gaps, an unlisted symbol, outages of the reasoner and thin stretches, drawn from ``seed``.

    ``gap_rate`` is the chance, per symbol and session, that its quotes stop for the rest of the session
    after the open; ``twin_of`` lends its bars to ``unlisted_symbol``, which no allow-list holds.
    ``outage_rate`` is the chance, per signal, that the reasoner fails on it;
    ``thin_rate`` is the chance, per symbol and calendar week, that hardly anything can be traded;
    ``broker_faults`` is how often the paper broker stumbles, a fraction of orders for each kind of fault.
    """

    name: str
    seed: int
    gap_rate: float
    unlisted_symbol: str
    twin_of: str
    unlisted_rate: float
    outage_rate: float = 0.0
    thin_rate: float = 0.0
    broker_faults: Mapping[str, float] = field(default_factory=dict)

    @property
    def fake_rates(self) -> Mapping[str, float]:
        """How often the fake strategy throws for symbols that are out of the ordinary."""
        return {self.unlisted_symbol: self.unlisted_rate}

    def withheld(self, symbol: str, session: date, moment: str) -> bool:
        """Whether the feed lacks the symbol's quote at that step."""
        if moment == "open":
            return False
        return _draw(f"{self.seed}/gap/{session.isoformat()}/{symbol}") < self.gap_rate

    def tradable_share(self, symbol: str, day: date) -> Decimal:
        """The fraction of the recorded volume that can be traded: 1, or next to nothing in a thin week."""
        year, week, _ = day.isocalendar()
        stretch = f"{self.seed}/thin/{year}-{week}/{symbol}"
        if _draw(stretch) >= self.thin_rate:
            return Decimal(1)
        return _THIN_SHARES[int(_draw(f"{stretch}/share") * len(_THIN_SHARES))]

    def stumbles_on(self, signal_id: UUID) -> bool:
        """Whether the reasoner fails on that signal of the house."""
        return _draw(f"{self.seed}/memo/{signal_id}") < self.outage_rate


def _draw(text: str) -> float:
    """A number from 0 to below 1 that belongs to ``text``, the same in every version of Python."""
    return Random(text).random()  # noqa: S311 - replayable


def calm_history_with_faults(seed: int) -> Scenario:
    """The scenario that plays beside the sample bars: gaps, an unlisted symbol, a reasoner and a broker that
    stumble, and thin weeks."""
    return Scenario(
        name="calm-history-with-faults",
        seed=seed,
        gap_rate=0.03,
        unlisted_symbol="UNLISTED",
        twin_of="IBM",
        unlisted_rate=0.06,
        outage_rate=0.04,
        thin_rate=0.125,
        broker_faults=_BROKER_FAULTS,
    )


def nothing_added() -> Scenario:
    """A market as it comes, such as a live one: no gap, outage or fault but its own."""
    return Scenario(
        name="as-it-comes", seed=0, gap_rate=0.0, unlisted_symbol="", twin_of="", unlisted_rate=0.0
    )
