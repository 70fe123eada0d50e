"""The sandbox broker: Alpaca's paper account behind the house's port.

Orders go out once, under our own ids. What becomes of them comes by stream and is read from the broker's
lists as well, so a stream that is away loses nothing; both end in one journal that tells each thing once.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Engine

from adapters.brokers.alpaca.address import Address
from adapters.brokers.alpaca.asking import Asking
from adapters.brokers.alpaca.cancels import UNDER_WAY, Cancels
from adapters.brokers.alpaca.journal import Journal
from adapters.brokers.alpaca.line import Declined, Line, Patience, TooMany
from adapters.brokers.alpaca.looking import Looking
from adapters.brokers.alpaca.stream import Rhythm, TradeStream
from adapters.brokers.alpaca.telling import Fit, Trade, seen
from adapters.brokers.alpaca.whole import whole_account
from adapters.brokers.alpaca.wire import WireOrder, WireUpdate
from adapters.brokers.alpaca.words import EVENTS, Meaning
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

log = structlog.get_logger(__name__)

NAME = "alpaca"
_UNPROCESSABLE = 422
_NOT_FOUND = 404
_REFUSALS = {
    Meaning.CANCEL_REJECTED: BrokerWord.CANCEL_REJECTED,
    Meaning.REPLACE_REJECTED: BrokerWord.REPLACE_REJECTED,
}
Objection = Callable[[OrderPermit], str | None]
"""Why an order may not go to this broker now; None where nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the account is reached: where, with which keys, and how patiently.

    ``look_every`` is how long the broker's lists are left alone; the stream is faster, where it listens.
    With reconciliation every five seconds about 110 requests a minute are sent; Alpaca allows 200.
    """

    address: Address
    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    rhythm: Rhythm = field(default_factory=Rhythm)
    look_every: timedelta = timedelta(seconds=3)


class AlpacaBroker:
    """Implements ``adapters.ports.Broker`` on Alpaca's Trading API, for paper accounts. Safe to use from
    threads; ``start`` lets the stream listen, without it the lists alone are read."""

    def __init__(self, store: Engine, clock: Clock, terms: Terms, objection: Objection) -> None:
        self._clock = clock
        self._terms = terms
        self._objection = objection
        self._asking = Asking(Line(terms.address, terms.key_id, terms.secret, terms.patience))
        self._journal = Journal(store, clock)
        self._cancels = Cancels(clock)
        self._looking = Looking(self._asking, self._journal, self._cancels)
        self._alone = threading.RLock()
        self._must_look = threading.Event()
        self._looked_at: datetime | None = None
        keys = (terms.key_id, terms.secret)
        self._stream = TradeStream(
            terms.address, keys, terms.rhythm, hear=self._take, look=self._must_look.set
        )

    @property
    def name(self) -> str:
        """``alpaca``: this account is for phases whose limits name it."""
        return NAME

    @property
    def certain(self) -> bool:
        """False: an order may be on its way, and what was taken is not always shown at once."""
        return False

    @property
    def stream_state(self) -> str:
        """``listening``, or why the stream does not listen."""
        return self._stream.state

    def start(self) -> None:
        """Begin to listen to the stream."""
        self._stream.start()

    def stop(self) -> None:
        """Stop listening; everything told so far is on record."""
        self._stream.stop()

    def submit(self, permit: OrderPermit, ticket: OrderTicket) -> None:
        """Hand in an order, once; see ``adapters.ports.Broker``.

        Refused where Alpaca declines it (4xx; asked too often counts, for then nothing was done). One that
        it has had before is looked up, and counts as taken. Anything else leaves the outcome unknown.
        """
        check_permit(permit, ticket, self._clock.now())
        if (why := self._objection(permit)) is not None:
            raise BrokerRefused(why)
        try:
            order = self._asking.submit(ticket)
        except TooMany as wait:
            raise BrokerRefused(str(wait)) from wait
        except Declined as declined:
            order = self._had_before(ticket, declined)
        self._taken(ticket, order)

    def cancel(self, client_order_id: UUID) -> None:
        """Ask for the end of an order; the answer comes as a message, a refusal too.

        An order that Alpaca does not show is no reason to refuse: it may be on its way.
        """
        external = self._journal.external_id(client_order_id) or self._shown_now(client_order_id)
        try:
            self._asking.cancel(external)
        except Declined as declined:
            self._not_cancelled(external, declined)
        else:
            self._cancels.taken(external)

    def heard(self, after: int) -> Sequence[BrokerMessage]:
        """Messages with a number above ``after``; the broker's lists are looked at where it is time to.

        Raises ``BrokerSilent`` only where there is nothing to tell and the lists could not be seen.
        """
        silence = self._look_when_due()
        messages = self._journal.after(after)
        if not messages and silence is not None:
            raise silence
        return messages

    def order(self, client_order_id: UUID) -> BrokerOrder | None:
        """One order as of now; None when Alpaca does not have it, which is not final (``certain``)."""
        external = self._journal.external_id(client_order_id)
        found = self._looking.order(external) if external else self._asking.by_client_id(client_order_id)
        if found is None:
            return None
        [(order, known)] = self._looking.followed([found])
        return seen(known, order)

    def account(self, since: datetime) -> BrokerAccount:
        """Cash, positions, flags and orders of one moment; see ``whole.whole_account``."""
        with self._alone:
            return whole_account(self._asking, self._looking, self._journal, since)

    def _look_when_due(self) -> BrokerSilent | None:
        if not self._is_due() and not self._must_look.is_set():
            return None
        try:
            with self._alone:
                self._look()
        except BrokerSilent as silent:
            return silent
        return None

    def _is_due(self) -> bool:
        """Whether the lists were left alone long enough; a clock that was set back is no reason to wait."""
        if self._looked_at is None:
            return True
        return not timedelta(0) <= self._clock.now() - self._looked_at < self._terms.look_every

    def _look(self) -> None:
        self._must_look.clear()
        try:
            self._looking.look()
        finally:
            # a broker that hangs is left alone as long as one that answers
            self._looked_at = self._clock.now()

    def _had_before(self, ticket: OrderTicket, declined: Declined) -> WireOrder:
        """The order under this id, where that is why Alpaca declined; its refusal otherwise."""
        if declined.status != _UNPROCESSABLE or "client_order_id" not in declined.words.lower():
            raise BrokerRefused(str(declined)) from declined
        found = self._asking.by_client_id(ticket.client_order_id)
        if found is None:
            raise BrokerSilent(f"the broker has had order {ticket.client_order_id} and does not show it")
        return found

    def _taken(self, ticket: OrderTicket, order: WireOrder) -> None:
        if order.client_order_id != str(ticket.client_order_id):
            raise BrokerSilent(
                f"the broker answered with another order, {order.id}; nothing is known of ours"
            )
        self._journal.shown([order])

    def _shown_now(self, client_order_id: UUID) -> str:
        found = self._asking.by_client_id(client_order_id)
        if found is None:
            raise BrokerSilent(f"the broker does not show order {client_order_id}; it may be on its way")
        self._journal.shown([found])
        return found.id

    def _not_cancelled(self, external: str, declined: Declined) -> None:
        """Tell why: it ended before, it cannot be; or nothing, where its end was asked for already."""
        if declined.status == _NOT_FOUND:
            raise BrokerSilent(f"the broker does not show order {external} any more") from declined
        if declined.status != _UNPROCESSABLE:
            raise BrokerRefused(str(declined)) from declined
        [(order, _)] = self._looking.followed([self._looking.order(external)])
        if order.status == UNDER_WAY:
            self._cancels.taken(external)
            return
        self._cancels.answered(external)
        self._journal.refused(external, BrokerWord.CANCEL_REJECTED, self._clock.now(), declined.words)

    def _take(self, update: WireUpdate) -> None:
        """Put on record what the stream tells; what it tells half is looked up."""
        meaning = EVENTS.get(update.event, Meaning.LOOK)
        self._journal.shown([update.order])
        if meaning is Meaning.FILL:
            self._take_fill(update)
        elif meaning in _REFUSALS:
            self._cancels.answered(update.order.id)
            at = update.timestamp or update.order.updated_at
            self._journal.refused(update.order.id, _REFUSALS[meaning], at, f"the broker says: {update.event}")
        elif meaning is Meaning.LOOK:
            log.warning(
                "the broker tells of what has to be looked at", word=update.event, order=update.order.id
            )
            self._must_look.set()

    def _take_fill(self, update: WireUpdate) -> None:
        order, at = update.order, update.timestamp or update.order.updated_at
        if update.qty is None or update.price is None:
            self._must_look.set()
            return
        trade = Trade(order.filled_qty, update.qty, update.price, at)
        if self._journal.traded(order.id, trade, listed=False) not in (Fit.NEXT, Fit.KNOWN):
            self._must_look.set()
