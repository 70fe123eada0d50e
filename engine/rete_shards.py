"""Divides the branches of a pack into rulesets that durable-rules can hold and judge quickly.

Its matcher keeps the tests that a fact has satisfied on a stack of 64, and past that nothing fires.
In a flat ruleset each branch may have one test waiting there. In a grouped one the branches lie
below shared tests, each a bound that all branches of its group imply; the stack then holds at most
the other groups and the branches of one. A group whose bound fails costs a single test.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from engine.rete_plan import AlphaTest, Branch, Tests, fields_of

MOST_FLAT = 59
MOST_GROUPS = 30
MOST_IN_GROUP = 30
MOST_FIELDS = 240  # a fact holds at most 255 properties, its id and the sentinel's included


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the network gets it: a branch below the bound it shares with its group."""

    branch: Branch
    bound: Tests = ()

    @property
    def tests(self) -> Tests:
        """All that must hold, the shared bound first."""
        return self.bound + self.branch.tests


Shard = tuple[Rule, ...]


def shards(branches: Sequence[Branch]) -> list[Shard]:
    """Rulesets that hold all of ``branches``; there is always at least one, so that a sentinel looks."""
    if len(branches) <= MOST_FLAT and len(fields_of(branches)) <= MOST_FIELDS:
        return [tuple(map(Rule, branches))]
    rulesets: list[list[_Group]] = []
    for group in _groups(branches):
        home = next((groups for groups in rulesets if _fits(group, groups)), None)
        if home is None:
            rulesets.append(home := [])
        home.append(group)
    return [
        tuple(Rule(branch, group.bound) for group in groups for branch in group.branches)
        for groups in rulesets
    ]


@dataclass(frozen=True, slots=True)
class _Group:
    bound: Tests
    branches: list[Branch]


def _fits(group: _Group, groups: list[_Group]) -> bool:
    """Equal bounds would be one test to the network, and their groups one group twice the size."""
    if len(groups) == MOST_GROUPS or any(group.bound == other.bound for other in groups):
        return False
    together = [branch for other in (*groups, group) for branch in other.branches]
    return len(fields_of(together)) <= MOST_FIELDS


def _groups(branches: Iterable[Branch]) -> Iterator[_Group]:
    ordered = sorted(
        branches, key=lambda branch: (_kind(branch), [test.constant for test in branch.tests[:1]])
    )
    for _, alike in groupby(ordered, key=_kind):
        for members in _halved(list(alike)):
            yield _Group(_bound(members), members)


def _halved(members: list[Branch]) -> Iterator[list[Branch]]:
    if len(members) <= MOST_IN_GROUP and len(fields_of(members)) <= MOST_FIELDS:
        yield members
        return
    middle = len(members) // 2
    yield from _halved(members[:middle])
    yield from _halved(members[middle:])


def _kind(branch: Branch) -> tuple[str, str]:
    """Branches of one kind have a common bound: they first test one field, in one direction."""
    if not branch.tests:
        return "", ""
    first = branch.tests[0]
    if first.op == "!=":
        return first.field.name, repr(first.constant)
    return first.field.name, "down" if first.op.startswith("<") else "up"


def _bound(members: list[Branch]) -> Tests:
    """The weakest first test of ``members``, widened to include its constant."""
    firsts = [branch.tests[0] for branch in members if branch.tests]
    if not firsts or firsts[0].op == "!=":
        return tuple(firsts[:1])
    if firsts[0].op.startswith("<"):
        return (AlphaTest(firsts[0].field, "<=", max(test.constant for test in firsts)),)
    return (AlphaTest(firsts[0].field, ">=", min(test.constant for test in firsts)),)
