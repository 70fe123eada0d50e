"""What the service counts and times, for ``/metrics``."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from policy.contracts import Decision
from policy.judge import ENGINE_DISAGREEMENT

_BATCHES = (1, 2, 4, 8, 16, 32, 64)
_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 2.0)


class Tally:
    """Counters of one service in a registry of their own, so that two in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._decisions = Counter(
            "trivet_evaluations", "decisions recorded", ["verdict", "source"], registry=self.registry
        )
        self._refusals = Counter(
            "trivet_refusals", "requests refused before judgement", ["code"], registry=self.registry
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

    def decided(self, decision: Decision) -> None:
        """Count one recorded decision."""
        self._decisions.labels(decision.decision, decision.source).inc()
        if any(reason.rule == ENGINE_DISAGREEMENT for reason in decision.reasons):
            self._disagreements.inc()

    def refused(self, code: str) -> None:
        """Count one refusal by its problem slug."""
        self._refusals.labels(code).inc()

    def committed(self, evaluations: int, seconds: float) -> None:
        """Note how many evaluations one commit carried and how long it took."""
        self._batches.observe(evaluations)
        self._seconds.observe(seconds)
