"""Figures that lie in a store, read when a scrape asks for them and never later than a scrape can wait."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime

import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, text

from policy.ports import Clock, Unanswered
from policy.store import reading

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 2.0

Figures = Callable[[Connection, datetime | None], Iterable[Metric]]
"""Reads gauges in one transaction as of the house's time; what needs a time is left out where it is None."""


class StoreGauges(Collector):
    """Gauges of one store. A store that is away, or too slow, takes nothing from the page but them.

    Then ``trivet_store_up`` is 0. At most one look is at work: while one hangs, no other is begun.
    """

    def __init__(
        self, store: Engine, clock: Clock, figures: Sequence[Figures], patience: float = PATIENCE_SECONDS
    ) -> None:
        self._store = store
        self._clock = clock
        self._figures = figures
        self._patience = patience
        self._one_scrape = threading.Lock()
        self._looking: threading.Thread | None = None

    def collect(self) -> Iterator[Metric]:
        """Whether the store answers, and what it says."""
        with self._one_scrape:
            found = self._seen()
        yield gauge("trivet_store_up", "1 while the store answers in time", float(found is not None))
        yield from found or ()

    def _seen(self) -> list[Metric] | None:
        if self._looking is not None and self._looking.is_alive():
            return None
        seen: Future[list[Metric]] = Future()
        self._looking = threading.Thread(target=self._look, args=(seen,), name="gauges", daemon=True)
        self._looking.start()
        try:
            return seen.result(self._patience)
        except Exception as error:  # whatever it is, the other metrics must still be served
            log.warning("the store cannot be asked for its figures", error=repr(error))
            return None

    def _look(self, seen: "Future[list[Metric]]") -> None:
        try:
            seen.set_result(self._read())
        except Exception as error:  # told to the one who waits
            seen.set_exception(error)

    def _read(self) -> list[Metric]:
        at = time_of(self._clock)
        with reading(self._store) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL statement_timeout = {int(self._patience * 1000)}"))
            return [metric for read in self._figures for metric in read(connection, at)]


def gauge(name: str, told: str, value: float) -> Metric:
    """A gauge of one value."""
    return GaugeMetricFamily(name, told, value=value)


def gauges(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    """A gauge with a value for each value of ``label``."""
    family = GaugeMetricFamily(name, told, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family


def time_of(clock: Clock) -> datetime | None:
    """The house's time; None where it is not known."""
    try:
        return clock.now()
    except Unanswered:  # ages cannot be told then, all else can
        return None


def age(name: str, told: str, since: datetime | None, at: datetime | None) -> Iterator[Metric]:
    """Seconds from ``since`` to ``at``: 0 where nothing waits, and no gauge where the time is not known."""
    if at is not None:
        yield gauge(name, told, max(0.0, (at - since).total_seconds()) if since is not None else 0.0)
