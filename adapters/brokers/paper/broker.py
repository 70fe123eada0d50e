"""The paper broker: an outside system that happens to run in-process and keeps its own durable books.

It is deterministic: the same quotes and orders give the same fills, whatever interrupts it. Every call
that changes anything is one transaction; a broker made anew on the same store goes on from there. One
process at a time may run it.

Steps may be repeated, as they are when a run goes on from its last checkpoint: one that was seen changes
nothing, and everything is shown as of the clock, also what is on record from after it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, Engine

from adapters.brokers.paper import store as written
from adapters.brokers.paper.books import Books, as_left
from adapters.brokers.paper.faults import NO_FAULTS, Fault, Faults
from adapters.brokers.paper.intake import priced, taken_in
from adapters.brokers.paper.matching import Floor, stepped
from adapters.brokers.paper.models import Models
from adapters.brokers.paper.orders import seen
from adapters.brokers.paper.turn import Turn, happened
from adapters.brokers.paper.venue import MarketStep, Venue
from adapters.brokers.permitted import check_permit
from adapters.ports import (
    BrokerAccount,
    BrokerMessage,
    BrokerOrder,
    BrokerRefused,
    BrokerSilent,
    BrokerWord,
    OrderTicket,
)
from policy.permits import OrderPermit
from policy.ports import Clock
from policy.store import reading, writing

Outcome = Literal["taken", "repeated", "refused", "lost"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a call: a change of the books, and an error that is raised once that is durable."""

    turn: Turn | None = None
    error: Exception | None = None


class PaperBroker:
    """Implements ``adapters.ports.Broker`` on the quotes of a played market. Safe to use from threads."""

    def __init__(
        self,
        store: Engine,
        clock: Clock,
        venue: Venue,
        cash: Decimal,
        models: Models | None = None,
        faults: Faults = NO_FAULTS,
    ) -> None:
        """Opens the account with ``cash`` dollars, or goes on with the one that ``store`` holds."""
        self._store = store
        self._clock = clock
        self._venue = venue
        self._models = models or Models()
        self._faults = faults
        self._alone = threading.RLock()
        with writing(store) as connection:
            written.open_account(connection, cash)
        self._known: Books | None = None

    @property
    def name(self) -> str:
        """``paper``."""
        return "paper"

    @property
    def certain(self) -> bool:
        """True: an order that is not in the books when it is asked for will never be."""
        return True

    def submit(self, permit: OrderPermit, ticket: OrderTicket) -> None:
        """Take in an order; see ``adapters.ports.Broker``.

        Refused at once: a ticket without sense, an unknown symbol, a closed market, no price. Rejected by
        message: no buying power, a short sale, the risk desk's veto.
        """
        check_permit(permit, ticket, self._clock.now())
        self._change(partial(self._received, ticket))

    def cancel(self, client_order_id: UUID) -> None:
        """Cancel what is left of an order; one that has ended answers with a message that says so.

        Raises ``BrokerRefused`` when the broker never took such an order.
        """
        self._change(partial(self._cancelled, client_order_id))

    def trade(self, step: MarketStep) -> bool:
        """Let ``step`` happen to the orders that came in before it; whether it could change anything.

        A step at or before the last one changes nothing, and without resting orders and messages held
        back nothing is read or written.
        """
        with self._alone:
            if not self._books().concerned_by(step.at):
                return False
            self._change(lambda _connection, books: Answer(self._stepped(books, step)))
            return True

    def heard(self, after: int) -> Sequence[BrokerMessage]:
        """Messages told by now with a number above ``after``, in the order of telling."""
        with self._alone:
            if after >= self._books().numbered:
                return ()
        with reading(self._store) as connection:
            return tuple(written.messages(connection, after, self._clock.now()))

    def order(self, client_order_id: UUID) -> BrokerOrder | None:
        """One order as of now; None when it never came in."""
        with reading(self._store) as connection:
            journal = written.journal_of(connection, client_order_id, self._clock.now())
        return seen(as_left(journal)) if journal else None

    def account(self, since: datetime) -> BrokerAccount:
        """Cash, positions, and the orders that are working or changed at ``since`` or later, as of now."""
        now = self._clock.now()
        with self._alone, reading(self._store) as connection:
            books = self._books()
            if books.is_ahead_of(now):
                books = written.read_books_of(connection, now)
            changed = [as_left(journal) for journal in written.journals_since(connection, since, now)]
        orders = {order.arrival: seen(order) for order in (*books.working.values(), *changed)}
        return BrokerAccount([orders[arrival] for arrival in sorted(orders)], books.positions, books.cash)

    def submissions(self, client_order_id: UUID) -> int:
        """How often the order was handed in, whatever came of it: more than once is a sender's mistake."""
        with reading(self._store) as connection:
            return written.count_submissions(connection, client_order_id)

    def _books(self) -> Books:
        if self._known is None:
            with reading(self._store) as connection:
                self._known = written.read_books(connection)
        return self._known

    def _change(self, work: Callable[[Connection, Books], Answer]) -> None:
        with self._alone:
            books, self._known = self._books(), None  # until the commit, only the store knows
            with writing(self._store) as connection:
                answer = work(connection, books)
                if answer.turn is not None:
                    written.write_turn(connection, answer.turn)
            self._known = answer.turn.books if answer.turn is not None else books
        if answer.error is not None:
            raise answer.error

    def _received(self, ticket: OrderTicket, connection: Connection, books: Books) -> Answer:
        at = books.time(self._clock.now())
        outcome, answer = self._judged(ticket, connection, Turn(books, at, self._faults))
        written.note_submission(connection, ticket.client_order_id, at, outcome)
        return answer

    def _judged(self, ticket: OrderTicket, connection: Connection, turn: Turn) -> tuple[Outcome, Answer]:
        if written.has_order(connection, ticket.client_order_id):
            return "repeated", Answer()
        if self._faults.strikes(Fault.SILENT_LOST, ticket.client_order_id):
            return "lost", Answer(error=BrokerSilent("the connection broke while the order was handed in"))
        try:
            session, price = priced(ticket, self._venue, turn.at)
        except BrokerRefused as refused:
            return "refused", Answer(error=refused)
        turn, order = taken_in(turn, ticket, session, price, self._models)
        written.write_order(connection, order)
        return "taken", Answer(turn, self._silence(ticket.client_order_id))

    def _silence(self, client_order_id: UUID) -> BrokerSilent | None:
        if self._faults.strikes(Fault.SILENT_TAKEN, client_order_id):
            return BrokerSilent("the connection broke while the order was handed in")
        return None

    def _cancelled(self, client_order_id: UUID, connection: Connection, books: Books) -> Answer:
        turn = Turn(books, books.time(self._clock.now()), self._faults)
        working = books.working.get(client_order_id)
        if working is not None:
            return Answer(happened(turn, working, BrokerWord.CANCELLED)[0])
        journal = written.journal_of(connection, client_order_id, turn.at)
        if journal is None:
            return Answer(error=BrokerRefused(f"order {client_order_id} is unknown"))
        ended = as_left(journal)
        reason = f"the order is {ended.state.value} already"
        return Answer(happened(turn, ended, BrokerWord.CANCEL_REJECTED, reason=reason)[0])

    def _stepped(self, books: Books, step: MarketStep) -> Turn:
        return stepped(books, Floor(step, self._venue, self._models), self._faults)
