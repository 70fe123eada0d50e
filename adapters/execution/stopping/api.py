"""What became of trips, over HTTP: when each was noticed, what was cancelled, when it was quiet; drills."""

from dataclasses import asdict
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Connection, Engine, select

from adapters.execution.stopping.record import newest
from adapters.execution.stopping.tables import stop_drills
from policy.contracts import Contract, Utc
from policy.http.openapi import problem_answers
from policy.store import reading

MOST_SHOWN = 20
_DRILLS = select(stop_drills).order_by(stop_drills.c.number.desc())


class ObeyedView(Contract):
    """What execution did about one trip; ``number`` is the trip's among the events of the stops.

    ``outcome`` is ``quiet`` once nothing works any more that the stop forbids, ``let-go`` where it was
    re-armed or tripped harder before. ``seconds`` are real ones from noticing to that.
    """

    number: int
    scope: str
    outcome: Literal["obeying", "quiet", "let-go"]
    noticed_at: Utc
    quiet_at: Utc | None
    cancelled: tuple[UUID, ...]
    seconds: float | None


class DrillView(Contract):
    """One drill of the stops; ``digest`` is the sha256 over its whole table."""

    number: int
    at: Utc
    by: str
    passed: bool
    digest: str


class ObeyedShown(Contract):
    """The last trips as execution obeyed them, and the last drills, newest first."""

    items: tuple[ObeyedView, ...]
    drills: tuple[DrillView, ...]


def router(store: Engine) -> APIRouter:
    """``GET /v1/stops/obeyed``."""
    routes = APIRouter(tags=["stops"], responses=problem_answers(403, 503))

    @routes.get("/v1/stops/obeyed", response_model=ObeyedShown, summary="How execution obeyed the stops")
    def shown() -> ObeyedShown:
        with reading(store) as connection:
            obeyed = tuple(ObeyedView(**asdict(one)) for one in newest(connection, MOST_SHOWN))
            return ObeyedShown(items=obeyed, drills=drills(connection))

    return routes


def drills(connection: Connection) -> tuple[DrillView, ...]:
    """The last drills, newest first."""
    rows = connection.execute(_DRILLS.limit(MOST_SHOWN)).mappings()
    return tuple(DrillView(**{name: row[name] for name in DrillView.model_fields}) for row in rows)
