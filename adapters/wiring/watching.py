"""What each process shows on ``/metrics``: its own counters, and what its tables, book and quotes say."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from adapters.execution.gauges import frozen, working_orders
from adapters.market.gauges import QuoteGauges
from adapters.portfolio.gauges import BookGauges
from adapters.wiring.house import House
from policy.ports import Clock
from policy.record import engine_version
from policy.watching.gauges import Figures, StoreGauges
from policy.watching.store_figures import (
    audit_chains,
    standing_stops,
    waiting_events,
    waiting_reviews,
)
from policy.watching.tally import WebTally

POLICY_FIGURES: Sequence[Figures] = (waiting_events, waiting_reviews, standing_stops, audit_chains)
EXECUTION_FIGURES: Sequence[Figures] = (working_orders, frozen)
PLAYER_FIGURES: Sequence[Figures] = (waiting_events,)


class Build(Collector):
    """Which version of which service this is."""

    def __init__(self, service: str) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Always 1; what it tells is in its labels."""
        family = GaugeMetricFamily("trivet_build_info", "what is running", labels=["service", "version"])
        family.add_metric([self._service, engine_version()], 1)
        yield family


def show(
    tally: WebTally,
    service: str,
    store: Engine,
    clock: Clock,
    figures: Sequence[Figures],
    further: Iterable[Collector] = (),
) -> None:
    """Let the page of ``tally`` tell of ``service``: its build, its process, its store, and ``further``."""
    for collector in (Build(service), StoreGauges(store, clock, figures), *further):
        tally.registry.register(collector)
    ProcessCollector(registry=tally.registry)


def show_house(house: House, moved: Iterable[Collector] = ()) -> None:
    """Let the one page of a house tell of all its services, and ``moved`` of what moves it."""
    recording = house.recording
    quotes = QuoteGauges(house.board, recording.tape.symbols, recording.calendar.is_open, house.clock)
    tallies = (house.execution.tally, house.reasons.tally, house.intake.tally)
    further = (*tallies, BookGauges(house.portfolio), quotes, *moved)
    figures = (*POLICY_FIGURES, *EXECUTION_FIGURES)
    show(house.policy.tally, "house", house.store, house.clock, figures, further)
