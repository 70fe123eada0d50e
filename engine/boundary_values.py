"""The values at which a condition can turn: around every limit, each literal, something else, absent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from math import inf, nextafter
from typing import NamedTuple

from engine.declarations import Input
from engine.facts import FactReader
from engine.leaves import truth_teller
from engine.message import in_words
from engine.pack import RulePack
from engine.symbolic_numbers import rank, unrank
from engine.tree import (
    Compare,
    Constant,
    In,
    InputRef,
    LimitRef,
    ListConstant,
    Node,
    Scalar,
    inputs_of,
    walk,
)

Facts = Mapping[str, Scalar]
_FAR = 1e9
OTHER_WORDS = ("OTHER", "X", "XX", "XXX", "", "something else")


class Value(NamedTuple):
    """One value worth trying, None for absent, and what it is in words."""

    words: str
    value: Scalar | None


ABSENT = Value("absent", None)


@dataclass(frozen=True, slots=True)
class Turning:
    """The inputs of some leaves with the values at which those can turn, all of them accepted by the pack."""

    pack: RulePack
    base: Facts

    def values(self, leaves: tuple[Node, ...]) -> dict[str, tuple[Value, ...]]:
        """By input, in order of appearance; ``absent`` last."""
        names = dict.fromkeys(name for leaf in leaves for name in inputs_of(leaf))
        return {name: self._accepted(name, leaves) for name in names}

    def _accepted(self, name: str, leaves: tuple[Node, ...]) -> tuple[Value, ...]:
        declared = self.pack.inputs[name]
        reader = FactReader({name: declared})
        found: dict[Scalar, Value] = {}
        for one in self._tried(declared, leaves):
            if one.value is not None and not reader.read({name: one.value})[1]:
                found.setdefault(one.value, one)
        return (*found.values(), ABSENT)

    def _tried(self, declared: Input, leaves: tuple[Node, ...]) -> Iterator[Value]:
        mine = [leaf for leaf in leaves if declared.name in inputs_of(leaf)]
        if declared.type == "boolean":
            yield from (Value("true", True), Value("false", False))
        elif declared.type == "string":
            yield from self._words(declared, mine)
        else:
            for leaf in mine:
                yield from self._numbers(declared, leaf, leaves)
        if declared.name in self.base:
            yield Value("as usual", self.base[declared.name])

    def _words(self, declared: Input, leaves: list[Node]) -> Iterator[Value]:
        named = [value for leaf in leaves for value in _literals(leaf) if isinstance(value, str)]
        others = (self.base.get(name) for leaf in leaves for name in inputs_of(leaf) if name != declared.name)
        named += [value for value in others if isinstance(value, str)]
        yield from (Value(f"'{word}'", word) for word in named)
        reader = FactReader({declared.name: declared})
        for word in (*(declared.one_of or ()), *OTHER_WORDS):
            if word not in named and not reader.read({declared.name: word})[1]:
                yield Value(f"something else ('{word}')", word)
                return

    def _numbers(self, declared: Input, leaf: Node, leaves: tuple[Node, ...]) -> Iterator[Value]:
        for limit in self._limits(declared, leaf):
            yield from _around(limit, declared.unit)
        if not _is_simple(leaf):
            for limit in _partners(declared, leaf, leaves):
                yield from _around(limit, declared.unit)
            yield Value("zero", 0.0)
            yield from (Value("the least", one) for one in (declared.minimum,) if one is not None)
            yield from (Value("the most", one) for one in (declared.maximum,) if one is not None)

    def _limits(self, declared: Input, leaf: Node) -> Iterator[float]:
        """The numbers at which ``leaf`` can turn when only this input moves."""
        if _is_simple(leaf):
            yield from _numbers_in(leaf)
        elif isinstance(leaf, Compare):
            turns = (self._turn(declared, replace(leaf, op=op)) for op in ("<", "<="))
            yield from (turn for turn in turns if turn is not None)

    def _turn(self, declared: Input, leaf: Compare) -> float | None:
        """Where ``leaf`` turns as this input moves over its range while the others stand still."""
        tell = truth_teller(leaf)

        def truth(place: int) -> bool | None:
            return tell({**self.base, declared.name: unrank(place)})

        low = -_FAR if declared.minimum is None else declared.minimum
        high = _FAR if declared.maximum is None else declared.maximum
        return _bisected(truth, rank(low), rank(high))


def starting_facts(pack: RulePack) -> dict[str, Scalar]:
    """The facts that cases differ from: the first of the cast, or the first case where there is none."""
    cases = (case.facts for rule in pack.rules for case in rule.cases)
    return dict(next(chain(pack.cast.values(), cases), {}))


def _bisected(truth: Callable[[int], bool | None], low: int, high: int) -> float | None:
    """The first double at which ``truth`` is another one than at ``low``; None if it never turns."""
    first, last = truth(low), truth(high)
    if first is None or last is None or first == last:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if truth(middle) == first else (low, middle)
    return unrank(high)


def _is_simple(leaf: Node) -> bool:
    """Whether the leaf sets one input against literals and limits, without calculating."""
    plain = all(
        isinstance(one, Compare | In | InputRef | Constant | LimitRef | ListConstant) for one in walk(leaf)
    )
    return plain and len(inputs_of(leaf)) == 1


def _partners(declared: Input, leaf: Node, leaves: tuple[Node, ...]) -> Iterator[float]:
    """The limits of the inputs that ``leaf`` sets this one against: it must follow them there."""
    others = {name for name in inputs_of(leaf) if name != declared.name}
    for other in leaves:
        if _is_simple(other) and others & set(inputs_of(other)):
            yield from _numbers_in(other)


def _numbers_in(leaf: Node) -> Iterator[float]:
    return (value for value in _literals(leaf) if isinstance(value, float))


def _literals(leaf: Node) -> Iterator[Scalar]:
    for node in walk(leaf):
        if isinstance(node, Constant | LimitRef | ListConstant):
            value = node.values if isinstance(node, ListConstant) else node.value
            yield from value if isinstance(value, tuple) else (value,)


def _around(limit: float, unit: str | None) -> Iterator[Value]:
    words = in_words(limit, unit)
    yield Value(f"just below {words}", nextafter(limit, -inf))
    yield Value(f"exactly {words}", limit)
    yield Value(f"just above {words}", nextafter(limit, inf))
