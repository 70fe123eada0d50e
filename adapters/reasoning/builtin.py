"""The built-in reasoner: a deterministic look at the features, for and against, without any model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.reasoning.belonging import features_of
from adapters.reasoning.concerns import NEEDED, WELCOME, Concern, View, concerns
from adapters.reasoning.mind import Opinion, Thought, skipped, thought_of
from adapters.reasoning.untrusted import name_of
from policy.contracts import Recommendation, Scalar, SignalCandidate
from policy.memo_contracts import MemoQuestion

NAME = "built-in-1"
# One concern goes with most trades; two at once ask for a person, three agree that it should not be made.
CAUTION_AT, BLOCK_AT = 2, 3


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """Thinks with thresholds instead of a model: equal questions get equal answers to the byte."""

    name: str = NAME
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    at_once: int = 1

    def think(self, question: MemoQuestion) -> Thought:
        """An opinion on the signal from its features alone; SKIPPED while those are not warm.

        ALLOW with at most one concern, ALLOW_WITH_CAUTION with two, BLOCK from three on.
        """
        signal, values = question.signal, features_of(question)
        if values is None:
            return skipped("features-not-warm", "there are no features of the symbol as of the signal")
        missing = [name for name in NEEDED if not _known(values, name)]
        if missing:
            return skipped("features-not-warm", f"not known yet: {', '.join(missing)}")
        view = View(signal.candidate_action, values, signal.stop_distance_pct)
        return thought_of(_opinion(signal, view, concerns(view)))


def _known(values: Mapping[str, float], name: str) -> bool:
    """Prices below or at zero are no prices."""
    return name in values and (values[name] > 0 or name not in ("close", "sma_20", "sma_50"))


def _opinion(signal: SignalCandidate, view: View, against: Sequence[Concern]) -> Opinion:
    return Opinion(
        recommendation=_recommendation(len(against)),
        thesis=f"{signal.candidate_action} {name_of(signal.symbol)}: {_for(view)}",
        counter_thesis=_against(view, against),
        risk_flags=tuple(concern.flag for concern in against),
    )


def _recommendation(count: int) -> Recommendation:
    if count >= BLOCK_AT:
        return "BLOCK"
    return "ALLOW_WITH_CAUTION" if count >= CAUTION_AT else "ALLOW"


def _for(view: View) -> str:
    """What the features say of the price, in the words of a chart."""
    values = view.values
    month = "above" if values["close"] >= values["sma_20"] else "below"
    trend = "above" if values["sma_20"] >= values["sma_50"] else "below"
    return (
        f"close {values['close']:.2f} is {month} SMA 20 {values['sma_20']:.2f}, which is {trend} "
        f"SMA 50 {values['sma_50']:.2f}; volatility is {values['volatility_20d'] * 100:.1f} % a year and the "
        f"last session traded {values['relative_volume']:.2f} of its usual volume"
    )


def _against(view: View, against: Sequence[Concern]) -> str:
    told = [concern.words for concern in against] or ["nothing in the features speaks against it"]
    unknown = [name for name in WELCOME if name not in view.values]
    told += [f"not known: {', '.join(unknown)}"] if unknown else []
    return "; ".join(told)
