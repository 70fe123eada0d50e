"""What would have to change: the nearest request to one that was not approved that would have been.

The solver is imported when somebody asks; no decision waits for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import structlog

from engine import EngineFailure, RulePack, Verdict
from engine.tree import And, Compare, Constant, Has, InputRef, Node, Not, Or
from policy.contracts import Contract, Scalar, VerdictWord
from policy.judge import WORDS

if TYPE_CHECKING:
    from engine.nearest import Nearest as Found

log = structlog.get_logger(__name__)

FIXED = ("symbol", "candidate_action")
"""What makes it this signal and no other one."""
_EFFORT = 500_000
"""Resource units of the solver for one question: less than half a second."""
_STATUS, _RECOMMENDATION = "reasoning.status", "reasoning.recommendation"


class FactChange(Contract):
    """What a fact is, and what it would have to be; None where it is absent."""

    fact: str
    now: Scalar | None
    then: Scalar | None


class NearestRequest(Contract):
    """The request nearest to the one judged that gets ``wanted`` or milder: what differs, and its verdict.

    Both evaluators have judged it. ``impossible``: nothing but the ``fixed`` facts could help;
    ``unknown``: the solver gave up before it knew; in both nothing is proposed.
    """

    wanted: VerdictWord
    status: Literal["found", "impossible", "unknown"]
    verdict: VerdictWord | None = None
    changes: tuple[FactChange, ...] = ()
    fixed: tuple[str, ...] = FIXED


def nearest_requests(
    packs: Sequence[RulePack], facts: Mapping[str, Scalar], verdict: Verdict
) -> tuple[NearestRequest, ...]:
    """The nearest approval of what got ``verdict``; of a REJECT also the nearest that is not one.

    Empty for an APPROVE. At most about a second; what takes longer is unknown.
    """
    return tuple(_nearest(packs, facts, wanted) for wanted in Verdict if wanted < verdict)


def _nearest(packs: Sequence[RulePack], facts: Mapping[str, Scalar], wanted: Verdict) -> NearestRequest:
    if not packs:
        return NearestRequest(wanted=WORDS[wanted], status="impossible")
    from engine.nearest import nearest  # noqa: PLC0415

    try:
        found = nearest(packs, facts, wanted, FIXED, _EFFORT, list(_contract(packs)))
    except EngineFailure as failure:
        log.error("the nearest request is not known", why=str(failure))
        return NearestRequest(wanted=WORDS[wanted], status="unknown")
    return _told(found, wanted)


def _told(found: "Found", wanted: Verdict) -> NearestRequest:
    if found.status != "witness":
        return NearestRequest(wanted=WORDS[wanted], status=found.status)
    assert found.changes is not None
    assert found.verdict is not None
    changes = [
        FactChange(fact=fact, now=now, then=then) for fact, (now, then) in sorted(found.changes.items())
    ]
    return NearestRequest(
        wanted=WORDS[wanted], status="found", verdict=WORDS[found.verdict], changes=tuple(changes)
    )


def _contract(packs: Sequence[RulePack]) -> Iterator[Node]:
    """What makes facts a request at all: a recommendation goes with status OK and only with OK."""
    declared = {one.name: one.type for pack in packs for one in pack.inputs.values()}
    if declared.get(_STATUS) == declared.get(_RECOMMENDATION) == "string":
        is_ok = Compare("==", InputRef(_STATUS, "string"), Constant("OK"))
        said = Has(_RECOMMENDATION)
        yield Or((And((is_ok, said)), And((Not(is_ok), Not(said))), Not(Has(_STATUS))))
