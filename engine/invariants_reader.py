"""The text of ``invariants.yaml`` becomes invariants of a pack, or a list of everything wrong with it.

An invariant says what must hold for every signal that the pack accepts, whatever anybody edits::

    pack: trading-core
    invariants:
      - id: closed-market
        given: "market_context.market_open == false"
        then: REJECT
        why: an order sent to a closed market waits for a price nobody has seen yet

``then`` is a verdict, ``not`` and a verdict, or ``approved_size_pct <= `` a number or a limit.
"""

from dataclasses import dataclass

from engine.condition import parse_condition
from engine.declarations import Input
from engine.errors import PackProblems
from engine.pack import Place, RulePack
from engine.shape import Notes, Section
from engine.strict_yaml import Located, read_yaml
from engine.tree import Compare, Constant, InputRef, LimitRef, Node
from engine.verdict import Verdict

SIZE = "approved_size_pct"
_WORDS = {verdict.name: frozenset({verdict}) for verdict in Verdict}
_WORDS |= {f"not {name}": frozenset(Verdict) - allowed for name, allowed in list(_WORDS.items())}


@dataclass(frozen=True, slots=True)
class Invariant:
    """Wherever ``given`` is true, the verdict is one of ``verdicts`` and at most ``most`` is let through.

    ``most`` is a fraction of equity, None where the invariant does not speak of size.
    """

    id: str
    given: Node
    verdicts: frozenset[Verdict]
    most: float | None
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Invariants:
    """The invariants of one file, with the name it goes by in messages."""

    source: str
    listed: tuple[Invariant, ...]


def read_invariants(text: str, source: str, pack: RulePack) -> Invariants:
    """Read the invariants of ``pack``; ``source`` names the text in problems.

    Raises:
        PackProblems: with every problem of the text, each at its line and column.
    """
    root, problems = read_yaml(text, source)
    notes = Notes(source, problems)
    listed = _Reader(root, notes, pack).invariants() if root is not None else ()
    if notes.problems:
        raise PackProblems(notes.problems)
    return Invariants(source, listed)


class _Reader:
    """Reads one file top to bottom."""

    def __init__(self, root: Located, notes: Notes, pack: RulePack) -> None:
        self.notes = notes
        self.pack = pack
        self.root = Section(root, "", notes, ("pack", "invariants"))

    def invariants(self) -> tuple[Invariant, ...]:
        name = self.root.text("pack", required=True)
        if name is not None and name != self.pack.name:
            self.notes.add(self.root.entries["pack"], "P611", f"speaks of {name}; write {self.pack.name}")
        found: dict[str, Invariant] = {}
        for at in self.root.sequence("invariants", required=True):
            one = self._invariant(Section(at, "an invariant", self.notes, ("id", "given", "then", "why")))
            if one is not None and one.id in found:
                self.notes.add(at, "P612", f"{one.id} is there twice; ids are unique")
            if one is not None:
                found[one.id] = one
        return tuple(found.values())

    def _invariant(self, section: Section) -> Invariant | None:
        name = section.text("id", required=True)
        section.name = name or section.name
        then = section.text("then", required=True)
        given = section.text("given") or "true"
        section.text("why", required=True)
        if name is None or then is None:
            return None
        condition = self._given(section, given)
        verdicts = _WORDS.get(then, frozenset(Verdict))
        most = None if then in _WORDS else self._most(section, then)
        if condition is None or (then not in _WORDS and most is None):
            return None
        text = f"whenever {given}, {then}" if "given" in section else f"always {then}"
        return Invariant(name, condition, verdicts, most, text, Place(section.at.line, section.at.column))

    def _given(self, section: Section, text: str) -> Node | None:
        parsed = parse_condition(text, self.pack.inputs, self.pack.limits)
        for fault in parsed.faults:
            at = section.entries["given"]
            self.notes.add(at, fault.code, f"{section.name} {fault.text}", offset=fault.offset)
        return parsed.node

    def _most(self, section: Section, then: str) -> float | None:
        """The number of ``approved_size_pct <= …``."""
        size = Input(SIZE, "number", unit="fraction")
        parsed = parse_condition(then, {SIZE: size}, self.pack.limits)
        match parsed.node:
            case Compare("<=", InputRef(), Constant(float() as most) | LimitRef(_, float() as most)):
                return most
        words = ", ".join(_WORDS)
        text = f"{section.name}: then cannot be '{then}'; write one of {words}, or {SIZE} <= a number"
        self.notes.add(section.entries["then"], "P613", text)
        return None
