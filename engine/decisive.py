"""Facts on which one leaf of a condition decides it, found by search over the values where leaves turn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from engine.boundary_values import Facts, Turning, Value
from engine.leaves import Truth, decides, leaves_of, truth_teller
from engine.pack import RulePack
from engine.tree import And, Node, Not, Or, Scalar, children, inputs_of

_STEPS = 20_000
"""How many leaves one search may try before it gives up: a bound in work, so that runs are repeatable."""

Chosen = Mapping[str, Value]
Goal = tuple[Node, bool]


@dataclass(frozen=True, slots=True)
class Pair:
    """A leaf with facts on which it decides by being true, and by being false; None where none was found."""

    leaf: Node
    when_true: Facts | None
    when_false: Facts | None


def decisive_pairs(pack: RulePack, condition: Node, base: Facts) -> tuple[Pair, ...]:
    """A pair for every leaf of ``condition``, in order; its facts differ from ``base`` where they must.

    The facts on which the leaf is false differ from those on which it is true as little as can be.
    """
    search = _Search(pack, condition, base)
    return tuple(search.pair(leaf) for leaf in leaves_of(condition))


class _Search:
    """One condition with the values worth trying for each of its inputs."""

    def __init__(self, pack: RulePack, condition: Node, base: Facts) -> None:
        leaves = leaves_of(condition)
        self.condition = condition
        self.base = base
        self.values = Turning(pack, base).values(leaves)
        self.tellers = {leaf: truth_teller(leaf) for leaf in leaves}
        self.required = {name for name, one in pack.inputs.items() if one.required}
        self.steps = 0

    def pair(self, leaf: Node) -> Pair:
        true = self._facts(leaf, True, self.base)
        false = self._facts(leaf, False, self.base if true is None else true)
        return Pair(leaf, true, false)

    def _facts(self, leaf: Node, truth: bool, near: Facts) -> Facts | None:
        """Facts, near ``near``, on which ``leaf`` has ``truth`` and decides."""
        self.steps = 0
        for goals in _exposing(self.condition, leaf):
            for chosen in self._met([(leaf, truth), *goals], {}, near):
                facts = self._with(chosen, near)
                if decides(leaf, self.condition, self._truths(facts)):
                    return facts
        return None

    def _truths(self, facts: Facts) -> dict[Node, Truth]:
        return {leaf: tell(facts) for leaf, tell in self.tellers.items()}

    def _met(self, goals: list[Goal], chosen: Chosen, near: Facts) -> Iterator[Chosen]:
        """Every choice of values, found depth first, that gives all the nodes of ``goals`` their truths."""
        if not goals:
            yield chosen
            return
        (node, wanted), *rest = goals
        match node:
            case Not(term):
                yield from self._met([(term, not wanted), *rest], chosen, near)
            case And(terms) | Or(terms) if wanted is isinstance(node, And):
                yield from self._met([*((term, wanted) for term in terms), *rest], chosen, near)
            case And(terms) | Or(terms):
                for term in terms:
                    yield from self._met([(term, wanted), *rest], chosen, near)
            case _:
                for more in self._told(node, wanted, chosen, near):
                    yield from self._met(rest, more, near)

    def _told(self, leaf: Node, wanted: bool, chosen: Chosen, near: Facts) -> Iterator[Chosen]:
        """Choices for the inputs of ``leaf`` that are still free, such that it has the truth wanted."""
        names = inputs_of(leaf)
        for values in product(*(self._options(name, chosen, near) for name in names)):
            self.steps += 1
            if self.steps > _STEPS:
                return
            more = {**chosen, **dict(zip(names, values, strict=True))}
            if self._truth(leaf, more, near) is wanted:
                yield more

    def _options(self, name: str, chosen: Chosen, near: Facts) -> list[Value]:
        """What may be tried for an input: what was chosen, else its values, the nearest first."""
        if name in chosen:
            return [chosen[name]]
        present = [one for one in self.values[name] if one.value is not None or name not in self.required]
        return sorted(present, key=lambda one: one.value != near.get(name))

    def _truth(self, leaf: Node, chosen: Chosen, near: Facts) -> Truth:
        return self.tellers[leaf](self._with(chosen, near))

    @staticmethod
    def _with(chosen: Chosen, near: Facts) -> dict[str, Scalar]:
        facts = {name: value for name, value in near.items() if name not in chosen}
        return facts | {name: one.value for name, one in chosen.items() if one.value is not None}


def _exposing(node: Node, leaf: Node) -> Iterator[list[Goal]]:
    """For every place of ``leaf`` below ``node``: what the rest must be so that the leaf is heard."""
    if node == leaf:
        yield []
        return
    if not isinstance(node, And | Or | Not):
        return
    terms = children(node)
    for place, term in enumerate(terms):
        beside = [(other, isinstance(node, And)) for at, other in enumerate(terms) if at != place]
        for goals in _exposing(term, leaf):
            yield [*beside, *goals]
