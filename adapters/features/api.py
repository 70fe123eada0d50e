"""The feature service over HTTP."""

from fastapi import APIRouter

from adapters.features.history import FeatureHistory
from policy.contracts import FeatureSnapshot
from policy.http.openapi import problem_answers
from policy.ports import Clock
from policy.problems import Problem


def router(features: FeatureHistory, clock: Clock) -> APIRouter:
    """``GET /v1/features/{symbol}``: features from the bars that had closed by the time of ``clock``."""
    routes = APIRouter(prefix="/v1/features", tags=["features"], responses=problem_answers(403, 404, 422))

    @routes.get("/{symbol}", response_model=FeatureSnapshot, summary="Features of a symbol as of now")
    def snapshot(symbol: str) -> FeatureSnapshot:
        found = features.snapshot(symbol, clock.now()) if symbol in features.symbols else None
        if found is None:
            known = ", ".join(features.symbols)
            raise Problem(404, "unknown-symbol", f'there are no bars of "{symbol}"; choose one of {known}')
        return found

    return routes
