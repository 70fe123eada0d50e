"""What Alpaca says, as far as the house reads it; fields as its Trading API documentation names them.

Numbers come as JSON strings or numbers and are kept exact. What is missing or cannot be read makes the
whole answer unreadable: a part of one is never used.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from adapters.ports import BrokerSilent
from policy.contracts import Utc

Number = Annotated[Decimal, Field(allow_inf_nan=False)]
T = TypeVar("T")


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("less than nothing")
    return value


Amount = Annotated[Number, AfterValidator(_not_negative)]
OrderId = Annotated[str, AfterValidator(lambda text: str(UUID(text)))]
"""The broker's own id of an order, which its documentation promises to be a UUID."""
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class Said(BaseModel):
    """Something Alpaca said; fields that the house does not read are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireOrder(Said):
    """An order entity. ``qty`` is missing from orders by value, symbol and side from those of many legs."""

    id: OrderId
    client_order_id: str = Field(min_length=1)
    submitted_at: Utc
    updated_at: Utc
    symbol: str = Field(min_length=1)
    side: str
    type: str
    qty: Amount | None = None
    limit_price: Amount | None = None
    filled_qty: Amount = Decimal(0)
    status: str
    replaced_by: str | None = None
    replaces: str | None = None


class WireUpdate(Said):
    """The content of a message of the stream ``trade_updates``; ``qty`` and ``price`` are a fill's own."""

    event: str
    order: WireOrder
    timestamp: Utc | None = None
    execution_id: str | None = None
    qty: Positive | None = None
    price: Positive | None = None


class WireFill(Said):
    """One line of ``/v2/account/activities/FILL``; ``cum_qty`` is filled of the order with this fill."""

    id: str = Field(min_length=1)
    order_id: OrderId
    transaction_time: Utc
    qty: Positive
    price: Positive
    cum_qty: Positive


class WirePosition(Said):
    """A position: shares, less than nothing where it is short."""

    symbol: str = Field(min_length=1)
    qty: Number
    side: str = "long"

    @property
    def shares(self) -> Decimal:
        """Shares held, negative when short, however the sign was given."""
        return -abs(self.qty) if self.side == "short" else self.qty


class WireAccount(Said):
    """The account: its status, its dollars, and the flags under which it takes no orders."""

    account_number: str
    status: str
    currency: str
    cash: Number
    buying_power: Number
    trading_blocked: bool
    account_blocked: bool
    trade_suspended_by_user: bool


class WireClock(Said):
    """The broker's clock and the market's hours."""

    timestamp: Utc
    is_open: bool
    next_open: Utc
    next_close: Utc


def reader(kind: type[T] | Any, what: str) -> Callable[[Any], T]:
    """Reads ``kind`` from JSON values; raises ``BrokerSilent`` that names ``what`` for anything else."""
    adapter: TypeAdapter[T] = TypeAdapter(kind)

    def read(values: Any) -> T:
        try:
            return adapter.validate_python(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "as a whole"
            raise BrokerSilent(f"{what} cannot be read at {place}: {first['msg'].lower()}") from error

    return read


read_order: Callable[[Any], WireOrder] = reader(WireOrder, "an order of the broker")
read_orders: Callable[[Any], list[WireOrder]] = reader(list[WireOrder], "the broker's list of orders")
read_fills: Callable[[Any], list[WireFill]] = reader(list[WireFill], "the broker's list of fills")
read_positions: Callable[[Any], list[WirePosition]] = reader(list[WirePosition], "the broker's positions")
read_account: Callable[[Any], WireAccount] = reader(WireAccount, "the broker's account")
read_clock: Callable[[Any], WireClock] = reader(WireClock, "the broker's clock")
read_update: Callable[[Any], WireUpdate] = reader(WireUpdate, "a message of the broker's stream")
