"""Stops as messages: how a scope stands, and what happened to it."""

from typing import Literal

from policy.contracts import Contract, Utc
from policy.stops.scope import StopState


class StopView(Contract):
    """How one scope stands, since when, by whom and why; ``number`` is the event that made it so."""

    scope: str
    state: StopState
    exits: bool
    """Whether orders that only reduce still pass."""
    cause: str
    by: str
    note: str
    at: Utc
    number: int


class StopTold(StopView):
    """One trip or one re-arming, with the state that was asked for; a trip never loosens what stands."""

    act: Literal["tripped", "rearmed"]
