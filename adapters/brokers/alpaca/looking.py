"""Looking at the broker's own lists: what the stream did not bring, or brought half, is told from here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from adapters.brokers.alpaca.asking import Asking
from adapters.brokers.alpaca.cancels import Cancels
from adapters.brokers.alpaca.journal import Journal
from adapters.brokers.alpaca.telling import Fit, Known, Trade, lacks_fills
from adapters.brokers.alpaca.wire import WireFill, WireOrder
from adapters.ports import BrokerSilent, BrokerWord

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=5)
"""How far back the list of fills is read again each time: some are listed late."""
_MARGIN = timedelta(seconds=1)


@dataclass(frozen=True)
class Looking:
    """Follows orders and fills by ``asking``; everything new goes into ``journal``."""

    asking: Asking
    journal: Journal
    cancels: Cancels

    def look(self) -> None:
        """Tell what is new of every order at work, there or here, and every fill of late.

        Raises ``BrokerSilent`` where not all of it could be seen; what was told until then stays told.
        """
        working = self.asking.open_orders()
        shown = self.journal.shown(working)
        at_work = self.journal.at_work()
        ended = [self.order(name) for name in at_work if name not in shown]
        since = self.journal.fills_read_until
        last = self.fills(max(since - OVERLAP, self.journal.opened_at))
        self.journal.shown(ended)  # after their fills, as it happened
        if last is not None and last > since:
            self.journal.read_fills_until(last)
        self.cancels.keep(at_work)
        self._cancels_without_effect([*working, *ended])

    def order(self, external_order_id: str) -> WireOrder:
        """An order that the broker has shown; raises ``BrokerSilent`` where it no longer does."""
        found = self.asking.by_id(external_order_id)
        if found is None:
            raise BrokerSilent(
                f"the broker does not show order {external_order_id} any more; ask again later"
            )
        return found

    def fills(self, since: datetime, of: str | None = None) -> datetime | None:
        """Tell every fill since then, or those of one order; returns the time of the last."""
        last = None
        for fill in self.asking.fills(since):
            last = fill.transaction_time
            if of is None or fill.order_id == of:
                self._fill(fill)
        return last

    def followed(self, orders: Iterable[WireOrder]) -> list[tuple[WireOrder, Known]]:
        """``orders`` with all that is known of each, every fill that they show included, told now if new."""
        known = self.journal.shown(wanted := list(orders))
        for order in wanted:
            if lacks_fills(known[order.id], order):
                self.fills(order.submitted_at - _MARGIN, of=order.id)
                known[order.id] = self.journal.known(order.id)
        return [(order, known[order.id]) for order in wanted]

    def _cancels_without_effect(self, orders: Iterable[WireOrder]) -> None:
        """Tell refusals that were not heard."""
        for order, asked_at in self.cancels.without_effect(orders):
            reason = f"its cancel had no effect: it is {order.status}"
            self.journal.refused(order.id, BrokerWord.CANCEL_REJECTED, asked_at, reason)
            self.cancels.answered(order.id)

    def _fill(self, fill: WireFill) -> None:
        trade = Trade(fill.cum_qty, fill.qty, fill.price, fill.transaction_time)
        try:
            fit = self.journal.traded(fill.order_id, trade, listed=True)
        except KeyError:
            self.journal.shown([self.order(fill.order_id)])
            fit = self.journal.traded(fill.order_id, trade, listed=True)
        if fit is Fit.CLASH:
            log.error("a fill contradicts those before it", order=fill.order_id, fill=fill.id)
