"""An order on trial: everything that a control may look at, as one frozen value, and how it refuses."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.execution.controls.limits import Limits, file_of, text_of
from adapters.execution.controls.standing import Deal, Standing
from adapters.execution.order import Order
from policy.order_contracts import OrderReason
from policy.rollout.phases import Phase
from policy.signals_on_record import SignalOnRecord


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits that count now, and of which phase they are."""

    phase: Phase
    limits: Limits

    def source(self, name: str) -> str:
        """The limit ``name`` as a refusal tells of it, with where it is set."""
        return f"{name} of {file_of(self.phase)}"

    def refusal(self, code: str, found: str, name: str) -> OrderReason:
        """A refusal by the limit ``name``: ``found`` says with numbers what would be too much."""
        message = f"{found}; the limit is {text_of(getattr(self.limits, name))} ({self.source(name)})"
        return OrderReason(code=f"limit-{code}", message=message)


@dataclass(frozen=True, slots=True)
class Pace:
    """What there was before this order, by the house's clock: orders sent within the last second, the last
    minute and today; of today, those in its symbol; executions and brokers' rejections of its strategy."""

    second: int = 0
    minute: int = 0
    day: int = 0
    symbol_day: int = 0
    executions: int = 0
    rejections: int = 0


@dataclass(frozen=True, slots=True)
class Venue:
    """Where the order would go: the broker's name, why its account takes no orders, and the market's two
    sides in dollars a share: what a trade on the order's side meets, and the other."""

    broker: str
    blocked: str | None
    near: Decimal
    far: Decimal | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One order and what it is judged by; ``equity`` in dollars, ``twins`` are recent orders for the same."""

    order: Order
    deal: Deal
    signal: SignalOnRecord
    standing: Standing
    bounds: Bounds
    pace: Pace
    venue: Venue
    equity: Decimal | None
    at: datetime
    twins: tuple[Order, ...] = ()

    @property
    def limits(self) -> Limits:
        """The numbers of the phase in force."""
        return self.bounds.limits

    def refusal(self, code: str, found: str, name: str) -> OrderReason:
        """See ``Bounds.refusal``."""
        return self.bounds.refusal(code, found, name)
