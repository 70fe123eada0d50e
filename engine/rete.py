"""Asks durable-rules, a Rete network in C: the only file that imports it, and the fence around it.

Used in other ways durable-rules loses hits without a word. So a ruleset is asked by one caller at a
time: assert one fact, collect what fired, retract it, and insist that the sentinel rule was among
what fired. Whatever else happens is an ``EngineFailure``: silence is never taken for a miss.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import count
from threading import Lock
from weakref import finalize

import durable_rules_engine as durable

from engine.errors import EngineFailure
from engine.rete_plan import Branch, Planner, fields_of
from engine.rete_shards import Shard, shards
from engine.rete_text import EMPTY_FACT, RETRACTION, FactWriter, rule_text
from engine.rete_values import Facts
from engine.tree import Node

_SENTINEL = "zzz"
_names = count()


class Network:
    """The compiled conditions of one pack. Threads may share it; they are answered one at a time."""

    def __init__(self, conditions: Sequence[Node]) -> None:
        plan = Planner(conditions)
        self._lock = Lock()
        self._closed = False
        self._gates = plan.gates
        self._inputs = plan.inputs
        self._calculations = plan.calculations
        self._hits = [_Question(ruleset.branches, ruleset) for ruleset in _build(plan.hits())]
        self._misses = _build(plan.misses())
        self._doubt = lru_cache(maxsize=256)(self._doubt_about)

    def judge(self, facts: Facts) -> tuple[int, int]:
        """The conditions that are true and those that are unknown, as masks: bit i is condition i.

        ``facts`` are valid for the pack: numbers are finite floats, an absent input is left out.
        Names that no condition reads are ignored.

        Raises:
            EngineFailure: the network is closed, its sentinel did not fire, or it answered otherwise
                than it must; there is no verdict, and the caller must fail closed.
        """
        with self._lock:
            if self._closed:
                raise EngineFailure("the rule network is closed; compile the pack again")
            hits = _ask(self._hits, facts)
            lacking = self._lacking(facts)
            return hits, self._unknown(hits, lacking, facts) if lacking else 0

    def close(self) -> None:
        """Give the rulesets back; judging afterwards is an ``EngineFailure``."""
        with self._lock:
            self._closed = True
            for ruleset in [*(question.ruleset for question in self._hits), *self._misses]:
                ruleset.delete()

    def _lacking(self, facts: Facts) -> frozenset[str]:
        """The inputs that are absent and the calculations that have no finite value."""
        absent = self._inputs.difference(facts)
        if not self._calculations:
            return absent
        return absent.union(name for name, read in self._calculations if read(facts) is None)

    def _unknown(self, hits: int, lacking: frozenset[str], facts: Facts) -> int:
        doubted, questions = self._doubt(lacking)
        misses = _ask(questions, facts)
        if hits & misses:
            raise EngineFailure(
                f"the rule network holds conditions both true and false: mask {hits & misses:#x}"
            )
        return doubted & ~(hits | misses)

    def _doubt_about(self, lacking: frozenset[str]) -> "tuple[int, list[_Question]]":
        """The conditions that ``lacking`` leaves in doubt, and the questions that tell which are false."""
        opened = {gate.field for gate in self._gates if not lacking.isdisjoint(gate.reads)}
        doubted = sum(1 << index for index, gate in enumerate(self._gates) if gate.field in opened)
        asked = (
            (r, [branch for branch in r.branches if branch.tests[0].field in opened]) for r in self._misses
        )
        return doubted, [_Question(branches, ruleset) for ruleset, branches in asked if branches]


class _Ruleset:
    """Some branches of a pack, with a sentinel, as one durable-rules ruleset."""

    def __init__(self, shard: Shard) -> None:
        self.branches = [rule.branch for rule in shard]
        named = [(f"{place:03}", rule) for place, rule in enumerate(shard)]
        rules = [rule_text(name, rule.tests) for name, rule in named]
        self._definition = f"{{{','.join([*rules, rule_text(_SENTINEL, ())])}}}"
        self._bits = {_SENTINEL: 0} | {name: 1 << rule.branch.index for name, rule in named}
        self._create()

    def ask(self, fact: str) -> int:
        """The mask of the conditions for which a branch fired."""
        if not self._settled:  # the last answer broke off half-way; what it left behind must not fire now
            self.delete()
            self._create()
        return self._answer(fact)

    def delete(self) -> None:
        """Free the ruleset; harmless when repeated, and done by itself when nobody holds it any more."""
        self._release()

    def _create(self) -> None:
        self._handle = durable.create_ruleset(f"pack-{next(_names)}", self._definition)
        self._answer(EMPTY_FACT)  # without a first answer, deleting the state would free a stray pointer
        self._release = finalize(self, _free, self._handle)

    def _answer(self, fact: str) -> int:
        self._settled = False
        _, state = durable.assert_fact(self._handle, fact)
        try:
            mask = self._collect(state)
        finally:
            durable.retract_fact(self._handle, RETRACTION)
        self._settled = True
        return mask

    def _collect(self, state: int) -> int:
        handle, bits, advance = self._handle, self._bits, durable.complete_and_start_action
        started = durable.start_action_for_state(handle, state)
        message = started[1] if started else None
        mask, awake = 0, False
        while message is not None:  # {"007":{"m":{…}}}: the name of the rule, then the fact again
            name = message[2:5]
            mask |= bits[name]
            awake |= name == _SENTINEL
            message = advance(handle, state)
        if not awake:
            raise EngineFailure("the sentinel rule did not fire: the rule network did not look at the facts")
        return mask


class _Question:
    """What to tell a ruleset so that it can judge ``branches``: the fields that they read, nothing else."""

    __slots__ = ("ruleset", "write")

    def __init__(self, branches: Sequence[Branch], ruleset: _Ruleset) -> None:
        self.write = FactWriter(fields_of(branches)).write
        self.ruleset = ruleset


def _free(handle: int) -> None:
    durable.delete_state(
        handle, None
    )  # by far the larger part, which deleting the ruleset would leave behind
    durable.delete_ruleset(handle)


def _build(branches: Sequence[Branch]) -> list[_Ruleset]:
    try:
        return [_Ruleset(shard) for shard in shards(branches)]
    except Exception as error:
        raise EngineFailure(f"the rule network cannot be built: {type(error).__name__}: {error}") from error


def _ask(questions: Iterable[_Question], facts: Facts) -> int:
    mask = 0
    try:
        for question in questions:
            mask |= question.ruleset.ask(question.write(facts))
    except EngineFailure:
        raise
    except Exception as error:
        raise EngineFailure(f"the rule network broke off: {type(error).__name__}: {error}") from error
    return mask
