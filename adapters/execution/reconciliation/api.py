"""Reconciliation over HTTP: how the books stand to the broker's, a look at once, a symbol let go."""

from fastapi import APIRouter

from adapters.execution.reconciliation.picture import asset_named
from adapters.execution.service import Execution
from adapters.execution.unexplained import NotFrozen
from policy.access.callers import Asking
from policy.http.openapi import problem_answers
from policy.problems import Problem
from policy.reconciliation_contracts import ReconciliationView, ReleaseBody
from policy.routes.decisions import Limit, NoBody, Since

_REFUSALS = problem_answers(400, 413, 415)
_SHOWN = 50


def router(execution: Execution) -> APIRouter:
    """``GET /v1/reconciliation``, and ``POST`` to ``…/run`` and ``…/release``."""
    routes = APIRouter(tags=["reconciliation"], responses=problem_answers(403, 422, 503))

    @routes.get(
        "/v1/reconciliation", response_model=ReconciliationView, summary="Our books beside the broker's"
    )
    def shown(limit: Limit = _SHOWN, since: Since | None = None) -> ReconciliationView:
        return execution.reconciled(limit, since)

    @routes.post(
        "/v1/reconciliation/run",
        response_model=ReconciliationView,
        responses=_REFUSALS,
        summary="Compare with the broker now, and repair",
    )
    def run(_body: NoBody, asking: Asking) -> ReconciliationView:
        execution.reconcile(asking.name)
        return execution.reconciled(_SHOWN)

    @routes.post(
        "/v1/reconciliation/release",
        response_model=ReconciliationView,
        responses={**_REFUSALS, **problem_answers(409)},
        summary="Let a symbol, or the cash, take new risk again",
    )
    def release(body: ReleaseBody, asking: Asking) -> ReconciliationView:
        try:
            execution.release(asset_named(body.asset), asking.name, body.note)
        except NotFrozen as error:
            detail = f"{body.asset} is not frozen; GET /v1/reconciliation lists what is"
            raise Problem(409, "not-frozen", detail) from error
        return execution.reconciled(_SHOWN)

    return routes
