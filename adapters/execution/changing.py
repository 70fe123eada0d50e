"""What callers may ask of an order at work: its end. Asked too often, they are told to come back."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.controls.counting import requests_within_a_minute
from adapters.execution.controls.limits import file_of
from adapters.execution.controls.trial import Bounds
from adapters.execution.happened import Happening
from adapters.execution.parts import Parts
from adapters.execution.sending import Sending
from policy.problems import Problem
from policy.rollout.phases import PhaseUnreadable
from policy.store import reading

_RETRY_AFTER_SECONDS = 60


@dataclass(frozen=True)
class Changing:
    """Asks the broker of ``parts`` to end orders, for callers."""

    parts: Parts
    sending: Sending

    def cancel(self, order_id: UUID, by: str) -> None:
        """Ask for the end of an order.

        Raises a 404 problem for none, a 409 one for one that has ended, a 429 one for requests too fast.
        """
        with self.parts.line:
            self._refuse_a_storm(order_id)
            step = self.sending.tell(order_id, Happening.CANCEL_REQUEST, by)
            if step.refused:
                detail = f"the order is {step.order.state.value} and has nothing left to cancel"
                raise Problem(409, "order-not-cancellable", detail)

    def _refuse_a_storm(self, order_id: UUID) -> None:
        """Control 28: cancels and replaces of callers within a minute; the house's own are never held up."""
        with reading(self.parts.store) as connection:
            if rows.one(connection, order_id) is None:
                raise no_such_order(order_id)
            asked = requests_within_a_minute(connection, self.parts.clock.now())
            bounds = self._bounds(connection)
        if bounds is None or asked < bounds.limits.cancels_per_minute:
            return
        most = bounds.limits.cancels_per_minute
        detail = (
            f"{asked} cancels and replaces were asked for within a minute; the limit is {most} "
            f"(cancels_per_minute of {file_of(bounds.phase)}), so wait; flattening and stops are not held up"
        )
        raise Problem(429, "limit-cancels-per-minute", detail, retry_after=_RETRY_AFTER_SECONDS)

    def _bounds(self, connection: Connection) -> Bounds | None:
        """The limits in force; None where they cannot be told: what only ends orders is not held up then."""
        try:
            return self.parts.bounds(connection)
        except PhaseUnreadable:
            return None


def no_such_order(order_id: UUID) -> Problem:
    """The 404 for an order that is not there."""
    return Problem(404, "order-not-found", f"there is no order {order_id}; GET /v1/orders lists them")
