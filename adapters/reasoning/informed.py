"""A mind that is told the house's own features where a question brings none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.reasoning.mind import Mind, Thought
from policy.contracts import FeatureSnapshot, Scalar
from policy.memo_contracts import MemoQuestion

Features = Callable[[str, datetime], FeatureSnapshot | None]


@dataclass(frozen=True, slots=True)
class Informed:
    """Thinks as ``mind`` does, with what ``features`` tells of the symbol as of the signal."""

    mind: Mind
    features: Features

    @property
    def name(self) -> str:
        """As the mind that is informed."""
        return self.mind.name

    @property
    def settings(self) -> Mapping[str, Scalar]:
        """As the mind that is informed."""
        return self.mind.settings

    @property
    def at_once(self) -> int:
        """As the mind that is informed."""
        return self.mind.at_once

    def think(self, question: MemoQuestion) -> Thought:
        """What the mind makes of ``question``; features that it brings are taken as they are."""
        signal = question.signal
        if question.features is None and (told := self.features(signal.symbol, signal.created_at)):
            question = question.model_copy(update={"features": told})
        return self.mind.think(question)
