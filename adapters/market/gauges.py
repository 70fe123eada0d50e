"""How old the quotes are, at a scrape; no store is asked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.ports import LatestQuotes
from policy.ports import Clock, Unanswered
from policy.watching.gauges import gauge, gauges, time_of


@dataclass(frozen=True)
class QuoteGauges(Collector):
    """Gauges of the quotes of ``symbols`` by the house's clock; where that is not known there are none.

    ``is_open`` says whether the exchange trades. A symbol that was never quoted has no age.
    """

    board: LatestQuotes
    symbols: Sequence[str]
    is_open: Callable[[datetime], bool]
    clock: Clock

    def collect(self) -> Iterator[Metric]:
        """Whether the market is open, and the age of each quote."""
        at = time_of(self.clock)
        if at is None:
            return
        yield gauge("trivet_market_open", "1 while the exchange trades", float(self.is_open(at)))
        with suppress(Unanswered):  # quotes that lie elsewhere and cannot be read have no age
            ages = self._ages(at)
            yield gauges("trivet_quote_age_seconds", "seconds since the last quote", "symbol", ages)

    def _ages(self, at: datetime) -> dict[str, float]:
        quotes = filter(None, map(self.board.latest, self.symbols))
        return {quote.symbol: max(0.0, (at - quote.at).total_seconds()) for quote in quotes}
