"""What can happen to an order, each event complete: replaying the recorded ones gives the same order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from adapters.ports import BrokerMessage, BrokerOrder, BrokerWord
from policy.order_contracts import OrderReason, OrderState

REPORTED = frozenset(
    {
        OrderState.ACCEPTED,
        OrderState.PARTIALLY_FILLED,
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.REJECTED,
        OrderState.EXPIRED,
    }
)
"""States that a broker's view of an order can have."""


class Happening(StrEnum):
    """The kinds of events in an order's life."""

    CREATE = "create"
    DENY = "deny"
    SEND = "send"
    PERMIT_EXPIRED = "permit-expired"
    CANCEL_REQUEST = "cancel-request"
    REPLACE_REQUEST = "replace-request"
    ACK = "ack"
    BROKER_REJECT = "broker-reject"
    FILL = "fill"
    CANCELLED = "cancelled"
    CANCEL_REJECTED = "cancel-rejected"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REPLACE_REJECTED = "replace-rejected"
    TIMEOUT = "timeout"
    FOUND = "found"
    NOT_FOUND = "not-found"


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of one order, with everything that its effect depends on.

    ``at`` is when the house learned of it, ``told_at`` the broker's own time of a message. ``by`` names who
    caused it: a caller's name, or "house", "broker", "reconciliation", "recovery". ``sequence`` is the
    broker's own count of what happened to this order. ``qty`` (shares), ``price`` (dollars a share),
    ``commission`` (dollars) and ``execution_id`` belong to FILL; for REPLACED ``qty`` is the new total.
    ``seen`` is the broker's view that FOUND brings; ``certain`` says of NOT_FOUND that the broker's "no"
    is final (``Broker.certain``).
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    what: Happening
    at: datetime
    by: str
    sequence: int | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    commission: Decimal | None = None
    execution_id: str | None = None
    external_order_id: str | None = None
    reasons: tuple[OrderReason, ...] = ()
    seen: BrokerOrder | None = None
    certain: bool = False
    told_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON values, decimals as text; what is absent is left out."""
        values: dict[str, Any] = _HAPPENED.dump_python(self, mode="json", exclude_defaults=True)
        return values

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> "Happened":
        """The event that ``to_json`` described; raises ``pydantic.ValidationError`` on anything else."""
        return _HAPPENED.validate_python(values)

    @property
    def is_complete(self) -> bool:
        """Whether it carries what its kind needs, in numbers that can be true."""
        if self.what is Happening.FILL:
            return self.execution_id is not None and _positive(self.qty) and _positive(self.price)
        if self.what is Happening.REPLACED:
            return _positive(self.qty)
        if self.what is Happening.FOUND:
            return self.seen is not None and _plausible(self.seen)
        return True


_HAPPENED = TypeAdapter(Happened)

_WORDS: Mapping[BrokerWord, Happening] = {
    BrokerWord.ACCEPTED: Happening.ACK,
    BrokerWord.REJECTED: Happening.BROKER_REJECT,
    BrokerWord.FILLED: Happening.FILL,
    BrokerWord.CANCELLED: Happening.CANCELLED,
    BrokerWord.CANCEL_REJECTED: Happening.CANCEL_REJECTED,
    BrokerWord.EXPIRED: Happening.EXPIRED,
    BrokerWord.REPLACED: Happening.REPLACED,
    BrokerWord.REPLACE_REJECTED: Happening.REPLACE_REJECTED,
}


def from_message(message: BrokerMessage, at: datetime) -> Happened:
    """What a message, heard at ``at``, tells of its order; a reason in it gets the broker's word as code."""
    reason = OrderReason(code=f"broker-{message.word}", message=message.reason) if message.reason else None
    return Happened(
        what=_WORDS[message.word],
        at=at,
        by="broker",
        sequence=message.sequence,
        qty=message.qty,
        price=message.price,
        commission=message.commission,
        execution_id=message.execution_id,
        external_order_id=message.external_order_id,
        reasons=(reason,) if reason else (),
        told_at=message.at,
    )


def answered(seen: BrokerOrder | None, at: datetime, by: str, *, certain: bool) -> Happened:
    """What the broker's answer to a query for one order tells; ``certain`` is ``Broker.certain``."""
    if seen is None:
        return Happened(Happening.NOT_FOUND, at, by, certain=certain)
    return Happened(Happening.FOUND, at, by, seen=seen)


def _positive(value: Decimal | None) -> bool:
    return value is not None and value.is_finite() and value > 0


def _plausible(seen: BrokerOrder) -> bool:
    numbers = (seen.qty, seen.cum_qty, seen.notional, seen.commission)
    if seen.state not in REPORTED or not all(number.is_finite() for number in numbers):
        return False
    traded = seen.cum_qty > 0 and seen.notional > 0
    untouched = seen.cum_qty == 0 and seen.notional == 0
    filled = seen.state is not OrderState.FILLED or seen.cum_qty >= seen.qty
    return seen.qty > 0 and filled and (traded or untouched)
