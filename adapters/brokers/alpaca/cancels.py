"""Cancels that were taken in and not answered: only the stream tells a refusal, and it may have been away."""

from collections.abc import Collection, Iterable
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

    def keep(self, at_work: Collection[str]) -> None:
        """Forget the cancels of all orders but those ``at_work``: the others have their answer."""
        for name in set(self._taken).difference(at_work):
            self.answered(name)

    def without_effect(self, orders: Iterable[WireOrder]) -> list[tuple[WireOrder, datetime]]:
        """Those of ``orders`` that go on working though their end was asked for long ago, and when."""
        since = self._clock.now() - PATIENCE
        taken = dict(self._taken)
        asked = [(order, taken[order.id]) for order in orders if order.id in taken]
        return [(order, at) for order, at in asked if at <= since and _works_on(order)]


def _works_on(order: WireOrder) -> bool:
    return end_of(order) is None and order.status != UNDER_WAY
