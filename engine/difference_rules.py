"""The proved difference rule by rule, among the signals that both sides accept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import z3

from engine.difference_verdict import Comparison, comparison
from engine.literals import to_cel
from engine.pack import RulePack
from engine.symbolic import PanelFormula, RuleFormula
from engine.symbolic_check import effect_of, judged
from engine.symbolic_search import Answer, Search
from engine.symbolic_space import Facts
from engine.symbolic_terms import Formula
from engine.verdict import Verdict

Kind = Literal["kept", "changed", "added", "removed"]
Effect = tuple[Verdict, float]
_NEVER = Answer("impossible")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule on both sides: whether its text of logic moved, and what that means for signals.

    ``looser`` and ``stricter`` hold a signal on which the rule objects less, or more, than before.
    """

    rule: str
    kind: Kind
    verdict: Comparison
    looser: Answer
    stricter: Answer


def compare_rules(before: PanelFormula, after: PanelFormula, search: Search) -> tuple[RuleChange, ...]:
    """Every rule of either side, in the order of ``before``, then the added ones."""
    return tuple(_Pair(name, before, after, search).change() for name in _names(before, after))


def _names(*panels: PanelFormula) -> Iterator[str]:
    return iter(dict.fromkeys(one.name for panel in panels for one in panel.rules))


class _Pair:
    """One rule as it was and as it is."""

    def __init__(self, name: str, before: PanelFormula, after: PanelFormula, search: Search) -> None:
        self.name = name
        self.panels = (before, after)
        self.before, self.after = (panel.by_name.get(name) for panel in self.panels)
        self.search = search

    def change(self) -> RuleChange:
        kind = self._kind()
        if kind == "kept":
            return RuleChange(self.name, kind, "identical", _NEVER, _NEVER)
        looser = self._find(self.after, self.before, _less)
        stricter = self._find(self.before, self.after, lambda before, after: _less(after, before))
        verdict = comparison([looser.status], [stricter.status])
        return RuleChange(self.name, kind, verdict, looser, stricter)

    def _kind(self) -> Kind:
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        same = _logic(self.before, self.panels[0].packs) == _logic(self.after, self.panels[1].packs)
        return "kept" if same else "changed"

    def _find(
        self, milder: RuleFormula | None, than: RuleFormula | None, moves: Callable[[Effect, Effect], bool]
    ) -> Answer:
        """A signal that both sides accept on which one form of the rule objects less than the other."""
        if than is None:
            return _NEVER
        goal = _objects_less(milder, than)
        accepted = [z3.Not(z3.Or(panel.refused, panel.not_finite)) for panel in self.panels]
        return self.search.find(z3.And(*accepted, goal), lambda facts: moves(*self._effects(facts)))

    def _effects(self, facts: Facts) -> tuple[Effect, Effect]:
        before, after = (effect_of(judged(panel.packs, facts), self.name) for panel in self.panels)
        return before, after


def _objects_less(this: RuleFormula | None, that: RuleFormula) -> Formula:
    """That ``this`` gives a milder verdict or a wider cap than ``that``; a missing one never objects."""
    milder = [
        z3.And(that.at_least(verdict), z3.Not(this.at_least(verdict)) if this else True)
        for verdict in (Verdict.REVIEW, Verdict.REJECT)
    ]
    if that.rule.cap is None:
        return z3.Or(milder)
    wider = z3.Not(this.caps_at(that.rule.cap)) if this else True
    return z3.Or(*milder, z3.And(that.objects, wider))


def _less(before: Effect, after: Effect) -> bool:
    """Whether the effect went down, in verdict or in what the cap takes away."""
    return after[0] < before[0] or after[1] > before[1]


def _logic(formula: RuleFormula, packs: Sequence[RulePack]) -> tuple[object, ...]:
    """All that the effect of a rule depends on, the declarations of what it reads included."""
    rule = formula.rule
    pack = next(one for one in packs if one.name == formula.name.partition("/")[0])
    reads = tuple(pack.inputs[name].absent for name in sorted(rule.reads))
    return to_cel(rule.condition), rule.then, rule.cap, reads
