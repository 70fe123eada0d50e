"""Cancels that were taken in and not answered: only the stream tells a refusal, and it may have been away."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from adapters.brokers.alpaca.telling import end_of
from adapters.brokers.alpaca.wire import WireOrder
from policy.ports import Clock

PATIENCE = timedelta(seconds=10)
"""How long after a cancel an order may still be shown as it was before."""
UNDER_WAY = "pending_cancel"
"""The status of an order whose cancel is not decided yet."""


class Cancels:
    """Remembers the cancels of one process; the next one asks for those again that it finds pending."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[str, datetime] = {}

    def taken(self, external_order_id: str) -> None:
        """The broker has taken in, or has had, the request to end this order."""
        self._taken[external_order_id] = self._clock.now()

    def answered(self, external_order_id: str) -> None:
        """The answer has come."""
        self._taken.pop(external_order_id, None)

    def without_effect(self, orders: Iterable[WireOrder]) -> list[tuple[WireOrder, datetime]]:
        """Those of ``orders`` that go on working though their end was asked for long ago, and when."""
        asked = [(order, self._taken[order.id]) for order in orders if order.id in self._taken]
        for order, _ in asked:
            if end_of(order) is not None:
                self.answered(order.id)
        since = self._clock.now() - PATIENCE
        return [(order, at) for order, at in asked if at <= since and _works_on(order)]


def _works_on(order: WireOrder) -> bool:
    return end_of(order) is None and order.status != UNDER_WAY
