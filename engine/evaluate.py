"""Packs and facts in, an outcome out: the engine's whole story.

1. Facts are read for each pack by its own declarations; what cannot be read is a fault.
2. Both evaluators, the reference and durable-rules, are asked about every rule of every pack.
3. They must agree, and arithmetic must have been finite; otherwise the outcome is REJECT.
4. The verdict is the strongest of all hits; caps bound the size.

No rule is skipped because another one has spoken, and no path through this file ends in APPROVE
unless both evaluators looked at every rule.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.compiled import CompiledPack, compiled
from engine.errors import EngineFailure, FactFault, FactsIncomplete
from engine.facts import undeclared_fault
from engine.outcome import Hit, Judged, Outcome
from engine.pack import RulePack
from engine.verdict import Verdict

FACTS_INCOMPLETE = "trivet/facts-incomplete"
ARITHMETIC_NOT_FINITE = "trivet/arithmetic-not-finite"
ENGINE_DISAGREEMENT = "trivet/engine-disagreement"


def evaluate(packs: Sequence[RulePack], facts: Mapping[str, Any], partial: bool = False) -> Outcome:
    """Judge ``facts`` by every rule of every pack.

    Args:
        packs: one or more packs; their order does not matter and a repeated one counts once.
        facts: flat, by dotted name: bool, float, int or str; an absent fact is left out.
        partial: judge what can be judged although facts are missing or wrong; the faults
            become one hit ``trivet/facts-incomplete`` (REJECT).

    Raises:
        FactsIncomplete: with every fault at once, unless ``partial``.
        ValueError: without a pack there is nothing to judge by.
    """
    panel = _panel(tuple(packs))
    faults = [] if facts.keys() <= panel.declared else panel.undeclared(facts)
    judged = [_judge(pack, facts, faults) for pack in panel.packs]
    if faults and not partial:
        raise FactsIncomplete(_each_once(faults))
    house_hits = [hit for one in judged for hit in one.house_hits]
    if faults:
        house_hits.append(_incomplete(_each_once(faults)))
    return Outcome(judged, house_hits, _requested_size(judged))


class _Panel:
    """Several packs that judge together."""

    def __init__(self, packs: tuple[RulePack, ...]) -> None:
        if not packs:
            raise ValueError("no pack to judge by: give at least one")
        unique = {(pack.name, pack.version, pack.text_hash): pack for pack in packs}
        self.packs = tuple(compiled(pack) for pack in sorted(unique.values(), key=lambda pack: pack.name))
        self.declared = frozenset(name for pack in packs for name in pack.inputs)

    def undeclared(self, facts: Mapping[str, Any]) -> list[FactFault]:
        return [undeclared_fault(str(name), self.declared) for name in facts if name not in self.declared]


@lru_cache(maxsize=16)
def _panel(packs: tuple[RulePack, ...]) -> _Panel:
    return _Panel(packs)


def _judge(pack: CompiledPack, raw: Mapping[str, Any], faults: list[FactFault]) -> Judged:
    """Ask both evaluators; whatever they do not agree on is a REJECT of the house."""
    facts, own_faults = pack.reader.read(raw)
    faults += own_faults
    hits, unknowns, bad = (pack.reference if not own_faults else pack.lenient_reference)(facts)
    house_hits: tuple[Hit, ...] = ()
    try:
        answer = pack.network.judge(facts)
    except EngineFailure as failure:
        house_hits = (_disagreement(pack, str(failure)),)
    else:
        if answer != (hits, unknowns):
            house_hits = (_disagreement(pack, pack.difference(answer, (hits, unknowns))),)
    if bad:
        house_hits += (_not_finite(pack, bad),)
    return Judged(pack, facts, hits, unknowns, house_hits)


def _disagreement(pack: CompiledPack, what: str) -> Hit:
    text = f"the evaluators of {pack.pack.name} do not agree: {what}; nothing is approved until they do"
    return Hit(ENGINE_DISAGREEMENT, Verdict.REJECT, "hit", text)


def _not_finite(pack: CompiledPack, bad: int) -> Hit:
    text = f"a calculation in {', '.join(pack.names(bad))} is not a finite number"
    return Hit(ARITHMETIC_NOT_FINITE, Verdict.REJECT, "hit", text)


def _incomplete(faults: Sequence[FactFault]) -> Hit:
    text = "; ".join(fault.text for fault in faults)
    return Hit(FACTS_INCOMPLETE, Verdict.REJECT, "hit", text)


def _each_once(faults: Sequence[FactFault]) -> list[FactFault]:
    return list(dict.fromkeys(faults))


def _requested_size(judged: Sequence[Judged]) -> float | None:
    for one in judged:
        if "size_pct" in one.facts:
            return float(one.facts["size_pct"])
    return None
