"""Whether a live house keeps up with its time and hears its market, at a scrape; no store is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.listener import LISTENING
from adapters.market.pacer import PacerStatus
from policy.ports import Clock
from policy.watching.gauges import gauge


class Paced(Protocol):
    """The pacer, as far as it is looked at."""

    @property
    def status(self) -> PacerStatus:
        """Where the house stands now."""
        ...


class Heard(Protocol):
    """The source, as far as it is looked at."""

    @property
    def state(self) -> str:
        """``listening``, or why its stream does not listen."""
        ...


@dataclass(frozen=True, eq=False)
class PaceGauges(Collector):
    """Gauges of ``pacer`` and of the stream of ``source``, by the house's clock."""

    pacer: Paced
    source: Heard
    clock: Clock

    def collect(self) -> Iterator[Metric]:
        """How long ago the pacer last came round, whether that failed, and whether the stream listens."""
        status = self.pacer.status
        idle = max(0.0, (self.clock.now() - status.looked_at).total_seconds())
        yield gauge("trivet_pacer_idle_seconds", "seconds since a live house last did what was due", idle)
        yield gauge("trivet_pacer_failing", "1 while what is due fails", float(status.state == "failing"))
        listens = float(self.source.state == LISTENING)
        yield gauge("trivet_market_stream_up", "1 while the market's stream is listened to", listens)
