"""The built-in reasoner: a deterministic look at the features, for and against, without any model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.reasoning.mind import Opinion, Thought, skipped, thought_of
from policy.contracts import Scalar
from policy.memo_contracts import MemoQuestion

NAME = "built-in-1"
_NEEDED = ("close", "sma_20", "sma_50", "volatility_20d", "return_5d", "relative_volume")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """Thinks with thresholds instead of a model: equal questions get equal answers to the byte."""

    name: str = NAME
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    at_once: int = 1

    def think(self, question: MemoQuestion) -> Thought:
        """An opinion on ``question`` from its features alone; SKIPPED while those are not warm."""
        values = question.features.values if question.features else {}
        missing = [name for name in _NEEDED if name not in values]
        if missing:
            return skipped("features-not-warm", f"not known yet: {', '.join(missing)}")
        return thought_of(Opinion("ALLOW", "nothing in the features speaks against it", ""))
