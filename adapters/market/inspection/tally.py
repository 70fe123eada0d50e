"""What one process has inspected, counted: by source for ``/metrics``, by symbol for those who ask."""

from collections import Counter as Counts
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from threading import Lock

from prometheus_client import Counter
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.market.inspection.outcome import Fault, Held, Quarantined
from adapters.market.source import RawQuote
from policy.contracts import Quote
from policy.watching.gauges import gauge

ACCEPTED = "accepted"
_OUTCOMES = (ACCEPTED, *Fault)


class QuoteTally(Collector):
    """Counts of quotes since the process began; ``held`` gives the levels that wait for somebody."""

    def __init__(self, source: str, held: Callable[[], Mapping[str, Held]]) -> None:
        self._quotes = Counter(
            "trivet_quotes",
            "quotes that were inspected, by what came of it",
            ["source", "outcome"],
            registry=None,
        )
        for outcome in _OUTCOMES:  # from nothing to 1 would be no increase for who watches
            self._quotes.labels(source, outcome)
        self._held = held
        self._of_symbols: dict[str, Counts[str]] = {}
        self._one_writer = Lock()

    def took(self, source: str, accepted: Collection[Quote]) -> None:
        """Count quotes that were let in."""
        if accepted:
            self._quotes.labels(source, ACCEPTED).inc(len(accepted))
            self._count((quote.symbol, ACCEPTED) for quote in accepted)

    def refused(self, found: Iterable[Quarantined]) -> None:
        """Count quotes that were not; bars are told apart in the quarantine alone."""
        quotes = [one for one in found if isinstance(one.raw, RawQuote)]
        for (source, fault), times in Counts((one.raw.source, one.fault) for one in quotes).items():
            self._quotes.labels(source, fault.value).inc(times)
        self._count((one.symbol or "", one.fault.value) for one in quotes)

    def of(self, symbol: str) -> Mapping[str, int]:
        """How many quotes of ``symbol`` had which outcome; those of no symbol of ours are under ""."""
        with self._one_writer:
            return dict(self._of_symbols.get(symbol, {}))

    def collect(self) -> Iterator[Metric]:
        """The counter of quotes, and how many symbols are held."""
        yield from self._quotes.collect()
        told = "symbols whose jump nobody has explained yet"
        yield gauge("trivet_symbols_held", told, float(len(self._held())))

    def _count(self, outcomes: Iterable[tuple[str, str]]) -> None:
        with self._one_writer:
            for symbol, outcome in outcomes:
                self._of_symbols.setdefault(symbol, Counts())[outcome] += 1
