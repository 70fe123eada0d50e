"""A mind that stumbles now and then as a script has it, so that a played house sees reasoning fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from adapters.reasoning.mind import Mind, Thought, failed
from policy.contracts import Scalar
from policy.memo_contracts import MemoQuestion

SCRIPTED_OUTAGE = "scripted-outage"


@dataclass(frozen=True, slots=True)
class Stumbling:
    """Thinks as ``mind`` does, but fails on every signal that ``stumbles_on`` names."""

    mind: Mind
    stumbles_on: Callable[[UUID], bool]

    @property
    def name(self) -> str:
        """As the mind that stumbles."""
        return self.mind.name

    @property
    def settings(self) -> Mapping[str, Scalar]:
        """As the mind that stumbles."""
        return self.mind.settings

    @property
    def at_once(self) -> int:
        """As the mind that stumbles."""
        return self.mind.at_once

    def think(self, question: MemoQuestion) -> Thought:
        """FAILED where the script has it, else what the mind thinks."""
        if self.stumbles_on(question.signal.signal_id):
            return failed(SCRIPTED_OUTAGE, "the scenario that is played lets the reasoner fail here")
        return self.mind.think(question)
