"""Orders as every service and screen speaks of them; money and quantities are Decimal, text in JSON."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, PlainSerializer, WithJsonSchema, field_validator, model_validator

from policy.contracts import Action, Contract, Symbol, Utc

OrderType = Literal["MARKET", "LIMIT"]
Origin = Literal["LOCAL", "EXTERNAL", "RECONCILED"]
ShownState = Literal[
    "NEW", "ACCEPTED", "PARTIALLY_FILLED", "FILLED", "REJECTED", "CANCELLED", "CANCEL_PENDING"
]
MOST_SHARES = Decimal(1_000_000_000)
DEAREST = Decimal(10_000_000)
CENT = Decimal("0.01")


def decimal_text(value: Decimal) -> str:
    """Plain digits without an exponent and without zeros that say nothing: ``10``, ``187.35``."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Amount = Annotated[Decimal, Field(allow_inf_nan=False), PlainSerializer(decimal_text, when_used="json")]
"""Dollars or shares; a decimal string in JSON."""


class OrderState(StrEnum):
    """Where an order is in its life, as stored; ``OrderView.state`` says it in the API's words."""

    NEW = "NEW"
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    REPLACE_PENDING = "REPLACE_PENDING"
    CANCEL_PENDING = "CANCEL_PENDING"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    DENIED = "DENIED"


FINAL = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED, OrderState.DENIED}
)
"""States that an order leaves only when a broker tells of a fill that came late."""


class OrderReason(Contract):
    """Why an order was denied or rejected: a code for machines, words for people."""

    code: str
    message: str


# What the validator of OrderRequest demands, for those who read the schema.
_SHARES: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": int(MOST_SHARES)},
        {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"},
    ]
}
_CENTS: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": int(DEAREST), "multipleOf": 0.01},
        {"type": "string", "pattern": "^[1-9][0-9]{0,6}([.][0-9]{1,2})?$"},
    ]
}
_MARKET: dict[str, Any] = {"properties": {"order_type": {"const": "MARKET"}, "limit_price": {"type": "null"}}}
_LIMIT: dict[str, Any] = {
    "properties": {"order_type": {"const": "LIMIT"}, "limit_price": {"type": ["number", "string"]}},
    "required": ["limit_price"],
}


class OrderRequest(Contract):
    """The body of ``POST /v1/orders``; whole shares, dollars a share in whole cents."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_MARKET, _LIMIT]})

    signal_id: UUID
    symbol: Symbol
    side: Action
    qty: Annotated[Decimal, Field(gt=0, le=MOST_SHARES), WithJsonSchema(_SHARES)]
    order_type: OrderType
    limit_price: Annotated[Decimal, Field(gt=0, le=DEAREST), WithJsonSchema(_CENTS)] | None = None

    @field_validator("qty")
    @classmethod
    def whole_shares(cls, qty: Decimal) -> Decimal:
        if qty != qty.to_integral_value():
            raise ValueError("qty must be whole shares; fractions are not traded")
        return qty

    @field_validator("limit_price")
    @classmethod
    def whole_cents(cls, price: Decimal | None) -> Decimal | None:
        if price is not None and price != price.quantize(CENT):
            raise ValueError("limit_price must be in whole cents")
        return price

    @model_validator(mode="after")
    def a_limit_where_one_belongs(self) -> "OrderRequest":
        if (self.order_type == "LIMIT") != (self.limit_price is not None):
            raise ValueError("limit_price goes with order_type LIMIT and only with LIMIT")
        return self


class FillView(Contract):
    """One booked execution of an order; ``commission`` in dollars for all of it."""

    execution_id: str
    qty: Amount
    price: Amount
    commission: Amount
    at: Utc
    kind: Literal["fill", "synthetic", "reversal"]
    """``synthetic``: the broker's total said so before the fill itself came; ``reversal`` takes one back."""


class OrderEventView(Contract):
    """One line of an order's history, refused events included."""

    position: int
    at: Utc
    event: str
    by: str
    from_state: OrderState | None
    to_state: OrderState
    anomaly: str | None
    detail: Mapping[str, Any]


class OrderView(Contract):
    """An order as the API shows it."""

    order_id: UUID
    signal_id: UUID | None
    symbol: str
    side: Action
    qty: Amount
    order_type: OrderType
    limit_price: Amount | None
    state: ShownState
    state_detail: OrderState
    cum_qty: Amount
    leaves_qty: Amount
    avg_price: Amount | None
    client_order_id: UUID
    external_order_id: str | None
    reasons: tuple[OrderReason, ...]
    origin: Origin
    purpose: Literal["signal", "exit", "external"]
    decision_id: UUID | None
    overfill_qty: Amount
    anomalies: tuple[str, ...]
    created_at: Utc
    updated_at: Utc


class OrderDetail(OrderView):
    """An order with everything that happened to it and every execution."""

    events: tuple[OrderEventView, ...]
    fills: tuple[FillView, ...]
