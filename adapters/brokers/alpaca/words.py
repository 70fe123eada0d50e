"""Alpaca's words in the house's: every status of an order and every event of the stream ``trade_updates``.

Statuses and events as Alpaca's Trading API documentation lists them ("Orders at Alpaca", "Websocket
Streaming") and as alpaca-py's enums name them; what neither knows is never guessed.
"""

from collections.abc import Mapping
from enum import StrEnum

from alpaca.trading.enums import OrderStatus, TradeEvent

from adapters.ports import BrokerWord
from policy.contracts import Action
from policy.order_contracts import OrderState, OrderType

AT_WORK = None
"""A status under which the order works, or may work again: its fills say the rest."""

STATUSES: Mapping[OrderStatus, OrderState | None] = {
    OrderStatus.PENDING_NEW: AT_WORK,
    OrderStatus.ACCEPTED: AT_WORK,
    OrderStatus.ACCEPTED_FOR_BIDDING: AT_WORK,
    OrderStatus.PENDING_REVIEW: AT_WORK,
    OrderStatus.NEW: AT_WORK,
    OrderStatus.HELD: AT_WORK,
    OrderStatus.PARTIALLY_FILLED: AT_WORK,
    OrderStatus.DONE_FOR_DAY: AT_WORK,  # a day order's end is still told: as expired
    OrderStatus.STOPPED: AT_WORK,  # a trade is promised and has not happened
    OrderStatus.SUSPENDED: AT_WORK,  # may be let trade again
    OrderStatus.CALCULATED: AT_WORK,  # filled or done for the day; its fills say which
    OrderStatus.PENDING_CANCEL: AT_WORK,
    OrderStatus.PENDING_REPLACE: AT_WORK,
    OrderStatus.FILLED: OrderState.FILLED,
    OrderStatus.CANCELED: OrderState.CANCELLED,
    OrderStatus.REPLACED: OrderState.CANCELLED,  # its successor is an order of its own
    OrderStatus.EXPIRED: OrderState.EXPIRED,
    OrderStatus.REJECTED: OrderState.REJECTED,
}
"""Where each status leaves an order: at its end, or at work."""

ENDINGS: Mapping[OrderState, BrokerWord] = {
    OrderState.CANCELLED: BrokerWord.CANCELLED,
    OrderState.EXPIRED: BrokerWord.EXPIRED,
    OrderState.REJECTED: BrokerWord.REJECTED,
}
"""The word for an end; a filled order's is its last fill."""


class Meaning(StrEnum):
    """What an event of the stream is to the house, beside what the order in it shows."""

    FILL = "fill"
    CANCEL_REJECTED = "cancel-rejected"
    REPLACE_REJECTED = "replace-rejected"
    LOOK = "look"
    """Something changed that the message does not tell whole: the broker is asked."""
    STATUS = "status"
    """The order's status says it."""


_FURTHER: Mapping[str, Meaning] = {
    "done_for_day": Meaning.STATUS,
    "stopped": Meaning.STATUS,
    "suspended": Meaning.STATUS,
    "calculated": Meaning.STATUS,
    "held": Meaning.STATUS,
    "order_cancel_rejected": Meaning.CANCEL_REJECTED,
    "order_replace_rejected": Meaning.REPLACE_REJECTED,
    "trade_bust": Meaning.LOOK,
    "trade_correct": Meaning.LOOK,
}

EVENTS: Mapping[str, Meaning] = {
    TradeEvent.FILL.value: Meaning.FILL,
    TradeEvent.PARTIAL_FILL.value: Meaning.FILL,
    TradeEvent.NEW.value: Meaning.STATUS,
    TradeEvent.ACCEPTED.value: Meaning.STATUS,
    TradeEvent.PENDING_NEW.value: Meaning.STATUS,
    TradeEvent.PENDING_CANCEL.value: Meaning.STATUS,
    TradeEvent.PENDING_REPLACE.value: Meaning.STATUS,
    TradeEvent.CANCELED.value: Meaning.STATUS,
    TradeEvent.EXPIRED.value: Meaning.STATUS,
    TradeEvent.REJECTED.value: Meaning.STATUS,
    TradeEvent.REPLACED.value: Meaning.STATUS,
    TradeEvent.RESTATED.value: Meaning.LOOK,
    **_FURTHER,
}
"""Every event that is documented; any other is a reason to look."""

ORDER_TYPES: Mapping[str, OrderType] = {
    "market": "MARKET",
    "stop": "MARKET",  # an order's type once its trigger is reached
    "trailing_stop": "MARKET",
    "limit": "LIMIT",
    "stop_limit": "LIMIT",
}
"""Types of orders; the house sends market and limit, others come from elsewhere."""
SIDES: Mapping[str, Action] = {"buy": "BUY", "sell": "SELL"}
"""Sides of orders."""


def state_of(status: str) -> OrderState | None:
    """Where ``status`` leaves an order, ``AT_WORK`` for none; raises KeyError for one nobody knows."""
    known = OrderStatus._value2member_map_.get(status)
    if not isinstance(known, OrderStatus):
        raise KeyError(status)
    return STATUSES[known]
