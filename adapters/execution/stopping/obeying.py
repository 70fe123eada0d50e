"""Obeying stops: what may not go on working is cancelled, again until it is quiet, and all of it on record.

Whether a stop stands is read from the store each time, so it makes no difference who tripped it, in which
process, or whether this one was killed meanwhile: whatever is left to do is seen and done.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row

from adapters.execution import store as rows
from adapters.execution.happened import Happened, Happening, answered
from adapters.execution.hearing import Hearing
from adapters.execution.lifecycle import after
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.sending import Sending
from adapters.execution.step import Step
from adapters.execution.stopping import record
from adapters.execution.stopping.held import STOPPED, must_end
from adapters.execution.unexplained import sure_shares
from adapters.ports import BrokerSilent
from policy.order_contracts import FINAL, OrderReason, OrderState
from policy.ports import Clock
from policy.stops.standing import Stop, StopsInForce, stops_in_force
from policy.store import reading, writing

log = structlog.get_logger(__name__)

Ending = tuple[Order, Stop]
"""An order that may not go on working, and the stop that says so."""


@dataclass(frozen=True, slots=True)
class Obeyed:
    """One turn: how many orders were asked to end or still to be sent, and how many work and should not."""

    asked: int
    left: int


@dataclass(frozen=True, slots=True)
class _Sight:
    """The stops that stand, and what they are about, as one transaction sees it."""

    stops: StopsInForce
    shares: Mapping[str, Decimal]
    working: Sequence[Order]
    unsent: Sequence[UUID] = ()
    """Orders that were made and that nobody has sent yet: whoever asked for one may never ask again."""

    def ending(self) -> Sequence[Ending]:
        return tuple(must_end(self.stops, self.shares, self.working))

    def is_quiet_about(self, stop: Stop) -> bool:
        """Whether nothing works that ``stop``, taken by itself, forbids."""
        return not any(must_end(StopsInForce((stop,)), self.shares, self.working))


@dataclass(frozen=True)
class Obeying:
    """Ends what stops forbid among the orders of ``parts``; the clock ``real`` says how long that took.

    ``under_way`` is set while a trip may not have been obeyed to its end, as it may be at the start.
    """

    parts: Parts
    sending: Sending
    hearing: Hearing
    real: Clock
    under_way: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.under_way.set()

    def standing(self) -> tuple[int, ...]:
        """The trips that stand now, by number: a look that costs next to nothing."""
        with reading(self.parts.store) as connection:
            return tuple(one.number for one in stops_in_force(connection))

    def obey(self) -> Obeyed:
        """Cancel what may not go on working; without a stop nothing is done.

        Asked again it asks again: a broker that was silent, or a cancel that was lost, is asked until
        nothing is left. What waits to be sent is sent or denied first, so that none of it outlives the stop.
        """
        with self.parts.line:
            sight = self._look()
            ending, unsent = sight.ending(), sight.unsent
            if sight.stops:
                self._notice(sight.stops)
                self.sending.send(unsent)
            if ending:
                self._end(ending)
                self.hearing.hear()
                sight = self._look()
            self._settle(sight)
            return Obeyed(len(ending) + len(unsent), len(sight.ending()) if ending else 0)

    def _look(self) -> _Sight:
        with reading(self.parts.store) as connection:
            stops = stops_in_force(connection)
            if not stops:
                return _Sight(stops, {}, ())
            shares = sure_shares(connection)
            unsent = [order.order_id for order in rows.never_sent(connection)]
            return _Sight(stops, shares, rows.working(connection), unsent)

    def _notice(self, stops: StopsInForce) -> None:
        """Begin the records of trips that are new."""
        with reading(self.parts.store) as connection:
            new = record.unnoticed(connection, stops)
        if new:
            self.under_way.set()
            with writing(self.parts.store) as connection:
                record.notice(connection, new, self.parts.clock.now(), self.real.now())

    def _end(self, ending: Sequence[Ending]) -> None:
        """Ask for the end of those nobody has asked for, all in one transaction, and chase the others."""
        asked = [one for one in ending if _is_asked_for(one[0])]
        new = [one for one in ending if not _is_asked_for(one[0])]
        for order, _ in asked:
            self._chase(order)
        for order in self._requested(new):
            self.sending.send_cancel(order)

    def _requested(self, ending: Sequence[Ending]) -> Sequence[Order]:
        """Put on record that ``ending`` are to end; returns the orders whose cancel can go out now."""
        if not ending:
            return ()
        with writing(self.parts.store) as connection:
            steps = [self._request(connection, order, stop) for order, stop in ending]
        return [step.order for step in steps if step.send_cancel]

    def _request(self, connection: Connection, order: Order, stop: Stop) -> Step:
        kept, now = rows.one(connection, order.order_id, locked=True), self.parts.clock.now()
        assert kept is not None, "an order that is at work is on record"
        message = f"{stop.scope} is {stop.state.value.lower()}: {stop.cause}"
        reasons = (OrderReason(code=STOPPED, message=message),)
        happened = Happened(Happening.CANCEL_REQUEST, now, record.asker(stop.number), reasons=reasons)
        step = after(kept.order, happened)
        self.parts.record(connection, kept, [step], now)
        log.warning("cancelled by a stop", order_id=str(order.order_id), scope=str(stop.scope))
        return step

    def _chase(self, order: Order) -> None:
        """A cancel that was asked for has had no answer: find out, and ask anew where it never arrived."""
        try:
            seen = self.parts.broker.order(order.client_order_id)
        except BrokerSilent as silent:
            log.warning("no answer about a cancel", order_id=str(order.order_id), why=str(silent))
            return
        happened = answered(seen, self.parts.clock.now(), "execution", certain=self.parts.broker.certain)
        step = after(order, happened)
        if step.order.state is not order.state or step.bookings or step.send_cancel:
            self.sending.apply(order.order_id, happened)
        elif seen is not None and seen.state not in FINAL:
            self.sending.send_cancel(order)

    def _settle(self, sight: _Sight) -> None:
        """Finish the records of trips that nothing is left to be done for, or that stand no longer."""
        if not self.under_way.is_set():
            return
        standing = {one.number: one for one in sight.stops}
        with reading(self.parts.store) as connection:
            unfinished = record.unfinished(connection)
        for row in unfinished:
            stop = standing.get(row.number)
            if stop is None:
                self._finish(row, record.LET_GO)
            elif sight.is_quiet_about(stop):
                self._finish(row, record.QUIET)
        if not unfinished:
            self.under_way.clear()

    def _finish(self, row: Row[Any], outcome: str) -> None:
        at, now = self.parts.clock.now(), self.real.now()
        with writing(self.parts.store) as connection:
            count = record.finish(connection, row, outcome, at, now)
        seconds = (now - row.began).total_seconds()
        log.warning("a stop is obeyed", scope=row.scope, outcome=outcome, cancelled=count, seconds=seconds)


def _is_asked_for(order: Order) -> bool:
    """Whether somebody has asked for the order's end already."""
    return order.state is OrderState.CANCEL_PENDING or order.cancel_wanted
