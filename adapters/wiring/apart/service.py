"""What a process apart is: a seat, and what is served beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from prometheus_client.registry import Collector

from adapters.wiring.apart.seat import Seat
from policy.service import PolicyService
from policy.watching.gauges import Figures


@dataclass(frozen=True)
class Service:
    """A seat with what it serves over HTTP; ``policy`` where its whole API is served.

    ``figures`` of the store and ``collectors`` are what its page shows beside what every page does.
    """

    seat: Seat = field(default_factory=Seat)
    routers: Sequence[APIRouter] = ()
    policy: PolicyService | None = None
    figures: Sequence[Figures] = ()
    collectors: Sequence[Collector] = ()

    def closing(self) -> None:
        """Accept nothing more: the process is about to end."""
        if self.policy is not None:
            self.policy.writer.close()
