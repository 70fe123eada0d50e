"""What the rules would say of a request: nothing is claimed, recorded or sent."""

from datetime import datetime

from engine import evaluate
from policy.contracts import EvaluateRequest, RuleResult
from policy.explain import ExplainedDecision, rule_result
from policy.facts import NOTHING, Measured
from policy.judge import Judgement, judge
from policy.nearest import nearest_requests
from policy.ports import Sessions
from policy.problems import Problem
from policy.proposal import proposal_of_request
from policy.record import decision_from, expiry
from policy.shelf import InForce


def dry_run(
    request: EvaluateRequest,
    in_force: InForce,
    at: datetime,
    sessions: Sessions,
    nearest: bool = False,
    said: Measured = NOTHING,
) -> ExplainedDecision:
    """The decision ``request`` would get at ``at``, with every rule; without ids, since it is none.

    ``said`` is what the house says of the trade beside the request. ``nearest`` asks what would have to
    change for a milder decision, too. Raises the 422 problem with every fault of the request.
    """
    judgement = judge(proposal_of_request(request), in_force, at, said)
    if isinstance(judgement, Problem):
        raise judgement
    decision = dict(decision_from(judgement, expiry(judgement, sessions), None))
    milder = nearest_requests(in_force.packs, judgement.facts, judgement.verdict) if nearest else None
    return ExplainedDecision(**{**decision, "rules": _rules(judgement)}, nearest=milder)


def _rules(judgement: Judgement) -> tuple[RuleResult, ...]:
    if not judgement.in_force.packs:
        return ()
    reports = evaluate(judgement.in_force.packs, judgement.facts, partial=True).rules
    return tuple(rule_result(report, report.result) for report in reports)
