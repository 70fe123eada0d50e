"""What is new in what the broker shows of an order: each acknowledgement, fill and end is told once.

Alpaca gives its stream's executions and its list of fills ids that have nothing documented in common. So
a fill is known by where it lies in its order: the shares from ``start`` to ``until`` of what is filled,
which both tell. Each share of an order is told once, whichever way the news of it came and how often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from adapters.brokers.alpaca.wire import WireOrder
from adapters.brokers.alpaca.words import ENDINGS, ORDER_TYPES, SIDES, state_of
from adapters.ports import BrokerOrder, BrokerSilent, BrokerWord
from policy.order_contracts import OrderState, decimal_text
from policy.ports import derived_id

_W = TypeVar("_W")
_ZERO = Decimal(0)
_FINEST = 10**6  # of a share; fills of an order that lie closer together than that share a sequence
_PHASES = 1000
_FILLED, _ANSWERED, _ENDED = 1, 2, _PHASES - 1


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill: ``qty`` shares at ``price`` dollars each, with which ``until`` shares are filled."""

    until: Decimal
    qty: Decimal
    price: Decimal
    at: datetime

    @property
    def start(self) -> Decimal:
        """Shares of the order that were filled before it."""
        return self.until - self.qty

    def shared_with(self, other: "Trade") -> Decimal:
        """Shares of the order that both tell of."""
        return max(_ZERO, min(self.until, other.until) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Known:
    """An order as far as it was told: which things, and which fills in order."""

    external_order_id: str
    client_order_id: UUID
    submitted_at: datetime
    ended: bool = False
    told: frozenset[str] = frozenset()
    trades: tuple[Trade, ...] = ()

    @property
    def filled(self) -> Decimal:
        """Shares whose fills were told."""
        return sum((trade.qty for trade in self.trades), _ZERO)

    @property
    def reached(self) -> Decimal:
        """Shares of the order that are filled at least, as far as the fills told reach."""
        return max((trade.until for trade in self.trades), default=_ZERO)

    @property
    def answers(self) -> int:
        """How many refusals of requests were told: each counts as something later than the last."""
        return sum(what.startswith(_REFUSALS) for what in self.told)


@dataclass(frozen=True, slots=True)
class Message:
    """Something new to tell; ``what`` names it among everything that can be told of its order."""

    what: str
    sequence: int
    word: BrokerWord
    at: datetime
    trade: Trade | None = None
    reason: str | None = None


class Fit(StrEnum):
    """How a fill fits to those that are known."""

    NEXT = "next"
    """It goes on where the known ones end."""
    APART = "apart"
    """It shares nothing with them, and leaves a gap."""
    KNOWN = "known"
    """They tell of all its shares."""
    DISPUTED = "disputed"
    """A known one has the same shares at another price."""
    CLASH = "clash"
    """They tell of some of its shares."""


_REFUSALS = (f"{BrokerWord.CANCEL_REJECTED.value}/", f"{BrokerWord.REPLACE_REJECTED.value}/")


def client_id(theirs: str) -> UUID:
    """The UUID by which the house knows an order; one that others named otherwise gets one that follows."""
    try:
        ours = UUID(theirs)
    except ValueError:
        return derived_id("alpaca-client-order", theirs)
    return ours if str(ours) == theirs else derived_id("alpaca-client-order", theirs)


def end_of(order: WireOrder) -> OrderState | None:
    """Where the order ended; None while it is at work. Raises ``BrokerSilent`` for an unknown status."""
    try:
        return state_of(order.status)
    except KeyError:
        raise BrokerSilent(
            f"order {order.id} has a status that nobody here knows, {order.status!r}; look at it in Alpaca's "
            "dashboard"
        ) from None


def by_status(known: Known, order: WireOrder) -> list[Message]:
    """What the order's status says and was not told yet."""
    end, news = end_of(order), []
    if end is not OrderState.REJECTED:
        news.append(Message(BrokerWord.ACCEPTED.value, 0, BrokerWord.ACCEPTED, order.submitted_at))
    if end is not None and end in ENDINGS:
        word, at = ENDINGS[end], sequence(order.filled_qty, _ENDED)
        news.append(Message(word.value, at, word, order.updated_at, reason=_why(order, end)))
    return [message for message in news if message.what not in known.told]


def by_trade(known: Known, trade: Trade) -> tuple[Fit, Message | None]:
    """How ``trade`` fits, and the message that it makes: none where it tells nothing new for certain."""
    fit = _fit(known, trade)
    place = decimal_text(trade.until)
    what = f"dispute/{place}/{decimal_text(trade.price)}" if fit is Fit.DISPUTED else f"fill/{place}"
    if fit in (Fit.KNOWN, Fit.CLASH) or what in known.told:
        return fit, None
    at = sequence(trade.until, _FILLED)
    return fit, Message(what, at, BrokerWord.FILLED, trade.at, trade=trade)


def refused(known: Known, word: BrokerWord, at: datetime, reason: str) -> Message | None:
    """The broker's "no" to a request of ``at``; None when that was told already. Whoever has seen the order
    as it was before has not heard it yet, so its place is one further."""
    what = f"{word.value}/{at.isoformat()}"
    if what in known.told:
        return None
    return Message(what, _now(known, known.answers + 1), word, at, reason=reason)


def is_over(known: Known, order: WireOrder) -> bool:
    """Whether the order has ended and every fill of it was told."""
    return end_of(order) is not None and not lacks_fills(known, order)


def lacks_fills(known: Known, order: WireOrder) -> bool:
    """Whether a fill of it was not told: the order is filled further, or those told leave a gap."""
    return known.filled < max(order.filled_qty, known.reached)


def sequence(filled: Decimal, phase: int) -> int:
    """The place of something in its order's life: by shares filled, then fill, answers, end.

    It follows from what is told alone, so that the same news has the same place whichever way it came.
    """
    return int(filled * _FINEST) * _PHASES + phase


def is_untraceable(order: WireOrder) -> bool:
    """Whether it is an order by value that ended without a fill: it has no size, and changed nothing."""
    return order.qty is None and order.filled_qty == 0 and end_of(order) is not None


def seen(known: Known, order: WireOrder) -> BrokerOrder:
    """The order as the broker shows it, with totals that are exact because every fill of it is known.

    Raises ``BrokerSilent`` while a fill is missing, and for an order whose size cannot be told.
    """
    end, filled = end_of(order), known.filled
    if lacks_fills(known, order):
        raise BrokerSilent(f"order {order.id} is filled further than its fills tell; ask again later")
    qty = order.qty or _size(order, end)
    state = end or (OrderState.PARTIALLY_FILLED if filled else OrderState.ACCEPTED)
    if filled >= qty:
        state = OrderState.FILLED
    ended = end is not None or state is OrderState.FILLED
    return BrokerOrder(
        client_order_id=known.client_order_id,
        external_order_id=order.id,
        symbol=order.symbol,
        side=_word(SIDES, order.side, order),
        qty=qty,
        order_type=_word(ORDER_TYPES, order.type, order),
        limit_price=order.limit_price,
        state=state,
        cum_qty=filled,
        notional=sum((trade.qty * trade.price for trade in known.trades), _ZERO),
        commission=_ZERO,
        sequence=sequence(filled, _ENDED) if ended else _now(known, known.answers),
        at=order.updated_at,
    )


def _now(known: Known, answers: int) -> int:
    """A place after everything that was told of an order at work, with so many ``answers``."""
    return sequence(known.filled, min(_ANSWERED + answers, _ENDED - 1))


def _fit(known: Known, trade: Trade) -> Fit:
    twins = [one for one in known.trades if (one.until, one.qty) == (trade.until, trade.qty)]
    if twins:
        return Fit.KNOWN if twins[0].price == trade.price else Fit.DISPUTED
    shared = sum((trade.shared_with(one) for one in known.trades), _ZERO)
    if shared:
        return Fit.KNOWN if shared == trade.qty else Fit.CLASH
    return Fit.NEXT if trade.start == known.reached else Fit.APART


def _why(order: WireOrder, end: OrderState) -> str | None:
    """Why it ended, where that is not plain from the end itself; Alpaca gives no reason with an order."""
    if order.replaced_by:
        return f"replaced at the broker by order {order.replaced_by}"
    return "rejected after it was taken in" if end is OrderState.REJECTED else None


def _size(order: WireOrder, end: OrderState | None) -> Decimal:
    if end is not None and order.filled_qty > 0:
        return order.filled_qty
    raise BrokerSilent(
        f"order {order.id} in {order.symbol} is by value, so its size cannot be told; cancel it in Alpaca's "
        "dashboard: the house sends whole shares"
    )


def _word(words: Mapping[str, _W], theirs: str, order: WireOrder) -> _W:
    if theirs not in words:
        raise BrokerSilent(f"order {order.id} is a {theirs!r} order, which the house cannot follow")
    return words[theirs]
