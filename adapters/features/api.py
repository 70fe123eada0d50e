"""The feature service over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from adapters.features.catalogue import FEATURES, SET_VERSION, Feature, Need
from adapters.features.service import FeatureService, NotYet
from policy.contracts import Contract, FeatureSnapshot, UtcAsked
from policy.http.openapi import problem_answers
from policy.problems import Problem

At = Annotated[
    UtcAsked | None, Query(description="a time that has passed, 2012-06-20T15:00:00Z; now without it")
]


class FeatureView(Contract):
    """What one feature is; ``warm_after`` counts closed bars of sessions in a row."""

    name: str
    version: int
    unit: str
    warm_after: int
    needs: Need
    formula: str
    source: str


class CatalogueView(Contract):
    """Every feature there is, with the version of the set."""

    version: int
    features: tuple[FeatureView, ...]


def router(features: FeatureService) -> APIRouter:
    """``GET /v1/features`` and ``GET /v1/features/{symbol}``, by the clock of the house."""
    routes = APIRouter(prefix="/v1/features", tags=["features"])

    @routes.get(
        "", response_model=CatalogueView, responses=problem_answers(403), summary="What features there are"
    )
    def catalogue() -> CatalogueView:
        return CatalogueView(version=SET_VERSION, features=tuple(view_of(one) for one in FEATURES))

    @routes.get(
        "/{symbol}",
        response_model=FeatureSnapshot,
        responses=problem_answers(403, 404, 422),
        summary="Features of a symbol as of now or of a time that has passed",
    )
    def snapshot(symbol: str, at: At = None) -> FeatureSnapshot:
        try:
            found = features.snapshot(symbol, at)
        except NotYet as early:
            raise Problem(422, "not-yet", str(early)) from early
        if found is None:
            known = ", ".join(features.symbols)
            raise Problem(404, "unknown-symbol", f'there are no bars of "{symbol}"; choose one of {known}')
        return found

    return routes


def view_of(feature: Feature) -> FeatureView:
    """``feature`` as it is shown."""
    return FeatureView(
        name=feature.name,
        version=feature.version,
        unit=feature.unit,
        warm_after=feature.warm_after,
        needs=feature.needs,
        formula=feature.formula,
        source=feature.source,
    )
