"""Reconciliation: the broker's account is asked for, and our books are made to follow it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.happened import answered
from adapters.execution.lifecycle import after, created
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.reconcile import Adopt, Ask, CashOff, Freeze, Repair, Tell, adopted, differences
from adapters.execution.sending import Sending
from adapters.ports import BrokerAccount, BrokerOrder, BrokerSilent
from policy.order_contracts import OrderReason
from policy.ports import derived_id
from policy.store import reading, writing

log = structlog.get_logger(__name__)

BY = "reconciliation"
LOOK_BACK = timedelta(days=1)
"""How far back orders that have ended are compared: fills may still come late."""


@dataclass(frozen=True)
class Mending:
    """Compares the books of ``parts`` with its broker's and repairs what differs, on record."""

    parts: Parts
    sending: Sending

    def is_needed(self) -> bool:
        """Whether something may differ: an order is at work, or something was heard since the last look."""
        return self.parts.unsettled.is_set()

    def mend(self) -> Sequence[Repair]:
        """Ask the broker and repair; returns what was found.

        A broker that is silent, or answers in part, gives no information, and nothing is changed.
        """
        with self.parts.line:
            now = self.parts.clock.now()
            try:
                account = self.parts.broker.account(now - LOOK_BACK)
            except BrokerSilent as silent:
                self.parts.tally.looked(answered=False)
                log.warning("the broker's account cannot be seen now", why=str(silent))
                return ()
            self.parts.tally.looked(answered=True)
            found = self._found(account, now)
            for repair in found:
                self._repair(repair, now)
            if not found:
                self._rest()
            return found

    def _rest(self) -> None:
        """Nothing differed: there is nothing to look for again while no order is at work."""
        with reading(self.parts.store) as connection:
            if not rows.working(connection):
                self.parts.unsettled.clear()

    def _found(self, account: BrokerAccount, now: datetime) -> Sequence[Repair]:
        with reading(self.parts.store) as connection:
            ours, owned = self._ours(connection, account, now), held(connection)
        change = owned.pop(CASH, None)
        cash = self.parts.cash + (change or 0)
        return differences(ours, owned, cash, account, now)

    def _ours(self, connection: Connection, account: BrokerAccount, now: datetime) -> list[Order]:
        """Our orders at work, those of late, and those that the account speaks of."""
        known = {order.order_id: order for order in rows.working(connection)}
        known |= {order.order_id: order for order in rows.touched_since(connection, now - LOOK_BACK)}
        clients = {order.client_order_id for order in known.values()}
        for seen in account.orders:
            if seen.client_order_id not in clients:
                kept = rows.by_client_id(connection, seen.client_order_id)
                known |= {kept.order.order_id: kept.order} if kept else {}
        return list(known.values())

    def _repair(self, repair: Repair, now: datetime) -> None:
        if isinstance(repair, Tell):
            self.sending.apply(repair.order.order_id, repair.happened)
            self.parts.tally.repaired("told")
        elif isinstance(repair, Ask):
            self._ask(repair.order, now)
        elif isinstance(repair, Adopt):
            self._adopt(repair.seen, now)
        else:
            self._note(repair, now)

    def _ask(self, order: Order, now: datetime) -> None:
        try:
            seen = self.parts.broker.order(order.client_order_id)
        except BrokerSilent:
            return
        happened = answered(seen, now, BY, certain=self.parts.broker.certain)
        if seen is None:
            message = "the broker has no such order, so it never arrived there"
            happened = replace(happened, reasons=(OrderReason(code="not-at-broker", message=message),))
        self.sending.apply(order.order_id, happened)
        self.parts.tally.repaired("asked")

    def _adopt(self, seen: BrokerOrder, now: datetime) -> None:
        """Keep an order that only the broker had: with its fills it belongs to the books all the same."""
        with writing(self.parts.store) as connection:
            order_id = derived_id("order", "broker", seen.external_order_id)
            ours = self.parts.permits.knows(connection, seen.client_order_id)
            order = adopted(seen, order_id, "RECONCILED" if ours else "EXTERNAL", now)
            first = created(order, BY)
            found = answered(seen, now, BY, certain=self.parts.broker.certain)
            self.parts.record(connection, None, [first, after(first.order, found)], now)
        self.parts.tally.repaired("adopted")

    def _note(self, repair: Freeze | CashOff, now: datetime) -> None:
        """What no order explains is for a person: on record, once, and the symbol takes no new risk."""
        symbol = repair.symbol if isinstance(repair, Freeze) else CASH
        with writing(self.parts.store) as connection:
            if symbol in rows.frozen(connection):
                return
            what = "position-mismatch" if isinstance(repair, Freeze) else "cash-mismatch"
            ours, theirs = str(repair.ours), str(repair.theirs)
            self.parts.alert(connection, now, what, symbol, ours=ours, theirs=theirs)
            rows.freeze(connection, now, symbol, f"{what}: {ours} here, {theirs} at the broker")
        self.parts.tally.repaired("frozen")
        log.error("the books do not match the broker's", symbol=symbol, ours=ours, theirs=theirs)
