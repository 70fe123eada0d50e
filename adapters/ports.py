"""Where the service adapters meet: what execution needs of a broker, a market and a portfolio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from policy.contracts import Action, Quote
from policy.order_contracts import OrderState, OrderType
from policy.permits import OrderPermit


class BrokerSilent(Exception):
    """No answer, or one that settles nothing: time-out, 5xx, disconnect. The outcome is unknown."""


class BrokerRefused(Exception):
    """The broker has certainly not taken the order; the text is its reason."""


class BrokerWord(StrEnum):
    """What a broker can say of an order."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILLED = "filled"
    CANCELLED = "cancelled"
    CANCEL_REJECTED = "cancel-rejected"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REPLACE_REJECTED = "replace-rejected"


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """What is handed to a broker, beside the permit; whole shares, dollars a share, good for the session."""

    client_order_id: UUID
    symbol: str
    side: Action
    qty: Decimal
    order_type: OrderType
    limit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """One message of a broker's stream.

    ``number`` counts deliveries (a duplicate has a number of its own), ``sequence`` is the broker's own
    order of what happened to this order: a lower one than the last applied is stale. ``qty``, ``price``
    (dollars a share) and ``commission`` (dollars) belong to a fill, for REPLACED ``qty`` is the new total.
    """

    number: int
    sequence: int
    word: BrokerWord
    client_order_id: UUID
    external_order_id: str
    at: datetime
    execution_id: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    commission: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """An order as the broker sees it now. ``state`` is one of ACCEPTED, PARTIALLY_FILLED, FILLED, CANCELLED,
    REJECTED, EXPIRED; ``notional`` is the sum of qty * price over its fills, in dollars."""

    client_order_id: UUID
    external_order_id: str
    symbol: str
    side: Action
    qty: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    state: OrderState
    cum_qty: Decimal
    notional: Decimal
    commission: Decimal
    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """A whole answer of the broker: its open orders and those that ended since, positions, cash in dollars.

    ``orders`` holds every order that is working and every one that changed since the time asked for.
    ``blocked`` says why the broker takes no orders for this account; None where it does.
    """

    orders: Sequence[BrokerOrder]
    positions: Mapping[str, Decimal]
    cash: Decimal
    blocked: str | None = None


class Broker(Protocol):
    """A broker. Every method may raise ``BrokerSilent``, which never means "no" and never "flat"."""

    @property
    def name(self) -> str:
        """What limits call it, such as ``paper``: a phase names the brokers it lets orders go to."""
        ...

    @property
    def certain(self) -> bool:
        """Whether "I have no such order" is final: nothing is on its way that could still arrive."""
        ...

    def submit(self, permit: OrderPermit, ticket: OrderTicket) -> None:
        """Hand in an order; a ``client_order_id`` the broker has had before changes nothing.

        Raises ``BrokerRefused`` when it was certainly not taken, ValueError when permit and ticket
        do not belong together.
        """
        ...

    def cancel(self, client_order_id: UUID) -> None:
        """Ask for the end of an order; the answer comes as a message.

        Raises ``BrokerRefused`` when the broker certainly never had the order.
        """
        ...

    def heard(self, after: int) -> Sequence[BrokerMessage]:
        """Messages delivered by now with a ``number`` above ``after``, in the order of delivery."""
        ...

    def order(self, client_order_id: UUID) -> BrokerOrder | None:
        """One order by our own id; None when the broker has never had it."""
        ...

    def account(self, since: datetime) -> BrokerAccount:
        """Everything, at once; never a part of it."""
        ...


class LatestQuotes(Protocol):
    """What the market last said, wherever that is kept."""

    def latest(self, symbol: str) -> Quote | None:
        """The last quote of ``symbol``; None when it was never quoted."""
        ...


class Market(Protocol):
    """What execution asks of the market."""

    def reference_price(self, symbol: str, side: Action) -> Decimal | None:
        """The last quote's ask for a BUY, its bid for a SELL, in dollars; None without a usable quote."""
        ...

    def is_open(self, at: datetime) -> bool:
        """Whether the exchange trades at ``at``."""
        ...

    def closes_at(self, at: datetime) -> datetime | None:
        """When the session that is open at ``at`` closes, half days included; None outside sessions."""
        ...

    def quoted_at(self, symbol: str) -> datetime | None:
        """The exchange's time of the last quote of ``symbol``; None when it was never quoted."""
        ...

    def last_quoted(self) -> datetime | None:
        """The latest ``quoted_at`` of every symbol there is: the market's last sign of life."""
        ...


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A session so far, in dollars, unrealised profit included: what the book had at its opening quotes,
    and what it has at the last quotes taken, ``as_of``."""

    session: date
    opened_with: Decimal
    equity: Decimal
    as_of: datetime

    @property
    def lost(self) -> Decimal:
        """Dollars lost since the session opened; 0 when up."""
        return max(Decimal(0), self.opened_with - self.equity)


class Account(Protocol):
    """What execution asks of the portfolio."""

    def equity(self) -> Decimal | None:
        """Cash and positions at their last marks, in dollars; None where it cannot be told."""
        ...

    def day(self) -> DayFigures | None:
        """The session so far; None before the first. Raises where it cannot be told."""
        ...


def reversal_id(execution_id: str) -> str:
    """The execution_id of the booking that takes the synthetic one ``execution_id`` back."""
    return f"{execution_id}/reversal"


@dataclass(frozen=True, slots=True)
class BookedFill:
    """One line of the house's journal of executions: whole shares, dollars a share, commission in dollars
    for all of it.

    ``seq`` numbers the lines. A ``synthetic`` fill stands in for one that the broker's total told of before
    the fill itself came; a ``reversal`` has the side, quantity, price and commission of the synthetic fill
    that it takes back, and an execution_id that follows from that one's.
    """

    seq: int
    execution_id: str
    order_id: UUID
    symbol: str
    side: Action
    qty: Decimal
    price: Decimal
    commission: Decimal
    at: datetime
    kind: Literal["fill", "synthetic", "reversal"]


class FillSource(Protocol):
    """Where the portfolio reads what was booked."""

    def booked(self, after: int, until: datetime) -> Sequence[BookedFill]:
        """Lines with ``seq`` above ``after`` that were booked at or before ``until``, by ``seq``.

        Lines appear in the order of ``seq`` and times of booking never fall along it: when one has been
        given, none before it can turn up later.
        """
        ...
