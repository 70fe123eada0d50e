"""What single rules give on given facts, by the reference evaluator alone.

Thousands of variants of a rule can be asked so, where the network of durable-rules is made for a few
packs that stay. A property test holds these effects against ``evaluate``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from engine.declarations import Input
from engine.facts import FactReader
from engine.pack import RulePack
from engine.reference import compile_reference
from engine.tree import Node, Scalar, inputs_of
from engine.verdict import Verdict, strongest

Facts = Mapping[str, Scalar]


class Effect(NamedTuple):
    """What one rule gives: a verdict, a cap (infinity for none), and why; ``broken`` arithmetic REJECTs."""

    verdict: Verdict
    cap: float = inf
    absent: bool = False
    broken: bool = False


NOTHING = Effect(Verdict.APPROVE)


@dataclass(frozen=True, slots=True)
class Stance:
    """A rule, or a variant of one, as far as it has an effect."""

    condition: Node
    then: Verdict | None
    cap: float | None


def effect_teller(stance: Stance, inputs: Mapping[str, Input]) -> Callable[[Facts], Effect]:
    """A function from valid facts to the effect of ``stance``."""
    judge = compile_reference([stance.condition], present=())
    given = _given(stance, stance.then or Verdict.APPROVE, absent=False)
    reads = inputs_of(stance.condition)

    def effect(facts: Facts) -> Effect:
        hit, unknown, bad = judge(facts)
        if bad:
            return Effect(Verdict.REJECT, broken=True)
        if not unknown:
            return given if hit else NOTHING
        verdict = strongest(inputs[name].verdict_when_absent for name in reads if name not in facts)
        return NOTHING if verdict is Verdict.APPROVE else _given(stance, verdict, absent=True)

    return effect


def pack_verdict(effects: Iterable[Effect]) -> Verdict:
    """The verdict of a pack whose rules give ``effects``."""
    return strongest(one.verdict for one in effects)


def pack_size(effects: Iterable[Effect], facts: Facts) -> float | None:
    """The size let through, a fraction of equity: 0 on REJECT, None where no size was asked."""
    listed = list(effects)
    if pack_verdict(listed) is Verdict.REJECT:
        return 0.0
    asked = facts.get("size_pct")
    return min([asked, *(one.cap for one in listed)]) if isinstance(asked, float) else None


def accepts(pack: RulePack, facts: Facts) -> bool:
    """Whether the facts are complete and valid for ``pack``."""
    return not FactReader(pack.inputs).read(facts)[1]


def _given(stance: Stance, verdict: Verdict, *, absent: bool) -> Effect:
    if stance.cap is not None:
        return Effect(Verdict.APPROVE, stance.cap, absent)
    return Effect(verdict, inf, absent)
