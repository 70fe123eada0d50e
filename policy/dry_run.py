"""What the rules would say of a request: nothing is claimed, recorded or sent."""

from datetime import datetime

from engine import evaluate
from policy.contracts import Decision, EvaluateRequest, RuleResult
from policy.judge import Judgement, judge
from policy.ports import Sessions
from policy.problems import Problem
from policy.proposal import proposal_of_request
from policy.record import decision_from, expiry
from policy.shelf import InForce


def dry_run(request: EvaluateRequest, in_force: InForce, at: datetime, sessions: Sessions) -> Decision:
    """The decision ``request`` would get at ``at``, with every rule; without ids, since it is none.

    Raises the 422 problem with every fault of the request.
    """
    judgement = judge(proposal_of_request(request), in_force, at)
    if isinstance(judgement, Problem):
        raise judgement
    decision = decision_from(judgement, expiry(judgement, sessions), None)
    return decision.model_copy(update={"rules": _rules(judgement)})


def _rules(judgement: Judgement) -> tuple[RuleResult, ...]:
    if not judgement.in_force.packs:
        return ()
    reports = evaluate(judgement.in_force.packs, judgement.facts, partial=True).rules
    names = RuleResult.model_fields
    return tuple(RuleResult(**{name: getattr(report, name) for name in names}) for report in reports)
