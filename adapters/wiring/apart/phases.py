"""The names under which the conductor asks for each phase of a step, and how a step travels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.market.steps import Step
from policy.contracts import utc_text

SHOW = "market.show"
FOLLOW = "portfolio.follow"
TRADE = "execution.trade"
CATCH_UP = "portfolio.catch-up"
GUARD = "execution.guard"
EXPIRE = "policy.expire"
PROPOSE = "strategy.propose"
FOLLOW_APPROVALS = "execution.follow-approvals"
RECONCILE = "execution.reconcile"
WRITE_DOWN = "portfolio.write-down"

ANYWAY = "anyway"
"""In a question for ``RECONCILE``: also where no order is at work."""

Asked = Mapping[str, Any]

_STEP = TypeAdapter(Step)


def told(step: Step) -> dict[str, Any]:
    """``step`` as plain JSON values."""
    return {"step": _STEP.dump_python(step, mode="json")}


def told_time(at: datetime) -> dict[str, Any]:
    """A time as plain JSON values."""
    return {"at": utc_text(at)}


def step_of(asked: Asked) -> Step:
    """The step that ``told`` put into a question; raises pydantic's ValidationError on anything else."""
    return _STEP.validate_python(asked["step"], strict=False)


def time_of(asked: Asked) -> datetime:
    """The time that ``told_time`` put into a question."""
    return datetime.fromisoformat(asked["at"])
