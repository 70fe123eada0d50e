"""What one event did to an order, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.execution.anomalies import Anomaly, Demand
from adapters.execution.happened import Happened
from adapters.execution.order import Execution, Order
from policy.order_contracts import OrderState


class Effect(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    REFUSED = "refused"
    STALE = "stale"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Step:
    """What an event did: the order after it and what follows from it.

    ``bookings`` go to position and cash now, in this order. ``send_cancel``: a cancel must go out now.
    ``asks`` is what the house has to do about it. ``from_state`` is None for a new order.
    """

    order: Order
    happened: Happened
    effect: Effect
    from_state: OrderState | None
    anomalies: tuple[Anomaly, ...] = ()
    bookings: tuple[Execution, ...] = ()
    send_cancel: bool = False
    asks: frozenset[Demand] = frozenset()

    @property
    def anomaly(self) -> Anomaly | None:
        """The gravest oddity."""
        return min(self.anomalies, key=list(Anomaly).index, default=None)

    @property
    def refused(self) -> bool:
        """Whether the table has no such transition."""
        return self.effect is Effect.REFUSED

    @property
    def stale(self) -> bool:
        """Whether it was older than what had been applied."""
        return self.effect is Effect.STALE

    @property
    def duplicate(self) -> bool:
        """Whether it was known already."""
        return self.effect is Effect.DUPLICATE

    @property
    def quarantined(self) -> bool:
        """Whether it was set aside because it cannot be true."""
        return self.effect is Effect.QUARANTINED

    @property
    def alert(self) -> bool:
        """Whether a person must hear of it."""
        return Demand.ALERT in self.asks

    @property
    def freeze(self) -> bool:
        """Whether the symbol must take no new risk."""
        return Demand.FREEZE in self.asks

    @property
    def halt(self) -> bool:
        """Whether the house must stop."""
        return Demand.HALT in self.asks

    @property
    def reconcile(self) -> bool:
        """Whether the broker should be asked soon."""
        return Demand.RECONCILE in self.asks
