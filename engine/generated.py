"""Cases made from a pack alone: around every limit, each word, absent, and each leaf deciding both ways."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.boundary_values import Facts, Turning, starting_facts
from engine.decisive import decisive_pairs
from engine.leaves import leaves_of
from engine.literals import to_cel
from engine.pack import Rule, RulePack
from engine.tree import Node


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """One signal for one rule; ``name`` says in what it differs from the starting point."""

    name: str
    facts: Facts


def generated_cases(pack: RulePack, rule: Rule) -> tuple[GeneratedCase, ...]:
    """Every case for ``rule``, each signal once, all from the pack's first starting point."""
    base = starting_facts(pack)
    cases: dict[frozenset[tuple[str, object]], GeneratedCase] = {}
    for case in (*_turning(pack, leaves_of(rule.condition), base), *_deciding(pack, rule, base)):
        cases.setdefault(frozenset(case.facts.items()), case)
    return tuple(cases.values())


def _turning(
    pack: RulePack, leaves: tuple[Node, ...], base: Facts, where: str = ""
) -> Iterator[GeneratedCase]:
    """One input at a time, at each value where one of ``leaves`` can turn."""
    for name, values in Turning(pack, base).values(leaves).items():
        for words, value in values:
            rest = {other: one for other, one in base.items() if other != name}
            facts = rest if value is None else {**rest, name: value}
            yield GeneratedCase(f"{name} {words}{where}", facts)


def _deciding(pack: RulePack, rule: Rule, base: Facts) -> Iterator[GeneratedCase]:
    """Both halves of every pair on which one leaf decides, and all its turning values where it does."""
    for pair in decisive_pairs(pack, rule.condition, base):
        leaf = to_cel(pair.leaf)
        for word, facts in (("true", pair.when_true), ("false", pair.when_false)):
            if facts is not None:
                yield GeneratedCase(f"{leaf} decides by being {word}", facts)
                yield from _turning(pack, (pair.leaf,), facts, f", where {leaf} decides by being {word}")
