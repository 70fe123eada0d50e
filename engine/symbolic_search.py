"""Asks the solver for facts that do something, and makes of its answer the plainest one there is.

Plain means: few facts differ from a starting point, and those that do are round numbers. Nothing is
handed out unchecked: ``confirm`` asks the evaluators about the very facts that are shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import z3

from engine.errors import EngineFailure
from engine.pack import RulePack
from engine.symbolic_numbers import LARGEST, roundest
from engine.symbolic_space import Facts, Slot, Space, fits
from engine.symbolic_start import Start
from engine.symbolic_terms import Formula, at_most, negated
from engine.symbolic_texts import literals
from engine.tree import Compare, In, InputRef, Scalar, walk

Status = Literal["impossible", "witness", "unknown"]
Confirm = Callable[[Facts], bool]

EFFORT = 15_000_000
"""Z3's resource units for one question, some seconds; counted, not timed, so that runs are repeatable."""
_FEW = 3
_IN_BITS = ("simplify", "propagate-values", "fpa2bv", "simplify", "card2bv", "bit-blast", "sat")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question; ``facts`` is the checked witness."""

    status: Status
    facts: Facts | None = None


class Search:
    """One incremental solver over the facts of some packs."""

    def __init__(self, space: Space, packs: Sequence[RulePack], start: Start, effort: int = EFFORT) -> None:
        self.space = space
        self.start = start
        self._marks = marks_of(packs)
        self._solver = _solver(space)
        self._solver.set("rlimit", effort)
        self._solver.add(space.axioms)
        self._plain = {slot: self._indicator(slot) for slot in space.slots.values()}

    def find(self, goal: Formula, confirm: Confirm, twin: Slot | None = None) -> Answer:
        """The plainest facts for which ``goal`` holds, or that there are none, or that the solver gave up.

        A ``twin`` is one more variable of ``goal``; the witness has it under its primed name.

        Raises:
            EngineFailure: the evaluators do not confirm what the solver claims.
        """
        with self._asking(goal, *([self.space.sane(twin)] if twin else [])) as status:
            if status != z3.sat:
                return Answer("impossible" if status == z3.unsat else "unknown")
            slots = [*self.space.slots.values(), *([twin] if twin else [])]
            facts = self._confirmed(self._plainest(self._solver.model()), slots, confirm)
            for slot in slots:
                facts = self._rounded(facts, slot, confirm)
            return Answer("witness", facts)

    def exists(self, goal: Formula, confirm: Confirm) -> Status:
        """As ``find``, where the facts are confirmed but not shown: the first ones do."""
        with self._asking(goal) as status:
            if status != z3.sat:
                return "impossible" if status == z3.unsat else "unknown"
            self._confirmed(self._solver.model(), list(self.space.slots.values()), confirm)
            return "witness"

    def keep(self, formula: Formula) -> None:
        """Ask only about facts for which ``formula`` holds, from now on."""
        self._solver.add(formula)

    def name(self, formula: Formula, name: str) -> Formula:
        """A variable that is true exactly when ``formula`` is, so that the solver takes it in but once."""
        variable = z3.Bool(f"that {name}", self.space.context)
        self._solver.add(variable == formula)
        return variable

    def core(self, given: Mapping[str, Formula], goal: Formula) -> tuple[str, ...]:
        """Which of ``given`` (variables, by name) are enough to make ``goal`` impossible.

        No name can be left out of the answer; it is empty where all of them are not enough, and where
        ``goal`` is impossible without any.
        """
        with self._asking(goal) as alone:
            if alone == z3.unsat or self._solver.check(*given.values()) != z3.unsat:
                return ()
            found = {flag.get_id() for flag in self._solver.unsat_core() or given.values()}
            kept = [name for name, flag in given.items() if flag.get_id() in found]
            for name in list(kept) if len(kept) > 1 else ():
                fewer = [given[other] for other in kept if other != name]
                if self._solver.check(*fewer) == z3.unsat:
                    kept.remove(name)
            return tuple(kept)

    @contextmanager
    def _asking(self, *goals: Formula) -> Iterator[Any]:
        """What the solver says of ``goals``, which hold until the end of the block."""
        self._solver.push()
        try:
            self._solver.add(*goals)
            yield self._solver.check()
        finally:
            self._solver.pop()

    def _indicator(self, slot: Slot) -> Formula:
        """A switch that keeps ``slot`` at the starting point."""
        switch = z3.Bool(f"plain {slot.name}:{slot.type}", self.space.context)
        self._solver.add(z3.Implies(switch, self.space.holds(slot, self._at_start(slot))))
        return switch

    def _at_start(self, slot: Slot) -> Scalar | None:
        value = self.start.facts.get(slot.name)
        return value if fits(value, slot.type) else None

    def _confirmed(self, model: Any, slots: Sequence[Slot], confirm: Confirm) -> Facts:
        """The facts of ``model``, if the evaluators say of them what the solver does."""
        facts = self._decoded(model, slots)
        if not confirm(facts):
            raise EngineFailure(
                f"the solver and the evaluators do not agree about {facts}; report this as a defect"
            )
        return facts

    def _plainest(self, model: Any) -> Any:
        """The model that leaves the most inputs at the starting point; nearly so where it must move many."""
        moved = [negated(switch) for switch in self._plain.values()]
        for few in range(_FEW + 1):
            self._solver.push()
            self._solver.add(at_most(few, moved))
            found = self._solver.check() == z3.sat
            model = self._solver.model() if found else model
            self._solver.pop()
            if found:
                return model
        return self._greedily(model)

    def _greedily(self, model: Any) -> Any:
        """First all that ``model`` left where they were, then one more at a time."""
        values = {slot: self.space.decode(model, slot) for slot in self._plain}
        moved = [slot for slot in self._plain if values[slot] != self._at_start(slot)]
        depth = self._solver.num_scopes()
        self._solver.push()
        self._solver.add([switch for slot, switch in self._plain.items() if slot not in moved])
        for slot in moved:
            self._solver.push()
            self._solver.add(self._plain[slot])
            if self._solver.check() != z3.sat:
                self._solver.pop()
        model = self._solver.model() if self._solver.check() == z3.sat else model
        self._solver.pop(self._solver.num_scopes() - depth)
        return model

    def _decoded(self, model: Any, slots: Sequence[Slot]) -> dict[str, Scalar]:
        found = ((slot.name, self.space.decode(model, slot)) for slot in slots)
        return {name: value for name, value in found if value is not None}

    def _rounded(self, facts: Facts, slot: Slot, confirm: Confirm) -> Facts:
        """``facts`` with a plainer value of one input, if one is as good."""
        value = facts.get(slot.name)
        name = slot.name.removesuffix("'")
        if value is None or value == self.start.facts.get(name):
            return facts
        for plainer in self._plainer(name, value):
            attempt = {**facts, slot.name: plainer}
            if plainer == value or confirm(attempt):
                return attempt
        return facts

    def _plainer(self, name: str, value: Scalar) -> Iterator[Scalar]:
        if isinstance(value, str):
            yield from (text for text in self.space.texts if text.startswith("OTHER"))
        if not isinstance(value, float):
            return
        near = self.start.facts.get(name)
        marks = self._marks.get(name, [-LARGEST, LARGEST])
        if value not in marks:
            low = max((mark for mark in marks if mark < value), default=-LARGEST)
            high = min((mark for mark in marks if mark > value), default=LARGEST)
            plain = roundest(low, high, near if isinstance(near, float) else 0.0)
            yield from (plain,) if plain is not None else ()
        yield from (float(f"{value:.{digits}g}") for digits in (1, 2, 3, 4, 6, 9))


class Apart:
    """A solver that knows nothing but what comes with each question: quick for small ones."""

    def __init__(self, space: Space, effort: int = EFFORT) -> None:
        self._solver = _solver(space)
        self._solver.set("rlimit", effort)

    def possible(self, *goals: Formula) -> bool | None:
        """Whether all of ``goals`` can be true together; None when the solver gave up."""
        self._solver.push()
        self._solver.add(*goals)
        status = self._solver.check()
        self._solver.pop()
        return None if status == z3.unknown else bool(status == z3.sat)


def _solver(space: Space) -> Any:
    """Z3's incremental solver; where conditions calculate, one that turns floating point into bits.

    The latter is many times faster at such questions, and gives no unsatisfiable core.
    """
    if not space.calculates:
        solver = z3.Solver(ctx=space.context)
        solver.set("core.minimize", True)
        return solver
    steps = [z3.Tactic(name, space.context) for name in _IN_BITS]
    return z3.Then(*steps, ctx=space.context).solver()


def marks_of(packs: Sequence[RulePack]) -> dict[str, list[float]]:
    """The numbers at which something may change, by input: its range and all it is compared with."""
    marks: dict[str, list[float]] = {}
    for one in (one for pack in packs for one in pack.inputs.values() if one.type == "number"):
        ends = [end for end in (one.minimum, one.maximum) if end is not None]
        marks.setdefault(one.name, [-LARGEST, LARGEST]).extend(ends)
    caps = [rule.cap for pack in packs for rule in pack.rules if rule.cap is not None]
    marks.setdefault("size_pct", []).extend(caps)
    conditions = (rule.condition for pack in packs for rule in pack.rules)
    for node in (node for condition in conditions for node in walk(condition)):
        if isinstance(node, Compare | In):
            inputs = [one.path for one in walk(node) if isinstance(one, InputRef) and one.type == "number"]
            numbers = [value for one in walk(node) for value in literals(one) if isinstance(value, float)]
            for path in inputs:
                marks[path].extend(numbers)
    return marks
