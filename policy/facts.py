"""From a proposal to facts: flat, dotted, typed; only what an active pack declares."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel

from policy.contracts import MarketContext, MemoOpinion, PortfolioContext, Scalar
from policy.problems import Fault
from policy.proposal import Proposal

Facts = dict[str, Scalar]
Measured = Mapping[str, Scalar]
NOTHING: Measured = MappingProxyType({})
Declared = Mapping[str, Literal["caller", "house"]]

_PLAIN = ("symbol", "candidate_action", "confidence", "size_pct", "stop_distance_pct")
_PARTS: Mapping[str, type[BaseModel]] = {
    "market_context": MarketContext,
    "portfolio_context": PortfolioContext,
    "reasoning": MemoOpinion,
}
# Each part's fields with their names as facts, put together once.
_NESTED = {part: [(key, f"{part}.{key}") for key in model.model_fields] for part, model in _PARTS.items()}
HOUSE = "house."
"""How the names of facts begin that the house alone may say, whatever a pack declares."""
CONTRACT_FACTS = frozenset(_PLAIN) | {name for keys in _NESTED.values() for _, name in keys}


def facts_of(proposal: Proposal, declared: Declared, measured: Measured = NOTHING) -> Facts:
    """The facts handed to the engine. What no active pack declares is recorded, not handed over.

    The names in ``proposal.facts`` go along unseen: ``further_faults`` has refused the wrong ones.
    ``measured`` is what the house says, which counts where a pack leaves a name to the house.
    """
    facts: Facts = {}
    for name in _PLAIN:
        if name in declared and (value := getattr(proposal, name)) is not None:
            facts[name] = value
    for part, keys in _NESTED.items():
        if (context := getattr(proposal, part)) is not None:
            seen = context.__dict__
            for key, name in keys:
                if name in declared and (value := seen[key]) is not None:
                    facts[name] = value
    facts.update(proposal.facts)
    facts.update({name: value for name, value in measured.items() if declared.get(name) == "house"})
    return facts


def further_faults(proposal: Proposal, declared: Declared) -> list[Fault]:
    """A fault for every name in ``facts`` that a caller may not send there."""
    return [fault for name in proposal.facts if (fault := _name_fault(name, declared))]


def pointer_of(fact: str) -> str:
    """The JSON pointer of a fact in the body of an evaluate request."""
    if fact in CONTRACT_FACTS:
        return "/" + fact.replace(".", "/")
    return "/facts/" + fact.replace("~", "~0").replace("/", "~1")


def _name_fault(name: str, declared: Declared) -> Fault | None:
    if name in CONTRACT_FACTS:
        return _fault(name, "contract-field", f"{name} has a field of its own; send it there")
    if name not in declared:
        return _fault(name, "undeclared", f"{name} is not an input of any pack in force; remove it")
    if declared[name] == "house" or name.startswith(HOUSE):
        return _fault(name, "house-only", f"{name} is set by the house alone; remove it")
    return None


def _fault(name: str, code: str, detail: str) -> Fault:
    return Fault(pointer="/facts/" + name.replace("~", "~0").replace("/", "~1"), code=code, detail=detail)
