"""The plain shape of the benchmark packs, for translating them into other engines' languages."""

from dataclasses import dataclass

from engine import RulePack
from engine.tree import And, Compare, Constant, In, InputRef, LimitRef, ListConstant, Node, Not, Scalar


@dataclass(frozen=True, slots=True)
class Clause:
    """``path op value``; ``op`` is a comparison, or ``not in`` with a tuple of options."""

    path: str
    op: str
    value: Scalar | tuple[Scalar, ...]
    optional: bool


def clauses(pack: RulePack) -> dict[str, list[Clause]]:
    """Each rule as a conjunction of clauses; ValueError for a condition of any other shape."""
    return {rule.id: [_clause(pack, term) for term in _terms(rule.condition)] for rule in pack.rules}


def _terms(condition: Node) -> tuple[Node, ...]:
    return condition.terms if isinstance(condition, And) else (condition,)


def _clause(pack: RulePack, node: Node) -> Clause:
    match node:
        case Compare(op, InputRef(path), Constant(value) | LimitRef(_, value)):
            return Clause(path, op, value, not pack.inputs[path].required)
        case Not(In(InputRef(path), LimitRef(_, value) | ListConstant(value))):
            return Clause(path, "not in", value, not pack.inputs[path].required)
        case _:
            raise ValueError(f"the benchmark cannot translate {node}; keep its packs to plain comparisons")
