"""From a proposal to facts: flat, dotted, typed; only what an active pack declares."""

from collections.abc import Mapping
from typing import Literal

from policy.contracts import MarketContext, MemoOpinion, PortfolioContext, Scalar
from policy.problems import Fault
from policy.proposal import Proposal

Facts = dict[str, Scalar]
Declared = Mapping[str, Literal["caller", "house"]]

_PLAIN = ("symbol", "candidate_action", "confidence", "size_pct", "stop_distance_pct")
_NESTED = {
    "market_context": tuple(MarketContext.model_fields),
    "portfolio_context": tuple(PortfolioContext.model_fields),
    "reasoning": tuple(MemoOpinion.model_fields),
}
CONTRACT_FACTS = frozenset(_PLAIN) | {f"{part}.{key}" for part, keys in _NESTED.items() for key in keys}


def facts_of(proposal: Proposal, declared: Declared) -> Facts:
    """The facts handed to the engine. What no active pack declares is recorded, not handed over.

    The names in ``proposal.facts`` go along unseen: ``further_faults`` has refused the wrong ones.
    """
    known = _contract_facts(proposal)
    facts = {name: value for name, value in known.items() if name in declared}
    facts.update(proposal.facts)
    return facts


def further_faults(proposal: Proposal, declared: Declared) -> list[Fault]:
    """A fault for every name in ``facts`` that a caller may not send there."""
    return [fault for name in proposal.facts if (fault := _name_fault(name, declared))]


def pointer_of(fact: str) -> str:
    """The JSON pointer of a fact in the body of an evaluate request."""
    if fact in CONTRACT_FACTS:
        return "/" + fact.replace(".", "/")
    return "/facts/" + fact.replace("~", "~0").replace("/", "~1")


def _contract_facts(proposal: Proposal) -> Facts:
    facts: Facts = {}
    for name in _PLAIN:
        if (value := getattr(proposal, name)) is not None:
            facts[name] = value
    for part in _NESTED:
        if (context := getattr(proposal, part)) is not None:
            measured = context.__dict__.items()
            facts.update((f"{part}.{key}", value) for key, value in measured if value is not None)
    return facts


def _name_fault(name: str, declared: Declared) -> Fault | None:
    if name in CONTRACT_FACTS:
        return _fault(name, "contract-field", f"{name} has a field of its own; send it there")
    if name not in declared:
        return _fault(name, "undeclared", f"{name} is not an input of any pack in force; remove it")
    if declared[name] == "house":
        return _fault(name, "house-only", f"{name} is set by the house alone; remove it")
    return None


def _fault(name: str, code: str, detail: str) -> Fault:
    return Fault(pointer="/facts/" + name.replace("~", "~0").replace("/", "~1"), code=code, detail=detail)
