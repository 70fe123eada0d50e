"""A named, seeded scenario: what calm history lacks, so that every rule has something to object to.

History as recorded has no gaps in its feed, no symbol that may not be traded and no model's opinion. A
scenario adds them. Everything follows from its name and seed; nothing of it is history, and the
unlisted symbol's name says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from policy.contracts import MemoStatus, ReasoningMemo, Recommendation, SignalCandidate

Opinion = tuple[MemoStatus, Recommendation | None]
_OPINIONS: tuple[tuple[float, Opinion], ...] = (
    (0.70, ("SKIPPED", None)),
    (0.84, ("OK", "ALLOW")),
    (0.92, ("OK", "ALLOW_WITH_CAUTION")),
    (0.96, ("OK", "BLOCK")),
    (1.00, ("FAILED", None)),
)
_WORDS: Mapping[Opinion, str] = {
    ("SKIPPED", None): "",
    ("OK", "ALLOW"): "scripted: nothing speaks against the trade",
    ("OK", "ALLOW_WITH_CAUTION"): "scripted: the trade stands, the reasons are thin",
    ("OK", "BLOCK"): "scripted: the trade goes against the only news there is",
    ("FAILED", None): "scripted: the model did not answer",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Feed gaps, an unlisted symbol and memos, drawn from ``seed``.

    ``gap_rate`` is the chance, per symbol and session, that its quotes stop for the rest of the session
    after the open; ``twin_of`` lends its bars to ``unlisted_symbol``, which no allow-list holds.
    """

    name: str
    seed: int
    gap_rate: float
    unlisted_symbol: str
    twin_of: str
    unlisted_rate: float

    @property
    def fake_rates(self) -> Mapping[str, float]:
        """How often the fake strategy throws for symbols that are out of the ordinary."""
        return {self.unlisted_symbol: self.unlisted_rate}

    def withheld(self, symbol: str, session: date, moment: str) -> bool:
        """Whether the feed lacks the symbol's quote at that step."""
        if moment == "open":
            return False
        return _draw(f"{self.seed}/gap/{session.isoformat()}/{symbol}") < self.gap_rate

    def opine(self, signal: SignalCandidate) -> ReasoningMemo:
        """The scripted memo on ``signal``: mostly none, now and then each opinion there is."""
        draw = _draw(f"{self.seed}/memo/{signal.signal_id}")
        opinion = next(opinion for below, opinion in _OPINIONS if draw < below)
        status, recommendation = opinion
        return ReasoningMemo(
            signal_id=signal.signal_id,
            status=status,
            recommendation=recommendation,
            thesis=_WORDS[opinion],
        )


def _draw(text: str) -> float:
    """A number from 0 to below 1 that belongs to ``text``, the same in every version of Python."""
    return Random(text).random()  # noqa: S311 - replayable


def calm_history_with_faults(seed: int) -> Scenario:
    """The scenario that plays beside the sample bars: gaps, an unlisted symbol, every kind of memo."""
    return Scenario(
        name="calm-history-with-faults",
        seed=seed,
        gap_rate=0.03,
        unlisted_symbol="UNLISTED",
        twin_of="IBM",
        unlisted_rate=0.06,
    )
