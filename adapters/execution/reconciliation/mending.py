"""Repairs: what a comparison found is put right, each with what was before and after in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH
from adapters.execution.happened import answered
from adapters.execution.lifecycle import after, created
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.reconciliation.compare import Adopt, Ask, CashOff, Freeze, Repair, Tell, adopted
from adapters.execution.reconciliation.picture import asset_word
from adapters.execution.reconciliation.repairs import NOWHERE, Repaired, note_repair, told_of
from adapters.execution.sending import Beside, Sending
from adapters.ports import BrokerOrder, BrokerSilent
from policy.order_contracts import OrderReason, decimal_text
from policy.ports import derived_id
from policy.reconciliation_contracts import RepairKind
from policy.store import writing

log = structlog.get_logger(__name__)

BY = "reconciliation"


@dataclass(frozen=True, slots=True)
class Run:
    """One look at the broker's account that repairs."""

    at: datetime

    @property
    def run_id(self) -> UUID:
        """What its repairs are told together by."""
        return derived_id("reconciliation", self.at.isoformat())


@dataclass(frozen=True)
class Mending:
    """Makes the books of ``parts`` follow its broker's, one repair at a time."""

    parts: Parts
    sending: Sending

    def mend(self, repair: Repair, run: Run) -> str | None:
        """Make ``repair``, on record; returns why the broker would not say what it needs to know."""
        if isinstance(repair, Tell):
            self.sending.apply(repair.order.order_id, repair.happened, _noting("told", run))
            self.parts.tally.repaired("told")
        elif isinstance(repair, Ask):
            return self._ask(repair.order, run)
        elif isinstance(repair, Adopt):
            self._adopt(repair.seen, run)
        else:
            self._freeze(repair, run)
        return None

    def _ask(self, order: Order, run: Run) -> str | None:
        try:
            seen = self.parts.broker.order(order.client_order_id)
        except BrokerSilent as silent:
            return f"order {order.order_id} cannot be asked for now: {silent}"
        happened = answered(seen, run.at, BY, certain=self.parts.broker.certain)
        if seen is None:
            message = "the broker has no such order, so it never arrived there"
            happened = replace(happened, reasons=(OrderReason(code="not-at-broker", message=message),))
        self.sending.apply(order.order_id, happened, _noting("asked", run))
        self.parts.tally.repaired("asked")
        return None

    def _adopt(self, seen: BrokerOrder, run: Run) -> None:
        """Keep an order that only the broker had: with its fills it belongs to the books all the same."""
        with writing(self.parts.store) as connection:
            order_id = derived_id("order", "broker", seen.external_order_id)
            ours = self.parts.permits.knows(connection, seen.client_order_id)
            order = adopted(seen, order_id, "RECONCILED" if ours else "EXTERNAL", run.at)
            first = created(order, BY)
            found = answered(seen, run.at, BY, certain=self.parts.broker.certain)
            kept = self.parts.record(connection, None, [first, after(first.order, found)], run.at)
            _note(connection, "adopted", run, kept, NOWHERE)
        self.parts.tally.repaired("adopted")
        log.warning("the broker has an order that was not here", order_id=str(order_id), symbol=seen.symbol)

    def _freeze(self, repair: Freeze | CashOff, run: Run) -> None:
        """What no order explains is for a person: on record, once, and the symbol takes no new risk."""
        asset = repair.symbol if isinstance(repair, Freeze) else CASH
        what = "position-mismatch" if isinstance(repair, Freeze) else "cash-mismatch"
        ours, theirs = decimal_text(repair.ours), decimal_text(repair.theirs)
        with writing(self.parts.store) as connection:
            if asset in rows.frozen(connection):
                return
            self.parts.alert(connection, run.at, what, asset, ours=ours, theirs=theirs)
            rows.freeze(connection, run.at, asset, f"{what}: {ours} here, {theirs} at the broker")
            sides = {"here": ours, "broker": theirs}
            change = ({**sides, "frozen": False}, {**sides, "frozen": True})
            note_repair(connection, Repaired("frozen", asset, *change, run.at, BY, run.run_id))
        self.parts.tally.repaired("frozen")
        log.error("the books do not match the broker's", asset=asset_word(asset), ours=ours, theirs=theirs)


def _noting(kind: RepairKind, run: Run) -> Beside:
    """Puts the repair on record with the step that makes it."""

    def note(connection: Connection, before: Order, since: Order) -> None:
        _note(connection, kind, run, since, told_of(before))

    return note


def _note(
    connection: Connection, kind: RepairKind, run: Run, order: Order, before: Mapping[str, Any]
) -> None:
    since, ids = told_of(order), (run.run_id, order.order_id)
    note_repair(connection, Repaired(kind, order.symbol, before, since, run.at, BY, *ids))
