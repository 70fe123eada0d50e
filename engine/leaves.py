"""The leaves of a condition, and how they decide it: what coverage and generated cases are made of.

A leaf is what has a truth of its own: a comparison, a membership, ``has()``, a bare boolean. It
*decides* where the condition would come out the other way if it alone did: the measure known as
modified condition/decision coverage, in its masking form.
"""

from collections.abc import Callable, Mapping

from engine.reference import compile_reference
from engine.tree import And, Node, Not, Or, Scalar, children

Truth = bool | None
"""True, false, or unknown because an input is absent."""
Truths = Mapping[Node, Truth]


def leaves_of(condition: Node) -> tuple[Node, ...]:
    """Every leaf once, left to right."""
    if not isinstance(condition, And | Or | Not):
        return (condition,)
    return tuple(dict.fromkeys(leaf for term in children(condition) for leaf in leaves_of(term)))


def truth_teller(leaf: Node) -> Callable[[Mapping[str, Scalar]], Truth]:
    """A function from facts to the truth of ``leaf``, as the reference evaluator sees it."""
    judge = compile_reference([leaf], present=())

    def truth(facts: Mapping[str, Scalar]) -> Truth:
        hit, unknown, _ = judge(facts)
        return None if unknown else bool(hit)

    return truth


def outcome_of(condition: Node, truths: Truths) -> Truth:
    """The truth of ``condition`` where its leaves have ``truths`` (Kleene)."""
    match condition:
        case Not(term):
            inner = outcome_of(term, truths)
            return None if inner is None else not inner
        case And(terms):
            return _joined([outcome_of(term, truths) for term in terms], strongest=False)
        case Or(terms):
            return _joined([outcome_of(term, truths) for term in terms], strongest=True)
        case _:
            return truths[condition]


def decides(leaf: Node, condition: Node, truths: Truths) -> bool:
    """Whether ``condition`` would come out the other way if ``leaf`` did, all other leaves as they are."""
    if truths[leaf] is None:
        return False
    outcomes = {outcome_of(condition, {**truths, leaf: turned}) for turned in (True, False)}
    return outcomes == {True, False}


def _joined(outcomes: list[Truth], *, strongest: bool) -> Truth:
    """One ``strongest`` among the outcomes settles it; else an unknown one leaves it open."""
    if strongest in outcomes:
        return strongest
    return None if None in outcomes else not strongest
