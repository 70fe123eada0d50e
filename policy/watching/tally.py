"""What services count and time for ``/metrics``: all of them their requests, policy its evaluations."""

from collections.abc import Callable
from itertools import product
from time import perf_counter
from typing import ParamSpec, TypeVar, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from policy.contracts import Decision, PackSet, VerdictWord
from policy.http.watch import HttpTally
from policy.judge import ENGINE_DISAGREEMENT

P = ParamSpec("P")
T = TypeVar("T")

_BATCHES = (1, 2, 4, 8, 16, 32, 64)
_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 2.0)
_PHASE_SECONDS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 2.0)


class WebTally:
    """What every service with an application counts, in a registry of its own.

    Two services in one process do not mix. Whatever else a process shows is registered there too.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.http = HttpTally()
        """What the application answered."""
        self.registry.register(self.http)
        self._refusals = Counter(
            "trivet_refusals", "requests refused, by problem", ["code"], registry=self.registry
        )

    def refused(self, code: str) -> None:
        """Count one refusal by its problem slug."""
        self._refusals.labels(code).inc()


class Tally(WebTally):
    """What the policy service counts and times besides.

    ``trivet_evaluation_seconds`` has the time that went into each phase: validation of one request, the
    engine's judgement of one signal, and the database's part of one transaction, which many signals
    share. So the phases' sums compare, and their counts do not.
    """

    def __init__(self) -> None:
        super().__init__()
        self._decisions = Counter(
            "trivet_evaluations", "decisions recorded", ["verdict", "source"], registry=self.registry
        )
        self._hits = Counter(
            "trivet_rule_hits", "objections by rule", ["rule", "verdict"], registry=self.registry
        )
        self._disagreements = Counter(
            "trivet_engine_disagreements", "the two evaluators differed", registry=self.registry
        )
        self._batches = Histogram(
            "trivet_commit_batch", "evaluations per commit", buckets=_BATCHES, registry=self.registry
        )
        self._seconds = Histogram(
            "trivet_commit_seconds", "seconds from claim to commit", buckets=_SECONDS, registry=self.registry
        )
        self._waiting = Gauge(
            "trivet_writer_queue", "evaluations that wait for the writer", registry=self.registry
        )
        self._most_waiting = Gauge(
            "trivet_writer_queue_capacity", "evaluations that may wait before a 503", registry=self.registry
        )
        for verdict, source in product(get_args(VerdictWord), get_args(PackSet)):
            self._decisions.labels(verdict, source)  # from nothing to 1 would be no increase for who watches
        self._time_phases()

    def _time_phases(self) -> None:
        phases = Histogram(
            "trivet_evaluation_seconds",
            "seconds of evaluation by phase: validation and engine of one signal, database of one commit",
            ["phase"],
            buckets=_PHASE_SECONDS,
            registry=self.registry,
        )
        self.validated: Callable[[float], None] = phases.labels("validation").observe
        """Note the seconds that reading one request took."""
        self.judged: Callable[[float], None] = phases.labels("engine").observe
        """Note the seconds that the rules took over one signal."""
        self.stored: Callable[[float], None] = phases.labels("database").observe
        """Note the seconds of one transaction that were not the rules'."""

    def decided(self, decision: Decision) -> None:
        """Count one recorded decision and what objected."""
        self._decisions.labels(decision.decision, decision.source).inc()
        for reason in decision.reasons:
            self._hits.labels(reason.rule, reason.decision).inc()
            if reason.rule == ENGINE_DISAGREEMENT:
                self._disagreements.inc()

    def committed(self, evaluations: int, seconds: float) -> None:
        """Note how many evaluations one commit carried and how long it took."""
        self._batches.observe(evaluations)
        self._seconds.observe(seconds)

    def queue(self, depth: Callable[[], float], capacity: int) -> None:
        """Show how many wait for the writer, asked at each scrape, and how many may."""
        self._waiting.set_function(depth)
        self._most_waiting.set(capacity)


class Stopwatch:
    """Parts the seconds of one transaction, from now on, into the rules' and the database's."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._judging = 0.0
        self._started = perf_counter()

    def judging(self, judge: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``judge`` gives; its time is the rules'."""
        started = perf_counter()
        answer = judge(*args, **kwargs)
        seconds = perf_counter() - started
        self._tally.judged(seconds)
        self._judging += seconds
        return answer

    def committed(self) -> None:
        """The transaction is durable: what the rules did not take was the database's."""
        self._tally.stored(perf_counter() - self._started - self._judging)
