"""The proved difference of two sets of packs: which signals they judge differently, if any.

Each of the six ways a verdict can move, and each way a cap can, is either impossible or shown with
a signal that moves so. Both sides are given all the facts that they declare; facts that a side
refuses are a REJECT of that side, as on the event path, so that a new required input makes a pack
stricter and a wider range makes it looser. A longer life of approvals is looser too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import z3

from engine.difference_rules import RuleChange, compare_rules
from engine.difference_verdict import Comparison, comparison
from engine.outcome import Outcome
from engine.pack import RulePack
from engine.symbolic import PanelFormula
from engine.symbolic_check import judged, objections, size_let_through
from engine.symbolic_search import EFFORT, Answer, Search
from engine.symbolic_space import Facts, Space
from engine.symbolic_start import Start, starting_point
from engine.verdict import Verdict

CapMove = Literal["larger", "smaller"]

MOVES = tuple((before, after) for before in reversed(Verdict) for after in Verdict if before != after)


@dataclass(frozen=True, slots=True)
class Moved:
    """One way in which signals can be judged differently, with who objects to the witness on each side."""

    answer: Answer
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """Signals that were judged ``before`` and would be judged ``after``."""

    before: Verdict
    after: Verdict
    moved: Moved

    @property
    def looser(self) -> bool:
        """Whether this is a step towards approval."""
        return self.after < self.before


@dataclass(frozen=True, slots=True)
class CapChange:
    """Signals, rejected by neither side, that may be traded in a larger or smaller size than before."""

    move: CapMove
    moved: Moved


@dataclass(frozen=True, slots=True)
class Difference:
    """All of it; ``start`` is what the witnesses differ from as little as possible."""

    verdict: Comparison
    transitions: tuple[Transition, ...]
    caps: tuple[CapChange, ...]
    rules: tuple[RuleChange, ...]
    ttl_seconds: tuple[int, int]
    start: Start


def difference(before: Sequence[RulePack], after: Sequence[RulePack], effort: int = EFFORT) -> Difference:
    """What changes when ``after`` judge instead of ``before``, proved over all signals.

    ``effort`` bounds each question to the solver, in its own resource units; what exceeds it is unknown.

    Raises:
        ValueError: a side has no pack.
        EngineFailure: the solver and the evaluators do not agree.
    """
    if not before or not after:
        raise ValueError("nothing to compare: give at least one pack on each side")
    return _Comparing(before, after, effort).difference()


class _Comparing:
    """Two panels over one space, and the questions about them."""

    def __init__(self, before: Sequence[RulePack], after: Sequence[RulePack], effort: int) -> None:
        packs = [*after, *before]
        self.start = starting_point(packs)
        space = Space(packs, known=[self.start.facts])
        self.before, self.after = (PanelFormula(side, space, space.slots) for side in (before, after))
        self.search = Search(space, packs, self.start, effort)

    def difference(self) -> Difference:
        transitions = tuple(self._transition(*move) for move in MOVES)
        caps = (self._cap_change("larger"), self._cap_change("smaller"))
        lives = (_ttl(self.before.packs), _ttl(self.after.packs))
        rules = compare_rules(self.before, self.after, self.search)
        return Difference(_overall(transitions, caps, lives), transitions, caps, rules, lives, self.start)

    def _transition(self, before: Verdict, after: Verdict) -> Transition:
        goal = z3.And(self.before.says(before), self.after.says(after))
        answer = self.search.find(goal, lambda facts: self._verdicts(facts) == (before, after))
        return Transition(before, after, self._moved(answer))

    def _cap_change(self, move: CapMove) -> CapChange:
        small, large = (self.before, self.after) if move == "larger" else (self.after, self.before)
        accepted = z3.Not(z3.Or(self.before.rejects, self.after.rejects))
        goal = z3.And(accepted, small.smaller_size_than(large))
        answer = self.search.find(goal, lambda facts: self._cap_moves(facts) == move)
        return CapChange(move, self._moved(answer))

    def _verdicts(self, facts: Facts) -> tuple[Verdict, Verdict]:
        before, after = self._outcomes(facts)
        return before.verdict, after.verdict

    def _cap_moves(self, facts: Facts) -> CapMove | None:
        before, after = self._outcomes(facts)
        if Verdict.REJECT in (before.verdict, after.verdict):
            return None
        sizes = [size_let_through(one, facts) for one in (before, after)]
        if sizes[0] == sizes[1]:
            return None
        return "larger" if sizes[1] > sizes[0] else "smaller"

    def _outcomes(self, facts: Facts) -> tuple[Outcome, Outcome]:
        return judged(self.before.packs, facts), judged(self.after.packs, facts)

    def _moved(self, answer: Answer) -> Moved:
        if answer.facts is None:
            return Moved(answer)
        before, after = self._outcomes(answer.facts)
        return Moved(answer, objections(before), objections(after))


def _ttl(packs: Sequence[RulePack]) -> int:
    return min(pack.decision_ttl_seconds for pack in packs)


def _overall(
    transitions: Sequence[Transition], caps: Sequence[CapChange], lives: tuple[int, int]
) -> Comparison:
    looser = [one.moved.answer.status for one in transitions if one.looser]
    stricter = [one.moved.answer.status for one in transitions if not one.looser]
    for one in caps:
        (looser if one.move == "larger" else stricter).append(one.moved.answer.status)
    looser += ["witness"] if lives[1] > lives[0] else []
    stricter += ["witness"] if lives[1] < lives[0] else []
    return comparison(looser, stricter)
