"""All facts that some packs can be asked about, as Z3 variables: present or absent, with a value if present.

A number is its rank among all doubles, which keeps order and equality exactly; a number that some
condition calculates with is an IEEE floating-point variable instead. A text is its place in the
finite list of ``symbolic_texts.py``. Nothing is approximated: a solution is a set of facts, and what
has no solution holds for all facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import z3

from engine.declarations import Input
from engine.facts import FactReader
from engine.pack import RulePack
from engine.symbolic_numbers import LARGEST, bits_of, from_bits, rank, unrank
from engine.symbolic_terms import Formula, all_of, any_of, holds_in, negated, number_in
from engine.symbolic_texts import all_texts
from engine.tree import Arithmetic, Compare, InputRef, Node, Scalar, Type, walk

Facts = Mapping[str, Scalar]
Key = tuple[str, Type]
_SIGN = 1 << 63


@dataclass(frozen=True, eq=False, slots=True)
class Slot:
    """One input as variables; ``floating`` numbers are IEEE doubles, the others ranks."""

    name: str
    type: Type
    present: Formula
    value: Formula
    floating: bool = False


class Space:
    """The facts of ``packs``: one slot for each input, and what every assignment keeps to (``axioms``).

    ``known`` are facts that must be expressible, such as a starting point for witnesses; ``also`` are
    conditions that will be asked about besides those of the packs. An input that two packs declare
    with different types gets a slot for each; at most one of them is present.

    Every space is a solver's world of its own: what was asked before in this process cannot sway its
    answers, and spaces may be used in several threads, each in one.
    """

    def __init__(
        self, packs: Sequence[RulePack], known: Iterable[Facts] = (), also: Iterable[Node] = ()
    ) -> None:
        self.context = z3.Context()
        self.true, self.false = z3.BoolVal(True, self.context), z3.BoolVal(False, self.context)
        self.double = z3.Float64(self.context)
        conditions = [*also, *(rule.condition for pack in packs for rule in pack.rules)]
        declared = [one for pack in packs for one in pack.inputs.values()]
        self.texts = all_texts(declared, conditions, [value for facts in known for value in facts.values()])
        self.codes = {text: code for code, text in enumerate(self.texts)}
        self.slots: dict[Key, Slot] = {}
        self.named: dict[str, list[Slot]] = {}
        floating = _floating(conditions)
        self.calculates = bool(floating)
        """Whether any condition calculates; then all is put in bits, which solvers of such questions need."""
        for name, kind in dict.fromkeys((one.name, one.type) for one in declared):
            self.slots[name, kind] = slot = self._slot(name, kind, name in floating)
            self.named.setdefault(name, []).append(slot)
        self.axioms = [self.sane(slot) for slot in self.slots.values()]
        for slots in self.named.values():
            self.axioms += [negated(all_of(a.present, b.present)) for a, b in combinations(slots, 2)]

    def every(self, formulas: Iterable[Formula]) -> Formula:
        """That all of ``formulas`` hold; true when there is none."""
        return all_of(*(list(formulas) or [self.true]))

    def some(self, formulas: Iterable[Formula]) -> Formula:
        """That one of ``formulas`` holds; false when there is none."""
        return any_of(*(list(formulas) or [self.false]))

    def twin(self, slot: Slot) -> Slot:
        """A second variable of the same kind, called ``name'``, for facts that differ in one input.

        It must be kept ``sane`` by whoever uses it.
        """
        return self._slot(f"{slot.name}'", slot.type, slot.floating)

    def sane(self, slot: Slot) -> Formula:
        """That the variables of ``slot`` stand for a text or a finite number at all."""
        if slot.type == "string":
            return all_of(slot.value >= self._whole(0), slot.value < self._whole(len(self.texts)))
        return self._between(slot, None, None) if slot.type == "number" else self.true

    def constant(self, value: Scalar, floating: bool = False) -> Formula:
        """``value`` as the solver writes it; a text must be one of ``texts``."""
        if isinstance(value, bool):
            return self.true if value else self.false
        if isinstance(value, str):
            return self._whole(self.codes[value])
        if floating:
            return z3.simplify(
                z3.fpBVToFP(z3.BitVecVal(bits_of(value), 64, self.context), self.double, self.context)
            )
        return self._whole(rank(value))

    def accepts(self, slot: Slot, declared: Input) -> Formula:
        """That a present value of ``slot`` is one that ``declared`` allows."""
        if declared.type == "number":
            return self._between(slot, declared.minimum, declared.maximum)
        if declared.type == "boolean":
            return self.true
        reader = FactReader({declared.name: declared})
        refused = [code for text, code in self.codes.items() if reader.read({declared.name: text})[1]]
        return self.every(slot.value != self._whole(code) for code in refused)

    def holds(self, slot: Slot, value: Scalar | None) -> Formula:
        """That ``slot`` has exactly this value, or is absent for None."""
        if value is None:
            return negated(slot.present)
        constant = self.constant(value, slot.floating)
        equal = z3.fpEQ(slot.value, constant, self.context) if slot.floating else slot.value == constant
        return all_of(slot.present, equal)

    def decode(self, model: Any, slot: Slot) -> Scalar | None:
        """What ``slot`` is in ``model``; None when it is absent."""
        if not holds_in(model, slot.present):
            return None
        if slot.type == "boolean":
            return holds_in(model, slot.value)
        if slot.floating:
            value = model.eval(slot.value, model_completion=True)
            bits = z3.simplify(z3.fpToIEEEBV(value, self.context))
            return from_bits(bits.as_long()) + 0.0  # -0.0 becomes 0.0
        whole = number_in(model, slot.value)
        if self.calculates and whole >= _SIGN:  # bits, whose first one is the sign
            whole -= 2 * _SIGN
        return self.texts[whole] if slot.type == "string" else unrank(whole)

    def _slot(self, name: str, kind: Type, floating: bool) -> Slot:
        whole = self._whole(0).sort()
        sorts = {"boolean": z3.BoolSort(self.context), "string": whole, "number": whole}
        sort = self.double if floating else sorts[kind]
        present = z3.Bool(f"has {name}:{kind}", self.context)
        return Slot(name, kind, present, z3.Const(f"{name}:{kind}", sort), floating)

    def _whole(self, number: int) -> Formula:
        """An integer as the slots hold it; comparisons of bit vectors are signed."""
        if self.calculates:
            return z3.BitVecVal(number, 64, self.context)
        return z3.IntVal(number, self.context)

    def _between(self, slot: Slot, low: float | None, high: float | None) -> Formula:
        """That the number lies within ``low`` and ``high``, both allowed; finite in any case."""
        least = self.constant(-LARGEST if low is None else low, slot.floating)
        most = self.constant(LARGEST if high is None else high, slot.floating)
        if slot.floating:
            above = z3.fpLEQ(least, slot.value, self.context)
            return all_of(above, z3.fpLEQ(slot.value, most, self.context))
        return all_of(least <= slot.value, slot.value <= most)


def fits(value: Scalar | None, kind: Type) -> bool:
    """Whether a fact is of the type ``kind`` at all; None is of no type."""
    return type(value) is {"number": float, "boolean": bool, "string": str}[kind]


def _floating(conditions: Iterable[Node]) -> set[str]:
    """The inputs that conditions calculate with, and those that are compared with any of them."""
    found: set[str] = set()
    groups: list[set[str]] = []
    for node in (node for condition in conditions for node in walk(condition)):
        if isinstance(node, Arithmetic):
            found |= _number_inputs(node)
        elif isinstance(node, Compare):
            groups.append(_number_inputs(node))
    while more := {name for group in groups if group & found for name in group} - found:
        found |= more
    return found


def _number_inputs(node: Node) -> set[str]:
    return {one.path for one in walk(node) if isinstance(one, InputRef) and one.type == "number"}
