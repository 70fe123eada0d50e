"""Is it alive, and can it work, which for policy is to decide: never needs a key."""

from collections.abc import Callable

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError

from policy.contracts import Contract
from policy.http.openapi import problem_answers
from policy.ports import PackUnavailable
from policy.problems import Problem, unavailable
from policy.retention.months import stray_months
from policy.service import PolicyService
from policy.shelf import SETS
from policy.store import reading
from policy.writer import problem_of


class Health(Contract):
    """It answers."""

    status: str


Readiness = Callable[[], Problem | None]


def router(readiness: Readiness) -> APIRouter:
    """``GET /healthz`` and ``/readyz``; ``readiness`` says why the service could not work now, or None."""
    routes = APIRouter(tags=["health"], responses=problem_answers(403))

    @routes.get("/healthz", response_model=Health, summary="Whether the process answers")
    async def alive() -> Health:
        return Health(status="alive")

    @routes.get(
        "/readyz", response_model=Health, responses=problem_answers(503), summary="Whether it can work"
    )
    def ready() -> Health:
        if problem := readiness():
            raise problem
        return Health(status="ready")

    return routes


def readiness(service: PolicyService) -> Problem | None:
    """Why a signal could not be decided now; None when it could."""
    try:
        with reading(service.store) as connection:
            in_force, strayed = service.shelf.judging(connection), stray_months(connection)
    except (SQLAlchemyError, PackUnavailable) as error:
        return problem_of(error)
    empty = [which for which in SETS if not in_force[which].packs]
    if empty:
        advice = (
            f"no rule pack is active for {', '.join(empty)}, so nothing is approved; `trivet activate` one"
        )
        return unavailable("no-active-pack", advice)
    return _strayed() if strayed else None


def _strayed() -> Problem:
    """Nothing is lost, but whatever kept a partition from being made will not go away by itself."""
    advice = (
        "decisions lie outside every month's partition; `trivet retention` moves them where they belong, "
        "once nobody holds the log for long any more"
    )
    return unavailable("partition-missing", advice)
