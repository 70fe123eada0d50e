"""An order and its executions as frozen values: everything that is kept of one order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter

from policy.contracts import Action
from policy.order_contracts import FINAL, OrderReason, OrderState, OrderType, Origin, ShownState

ExecutionKind = Literal["fill", "synthetic", "reversal"]
Purpose = Literal["signal", "exit", "external"]
_ZERO = Decimal(0)
_MICRO = Decimal("0.000001")
_WORDS: Mapping[OrderState, ShownState] = {
    OrderState.NEW: "NEW",
    OrderState.SUBMITTED: "NEW",
    OrderState.ACCEPTED: "ACCEPTED",
    OrderState.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderState.CANCEL_PENDING: "CANCEL_PENDING",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.EXPIRED: "CANCELLED",
    OrderState.REJECTED: "REJECTED",
    OrderState.DENIED: "REJECTED",
}


@dataclass(frozen=True, slots=True)
class Execution:
    """One booking of an order: ``qty`` shares at ``price`` dollars a share, ``commission`` dollars in all.

    A ``synthetic`` stands for fills that the broker's totals tell of and that have not come themselves; a
    ``reversal`` undoes a synthetic one, with the same numbers. ``sequence`` is the broker's, of real fills.
    """

    execution_id: str
    qty: Decimal
    price: Decimal
    commission: Decimal
    at: datetime
    kind: ExecutionKind = "fill"
    sequence: int | None = None

    @property
    def sign(self) -> int:
        """-1 for what takes an earlier booking back, else 1."""
        return -1 if self.kind == "reversal" else 1

    def same_content(self, other: "Execution") -> bool:
        """Whether both tell of the same trade, whenever they were told."""
        return (self.qty, self.price, self.commission) == (other.qty, other.price, other.commission)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over executions: shares, dollars traded (sum of qty * price), dollars of commission."""

    cum_qty: Decimal
    notional: Decimal
    commission: Decimal


@dataclass(frozen=True, slots=True)
class Told(Totals):
    """The broker's own totals as of its ``sequence``."""

    sequence: int


def totals(executions: Iterable[Execution]) -> Totals:
    """What ``executions`` come to, reversals taken off."""
    every = tuple(executions)
    return Totals(
        sum((one.sign * one.qty for one in every), _ZERO),
        sum((one.sign * one.qty * one.price for one in every), _ZERO),
        sum((one.sign * one.commission for one in every), _ZERO),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """One order with its life so far; a new one needs no more than its terms and ``created_at``.

    ``executions`` holds every booking in the order in which it was made; the totals follow from it.
    ``told`` are the largest totals the broker has given, ``broker_sequence`` is that of its last word that
    counted, -1 before the first. ``cancel_wanted``: a cancel is wanted and none is on its way.
    ``strategy`` is who proposed the signal, where a strategy of the house did. ``not_found`` counts the
    queries since ``unknown_since`` that found nothing. ``shown`` is the API's word.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    order_id: UUID
    client_order_id: UUID
    symbol: str
    side: Action
    qty: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    purpose: Purpose
    created_at: datetime
    updated_at: datetime
    signal_id: UUID | None = None
    decision_id: UUID | None = None
    strategy: str | None = None
    origin: Origin = "LOCAL"
    external_order_id: str | None = None
    state: OrderState = OrderState.NEW
    previous_state: OrderState | None = None
    shown: ShownState = "NEW"
    executions: tuple[Execution, ...] = ()
    told: Told | None = None
    anomalies: tuple[str, ...] = ()
    reasons: tuple[OrderReason, ...] = ()
    cancel_wanted: bool = False
    not_found: int = 0
    unknown_since: datetime | None = None
    broker_sequence: int = -1

    @property
    def cum_qty(self) -> Decimal:
        """Shares booked, an excess over ``qty`` included."""
        return totals(self.executions).cum_qty

    @property
    def notional(self) -> Decimal:
        """Dollars traded: the sum of qty * price."""
        return totals(self.executions).notional

    @property
    def commission(self) -> Decimal:
        """Dollars of commission."""
        return totals(self.executions).commission

    @property
    def leaves_qty(self) -> Decimal:
        """Shares that are still to be traded, if the order is not final."""
        return max(_ZERO, self.qty - self.cum_qty)

    @property
    def overfill_qty(self) -> Decimal:
        """Shares booked beyond ``qty``."""
        return max(_ZERO, self.cum_qty - self.qty)

    @property
    def avg_price(self) -> Decimal | None:
        """Dollars a share, rounded half-even to six places; None before the first fill."""
        sums = totals(self.executions)
        if sums.cum_qty == 0:
            return None
        return (sums.notional / sums.cum_qty).quantize(_MICRO, rounding=ROUND_HALF_EVEN)

    @property
    def is_final(self) -> bool:
        """Whether only a late fill can still change it."""
        return self.state in FINAL

    @property
    def is_working(self) -> bool:
        """Whether it was, or may have been, handed in and may still be filled."""
        return not self.is_final and self.state is not OrderState.NEW

    def execution(self, execution_id: str) -> Execution | None:
        """The booking with that id."""
        return next((one for one in self.executions if one.execution_id == execution_id), None)

    def to_json(self) -> dict[str, Any]:
        """JSON values, decimals as text; defaults are left out."""
        values: dict[str, Any] = _ORDER.dump_python(self, mode="json", exclude_defaults=True)
        return values

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> "Order":
        """The order that ``to_json`` described; raises ``pydantic.ValidationError`` on anything else."""
        return _ORDER.validate_python(values)


_ORDER = TypeAdapter(Order)


def by_quantity(order: Order) -> OrderState:
    """The state of an order at work that its bookings alone speak for."""
    if order.leaves_qty == 0:
        return OrderState.FILLED
    return OrderState.PARTIALLY_FILLED if order.cum_qty else OrderState.ACCEPTED


def shown(state: OrderState, cum_qty: Decimal, last_shown: ShownState) -> ShownState:
    """The API's word for ``state``; while nobody knows, the word shown last."""
    if state is OrderState.REPLACE_PENDING:
        return "PARTIALLY_FILLED" if cum_qty else "ACCEPTED"
    return _WORDS.get(state, last_shown)
