"""The nearest signal that would have been approved, or reviewed: what would have to change, by how little.

The solver finds the fewest facts to change; each changed number is then moved back as near to its own
value as the packs allow. A fact that is there is never left out: to withhold it would not mend it. What
is returned was judged by both evaluators.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nextafter
from typing import Any

from engine.pack import RulePack
from engine.reference import compile_reference
from engine.symbolic import PanelFormula
from engine.symbolic_check import judged
from engine.symbolic_search import EFFORT, Search, Status, marks_of
from engine.symbolic_space import Facts, Slot, Space, fits
from engine.symbolic_start import Start
from engine.symbolic_terms import Formula
from engine.tree import Node, Scalar
from engine.verdict import Verdict

Change = tuple[Scalar | None, Scalar | None]
"""What a fact is and what it would have to be; None for absent."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """``changes`` by input lead from the signal asked about to ``facts``, whose verdict is ``verdict``.

    All three are None where the status is ``impossible`` (nothing that may change can help) or
    ``unknown`` (the solver gave up).
    """

    status: Status
    verdict: Verdict | None = None
    facts: Facts | None = None
    changes: Mapping[str, Change] | None = None


def nearest(
    packs: Sequence[RulePack],
    facts: Mapping[str, Any],
    wanted: Verdict = Verdict.APPROVE,
    fixed: Collection[str] = ("symbol", "candidate_action"),
    effort: int = EFFORT,
    must: Sequence[Node] = (),
) -> Nearest:
    """The nearest signal to ``facts`` whose verdict is ``wanted`` or milder; the inputs ``fixed`` stay.

    ``must`` are conditions over inputs of the packs that are true of whatever is found. ``effort``
    bounds each question to the solver, in its own resource units.

    Raises:
        ValueError: no pack to judge by.
        EngineFailure: the solver and the evaluators do not agree.
    """
    if not packs:
        raise ValueError("no pack to judge by: give at least one")
    return _Asked(packs, facts, wanted, fixed, effort, must).nearest()


class _Asked:
    """One signal before the solver."""

    def __init__(
        self,
        packs: Sequence[RulePack],
        facts: Mapping[str, Any],
        wanted: Verdict,
        fixed: Collection[str],
        effort: int,
        must: Sequence[Node],
    ) -> None:
        self.packs = packs
        self.wanted = wanted
        self.here: Facts = {
            name: float(value) if type(value) is int else value for name, value in facts.items()
        }
        self.must = compile_reference(must, present=())
        self.space = Space(packs, known=[self.here], also=must)
        self.panel = PanelFormula(packs, self.space, self.space.slots)
        self.search = Search(self.space, packs, Start(None, self.here), effort)
        self.search.keep(self.space.every(self._stays(slot, fixed) for slot in self.space.slots.values()))
        self.search.keep(self.space.every(self.panel.conditions.meaning(node).true for node in must))
        self.all_true = (1 << len(must)) - 1

    def nearest(self) -> Nearest:
        milder = [self.panel.says(verdict) for verdict in Verdict if verdict <= self.wanted]
        answer = self.search.find(self.space.some(milder), self._confirm)
        if answer.facts is None:
            return Nearest(answer.status)
        found = self._moved_back(answer.facts)
        changes = _changes(self.here, found)
        return Nearest("witness", judged(self.packs, found).verdict, found, changes)

    def _stays(self, slot: Slot, fixed: Collection[str]) -> Formula:
        """What may not change about ``slot``: all of it where it is fixed, else that it is there."""
        value = self.here.get(slot.name)
        expressible = value is None or fits(value, slot.type)
        if slot.name in fixed:
            return self.space.holds(slot, value) if expressible else self.space.false
        return slot.present if value is not None and expressible else self.space.true

    def _confirm(self, signal: Facts) -> bool:
        hits, _, _ = self.must(signal)
        return hits == self.all_true and judged(self.packs, signal).verdict <= self.wanted

    def _moved_back(self, facts: Facts) -> Facts:
        """``facts`` with every changed number as near to its own value as the evaluators allow."""
        found = dict(facts)
        for name in [name for name, value in facts.items() if value != self.here.get(name)]:
            nearer = _nearer(self.packs, name, self.here, found)
            found[name] = next(one for one in nearer if self._confirm({**found, name: one}))
        return found


def _nearer(packs: Sequence[RulePack], name: str, here: Facts, found: Facts) -> Iterator[Scalar]:
    """From the value that is to the one that was found: the limits between, and the doubles next to them."""
    start, end = here.get(name), found[name]
    if isinstance(start, float) and isinstance(end, float):
        low, high = min(start, end), max(start, end)
        limits = [mark for mark in marks_of(packs).get(name, ()) if low <= mark <= high]
        edges = {edge for mark in limits for edge in (mark, nextafter(mark, end))}
        yield from sorted(edges, reverse=end < start)
    yield end


def _changes(here: Facts, found: Facts) -> dict[str, Change]:
    names = dict.fromkeys((*here, *found))
    return {name: (here.get(name), found.get(name)) for name in names if here.get(name) != found.get(name)}
