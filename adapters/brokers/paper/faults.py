"""What goes wrong at the paper broker: a seeded script, the same for an order whenever it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from uuid import UUID


class Fault(StrEnum):
    """Everything that can be made to go wrong; each is drawn for every order by itself."""

    DELAYED_ACKNOWLEDGEMENT = "delayed-acknowledgement"
    """The acknowledgement is delivered one step late, ahead of that step's fills."""
    LOST_ACKNOWLEDGEMENT = "lost-acknowledgement"
    """The acknowledgement is never delivered; fills and the broker's own view still tell of the order."""
    EARLY_FILL = "early-fill"
    """The acknowledgement is delivered one step late, behind that step's fills: out of order."""
    DUPLICATE_FILL = "duplicate-fill"
    """Every fill of the order is told twice."""
    LATE_FILL = "late-fill"
    """Fills are told one or two steps late; the broker's own view has them at once."""
    SILENT_TAKEN = "silent-taken"
    """The connection breaks after the order was taken."""
    SILENT_LOST = "silent-lost"
    """The connection breaks before the order arrives."""
    RISK_REJECT = "risk-reject"
    """The broker's own risk desk rejects the order."""
    UNSOLICITED_CANCEL = "unsolicited-cancel"
    """The broker cancels the order before it could trade."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault strikes, by the words of ``Fault``: fractions of all orders, drawn from ``seed``.

    Raises ValueError for a rate that is no fraction or belongs to no fault.
    """

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.rates) - set(Fault))
        if unknown:
            raise ValueError(
                f"the paper broker knows no fault {unknown[0]!r}; choose from {', '.join(Fault)}"
            )
        for kind, rate in sorted(self.rates.items()):
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {kind} must lie from 0 to 1, not {rate!r}")

    def strikes(self, fault: Fault, client_order_id: UUID) -> bool:
        """Whether ``fault`` befalls the order."""
        return self.draw(fault, client_order_id) < self.rates.get(fault, 0.0)

    def draw(self, what: str, client_order_id: UUID) -> float:
        """A number from 0 to below 1 that belongs to the order and ``what``, the same on every run."""
        return Random(f"{self.seed}/{what}/{client_order_id}").random()  # noqa: S311 - replayable


NO_FAULTS = Faults()
