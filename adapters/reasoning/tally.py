"""What the reasoning service counts, for ``/metrics``: memos, their time, tokens and dollars, the breaker."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.reasoning.breaker import BreakerState
from adapters.reasoning.mind import Attempt, Mind, Thought
from adapters.reasoning.reasons import FAILED, SKIPPED

_SECONDS = (0.001, 0.01, 0.1, 0.5, 1, 2, 4, 8, 12, 15, 20)
_NO_REASON = "none"


class MemoTally(Collector):
    """Counters of one reasoning service; register it where the page of its process is made.

    ``breaker`` tells how the breaker stands, for a mind that has one. ``reason`` is a code of the house's
    own, ``none`` with an opinion.
    """

    def __init__(self, mind: Mind, breaker: Callable[[], BreakerState] | None = None) -> None:
        self._reasoner = mind.name
        self._memos = Counter(
            "trivet_memos", "memos on record", ["reasoner", "status", "reason"], registry=None
        )
        self._seconds = Histogram(
            "trivet_memo_seconds", "seconds from question to memo", buckets=_SECONDS, registry=None
        )
        self._slow = Counter("trivet_memos_slow", "memos beyond the soft time-out", registry=None)
        self._repairs = Counter("trivet_memo_repairs", "askings for a repair", registry=None)
        self._tokens = Counter(
            "trivet_memo_tokens", "tokens, as providers count", ["direction"], registry=None
        )
        self._dollars = Counter(
            "trivet_memo_dollars", "what tokens cost, where prices are set", registry=None
        )
        self._breaker = Gauge(
            "trivet_reasoner_breaker",
            "0 while the provider is asked, 1 while one asking tries it, 2 while it is not asked",
            registry=None,
        )
        if breaker is not None:
            self._breaker.set_function(lambda: float(breaker()))
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """What was never seen shows as 0: from nothing to 1 would be no increase for who watches."""
        self._memos.labels(self._reasoner, "OK", _NO_REASON)
        for status, reasons in (("FAILED", FAILED), ("SKIPPED", SKIPPED)):
            for reason in reasons:
                self._memos.labels(self._reasoner, status, reason)
        for direction in ("input", "output"):
            self._tokens.labels(direction)

    def thought(self, thought: Thought) -> None:
        """Count one memo that is on record."""
        self._memos.labels(self._reasoner, thought.status, thought.reason or _NO_REASON).inc()
        self._seconds.observe(thought.seconds)
        self._slow.inc(thought.slow)
        self._asked(thought.attempts)

    def _asked(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            self._repairs.inc(attempt.repair)
            self._tokens.labels("input").inc(attempt.input_tokens or 0)
            self._tokens.labels("output").inc(attempt.output_tokens or 0)
            self._dollars.inc(float(attempt.cost or 0))

    def collect(self) -> Iterator[Metric]:
        """Every counter, the times, and how the breaker stands."""
        counters = (self._memos, self._slow, self._repairs, self._tokens, self._dollars)
        for one in (*counters, self._seconds, self._breaker):
            yield from one.collect()
