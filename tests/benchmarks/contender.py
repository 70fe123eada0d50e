"""What takes part in a benchmark: how a request is made ready, asked, and its answer read.

Only ``ask`` is timed: from plain Python values to the engine's own answer. Renaming and nesting our
facts as a peer wants them, and reading rule names out of its answer for the check that all agree,
is left out of the time, in the peer's favour.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import Verdict
from engine.tree import Scalar

Facts = Mapping[str, Scalar]
Answer = tuple[str, frozenset[str]]
"""The verdict as a word and the ids of all rules that hit, caps included."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One engine with one pack compiled into its own form."""

    name: str
    ask: Callable[[Any], Any]
    read: Callable[[Any], Answer]
    prepare: Callable[[Facts], Any] = dict

    def answer(self, facts: Facts) -> Answer:
        """The whole way, for the check that all contenders agree."""
        return self.read(self.ask(self.prepare(facts)))


def answer_of(
    hits: Mapping[str, Verdict | None] | set[str], verdicts: Mapping[str, Verdict | None]
) -> Answer:
    """The verdict that follows from the rules that hit; a cap (no verdict) never makes it stricter."""
    heard = [verdict for rule in hits if (verdict := verdicts[rule]) is not None]
    return max(heard, default=Verdict.APPROVE).name, frozenset(hits)
