"""What each type of event carries: the shape of its ``data``, by type."""

from collections.abc import Mapping
from typing import Literal

from policy.book_contracts import SnapshotView
from policy.contracts import (
    Bar,
    Contract,
    Decision,
    EventType,
    PackSet,
    Quote,
    Review,
    ReviewStatus,
    SignalCandidate,
)
from policy.order_contracts import FillView, OrderView
from policy.rollout.contracts import PhaseTold
from policy.stops.contracts import StopTold


class OrderTold(Contract):
    """An order as it stood after what the event tells of; ``fill`` is what was booked, on order.filled."""

    order: OrderView
    fill: FillView | None


class DecisionOnReview(Decision):
    """The decision that a person's answer led to, with the status it gave the review."""

    status: ReviewStatus


class ReviewEnded(Contract):
    """A review that left the queue; without a ``decision`` it expired or the rules overruled it."""

    review: Review
    decision: DecisionOnReview | None


class PackPutInForce(Contract):
    """A version that judges from now on, or in shadow beside those that do, or no more."""

    pack_set: PackSet
    pack: str
    version: str
    shadow: bool
    replaces: int | None
    """The number of the activation that was in force before."""
    logic: str
    text: str
    activated_by: str
    difference: Literal["identical", "stricter", "looser", "incomparable", "unknown"] | None
    """How it compares with what judged before; null where nobody asked."""
    confirmed_by: str | None
    withdrawn: bool
    """Whether the pack judges no more from now on."""


CARRIED: Mapping[EventType, type[Contract]] = {
    EventType.QUOTE_UPDATED: Quote,
    EventType.BAR_CLOSED: Bar,
    EventType.SIGNAL_CREATED: SignalCandidate,
    EventType.DECISION_MADE: Decision,
    EventType.REVIEW_REQUESTED: Review,
    EventType.REVIEW_ANSWERED: ReviewEnded,
    EventType.PACK_ACTIVATED: PackPutInForce,
    EventType.ORDER_SUBMITTED: OrderTold,
    EventType.ORDER_ACCEPTED: OrderTold,
    EventType.ORDER_FILLED: OrderTold,
    EventType.ORDER_REJECTED: OrderTold,
    EventType.ORDER_CANCELLED: OrderTold,
    EventType.SNAPSHOT_TAKEN: SnapshotView,
    EventType.STOP_TRIPPED: StopTold,
    EventType.STOP_REARMED: StopTold,
    EventType.PHASE_CHANGED: PhaseTold,
}
"""The contract of every type's ``data``."""
