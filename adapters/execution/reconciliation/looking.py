"""Reconciliation: the broker's account is asked for, compared with our books, repaired, and put on record."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import structlog
from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.reconciliation.compare import (
    Books,
    Comparison,
    Repair,
    compared,
    is_whole,
)
from adapters.execution.reconciliation.gate import waiting_for
from adapters.execution.reconciliation.looks import Look, Looks
from adapters.execution.reconciliation.mending import BY, Mending, Run
from adapters.execution.reconciliation.picture import asset_word, picture_of
from adapters.execution.reconciliation.repairs import Repaired, note_repair
from adapters.execution.unexplained import Explained, explain, explained
from adapters.ports import BrokerAccount, BrokerSilent
from policy.order_contracts import decimal_text
from policy.reconciliation_contracts import Outcome, Picture
from policy.store import after_commit, reading, writing

log = structlog.get_logger(__name__)

LOOK_BACK = timedelta(days=1)
"""How far back from the last look that repaired ended orders are compared: fills may still come late."""


class Looking:
    """Compares the books of ``parts`` with its broker's, and has ``mending`` repair what differs.

    A broker that is silent, or answers in part, gives no information: nothing is changed, and that is on
    record.
    """

    def __init__(self, parts: Parts, mending: Mending) -> None:
        self._parts = parts
        self._mending = mending
        self._looks = Looks(parts.store)

    def is_needed(self) -> bool:
        """Whether something may differ: an order is at work, something was heard, the gate is closed."""
        return self._parts.unsettled.is_set() or self._parts.gate.waits_for is not None

    @property
    def has_begun(self) -> bool:
        """Whether this process has looked once, whatever that came to."""
        return self._looks.has_begun

    def mend(self, by: str = BY, *, brief: bool = False) -> Sequence[Repair]:
        """Ask the broker and repair; returns what was found. ``by`` asked for it.

        ``brief``: a look that came to what the last one came to is not put on record.
        """
        with self._parts.line:
            run = Run(self._parts.clock.now())
            account = self._account(run.at, by, brief=brief)
            if account is None:
                return ()
            found = self._compared(account, run.at)
            silences = [why for repair in found.repairs if (why := self._mending.mend(repair, run))]
            self._settle(found, run)
            look = Look(run.at, by, *_outcome(found, silences))
            self._looks.put(look, partial(self._picture, account, run.at), brief=brief)
            self._looks.followed(run.at)
            return found.repairs

    def compare(self) -> None:
        """Ask the broker, and repair nothing: whether the gate may open is all that is wanted to know."""
        with self._parts.line:
            now = self._parts.clock.now()
            account = self._account(now, BY, brief=True)
            if account is not None:
                self._judge(self._compared(account, now), now)

    def _account(self, now: datetime, by: str, *, brief: bool) -> BrokerAccount | None:
        """The broker's whole answer; None where there is none, which is on record."""
        try:
            account = self._parts.broker.account(self._since(now))
        except BrokerSilent as silent:
            self._silent(Look(now, by, "silent", str(silent)), brief=brief)
            return None
        if not is_whole(account):
            self._silent(Look(now, by, "silent", "its account has numbers that cannot be"), brief=brief)
            return None
        self._parts.tally.looked(answered=True)
        self._parts.flags.heard(account.blocked)
        return account

    def _since(self, now: datetime) -> datetime:
        """From when on ended orders are compared: nothing between two looks that repaired is left out."""
        return min(now, self._looks.followed_until() or now) - LOOK_BACK

    def _silent(self, look: Look, *, brief: bool) -> None:
        self._parts.tally.looked(answered=False)
        log.warning("the broker's account cannot be seen now", why=look.why)
        self._tell(look.at, changed=self._parts.gate.silent(look.why or ""))
        self._looks.put(look, lambda: None, brief=brief)

    def _compared(self, account: BrokerAccount, now: datetime) -> Comparison:
        return compared(self._books(account, now), account, now)

    def _books(self, account: BrokerAccount, now: datetime) -> Books:
        with reading(self._parts.store) as connection:
            owned = held(connection)
            change = owned.pop(CASH, Decimal(0))
            orders = self._orders(connection, account, now)
            return Books(orders, owned, self._parts.cash + change, explained(connection))

    def _orders(self, connection: Connection, account: BrokerAccount, now: datetime) -> list[Order]:
        """Our orders at work, those of late, and those that the account speaks of."""
        known = {order.order_id: order for order in rows.working(connection)}
        known |= {order.order_id: order for order in rows.touched_since(connection, self._since(now))}
        clients = {order.client_order_id for order in known.values()}
        for seen in account.orders:
            if seen.client_order_id not in clients:
                kept = rows.by_client_id(connection, seen.client_order_id)
                known |= {kept.order.order_id: kept.order} if kept else {}
        return list(known.values())

    def _settle(self, found: Comparison, run: Run) -> None:
        """What follows from a whole look, beside its repairs."""
        if not found.repairs:
            self._rest()
        self._forget(found.outlived, run)
        self._judge(found, run.at)

    def _rest(self) -> None:
        """Nothing differed: there is nothing to look for again while no order is at work."""
        with reading(self._parts.store) as connection:
            if not rows.working(connection):
                self._parts.unsettled.clear()

    def _forget(self, outlived: Mapping[str, Decimal], run: Run) -> None:
        """Explained differences that are there no more are explained no more: the next one is a new one."""
        if not outlived:
            return
        with writing(self._parts.store) as connection:
            for asset, amount in outlived.items():
                explain(connection, Explained(asset, Decimal(0), run.at, BY, ""))
                change = ({"explained": decimal_text(amount)}, {"explained": "0"})
                note_repair(connection, Repaired("outlived", asset, *change, run.at, BY, run.run_id))
                after_commit(connection, partial(self._parts.tally.repaired, "outlived"))

    def _judge(self, found: Comparison, at: datetime) -> None:
        """Whether the gate may open."""
        gate, waits_for = self._parts.gate, None
        if gate.waits_for is not None:
            with reading(self._parts.store) as connection:
                frozen = rows.frozen(connection).keys()
            waits_for = waiting_for(found, frozen, certain=self._parts.broker.certain)
        self._tell(at, changed=gate.answered(waits_for))

    def _tell(self, at: datetime, *, changed: bool) -> None:
        """How the gate stands is told where that ``changed``, and on record; so is how a process begins."""
        waits_for = self._parts.gate.waits_for
        if not changed and self._looks.has_begun:
            return
        self._looks.stands(at, waits_for)
        self._parts.tally.settled(waits_for is None)
        if waits_for is None:
            log.info("the books are settled with the broker's; new risk may be taken")
        else:
            log.warning("nothing but exits is sent before the books are settled", waits_for=waits_for)

    def _picture(self, account: BrokerAccount, now: datetime) -> Picture:
        """Both sides after the repairs: the broker's answer, beside the books as they are by now."""
        books = self._books(account, now)
        return picture_of(books, account, compared(books, account, now))


def _outcome(found: Comparison, silences: Sequence[str]) -> tuple[Outcome, str | None]:
    """What a look came to, and about what or why where that has to be said."""
    if assets := found.mismatched:
        return "unexplained", ", ".join(map(asset_word, assets))
    if silences:
        return "silent", "; ".join(silences)
    return "repaired" if found.repairs else "agrees", None
