"""The player over HTTP: look at it, pause, resume, take one step, change its speed."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from adapters.market.player import FASTEST, Player, PlayerDone, PlayerState, PlayerStatus
from policy.contracts import Contract, Utc
from policy.http.openapi import problem_answers
from policy.problems import Problem


class PlayerView(Contract):
    """Where the player is; ``speed`` is in steps per second, ``error`` is why it paused by itself."""

    time: Utc
    state: PlayerState
    speed: float
    session: date | None
    error: str | None


class NoBody(Contract):
    """An empty object: these calls need nothing, and other sites' forms cannot send it."""


class SpeedBody(Contract):
    """How fast to play, in steps per second; a session has six steps."""

    speed: Annotated[float, Field(gt=0, le=FASTEST)]


def router(player: Player) -> APIRouter:
    """``GET /v1/player`` and ``POST /v1/player/pause|resume|step|speed``."""
    routes = APIRouter(prefix="/v1/player", tags=["player"], responses=problem_answers(403))
    refusals = problem_answers(400, 413, 415, 422)

    @routes.get("", response_model=PlayerView, summary="Where the player is")
    def status() -> PlayerView:
        return _view(player.status)

    @routes.post("/pause", response_model=PlayerView, responses=refusals, summary="Stand still")
    def pause(_body: NoBody) -> PlayerView:
        return _view(player.pause())

    @routes.post("/resume", response_model=PlayerView, responses=refusals, summary="Play on")
    def resume(_body: NoBody) -> PlayerView:
        return _view(player.resume())

    @routes.post(
        "/step",
        response_model=PlayerView,
        responses={**refusals, **problem_answers(409, 500)},
        summary="Deliver the next quotes and wait until everything they caused has settled",
    )
    def step(_body: NoBody) -> PlayerView:
        return _view(_stepped(player))

    @routes.post("/speed", response_model=PlayerView, responses=refusals, summary="Change the pace")
    def speed(body: SpeedBody) -> PlayerView:
        return _view(player.set_speed(body.speed))

    return routes


def _stepped(player: Player) -> PlayerStatus:
    try:
        return player.step()
    except PlayerDone as done:
        raise Problem(409, "player-done", str(done)) from done
    except Exception as error:  # already logged with its traceback by the player
        detail = f"the step failed and waits to be repeated: {error}; see the log, then step again"
        raise Problem(500, "step-failed", detail) from error


def _view(status: PlayerStatus) -> PlayerView:
    return PlayerView(
        time=status.time,
        state=status.state,
        speed=status.speed,
        session=status.session,
        error=status.error,
    )
