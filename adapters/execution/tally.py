"""What the execution service counts, for ``/metrics``: how orders move, what is booked, what was repaired."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from prometheus_client import Counter, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.execution.anomalies import DEMANDS, Anomaly, Demand
from adapters.execution.order import ExecutionKind
from adapters.execution.step import Step


class OrderTally(Collector):
    """Counters of one execution service; register it where the page of its process is made.

    Every label is a word of the house's own: states, kinds of booking, anomalies, kinds of repair.
    """

    def __init__(self) -> None:
        self._moves = Counter(
            "trivet_order_transitions",
            "orders that went from one state to another",
            ["from_state", "to_state"],
            registry=None,
        )
        self._fills = Counter("trivet_fills", "bookings to position and cash", ["kind"], registry=None)
        self._alerts = Counter(
            "trivet_execution_alerts", "what a person has to look at", ["what"], registry=None
        )
        self._looks = Counter(
            "trivet_reconciliations", "looks at the broker's account", ["outcome"], registry=None
        )
        self._repairs = Counter(
            "trivet_reconciliation_repairs", "differences that were acted on", ["kind"], registry=None
        )
        self._settled = Gauge(
            "trivet_books_settled",
            "1 while the books are known to be the broker's; else only exits are sent",
            registry=None,
        )
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """What was never seen shows as 0: from nothing to 1 would be no increase for who watches."""
        _zeros(self._fills, get_args(ExecutionKind))
        _zeros(self._alerts, [one.value for one in Anomaly if Demand.ALERT in DEMANDS[one]])
        _zeros(self._looks, ("answered", "silent"))
        _zeros(self._repairs, ("told", "asked", "adopted", "frozen", "outlived"))

    def stepped(self, steps: Sequence[Step]) -> None:
        """Count what is on record of one order: its moves, its bookings, and what is odd about them."""
        for step in steps:
            before = step.from_state.value if step.from_state else "none"
            if before != step.order.state.value:
                self._moves.labels(before, step.order.state.value).inc()
            for booking in step.bookings:
                self._fills.labels(booking.kind).inc()
            if step.alert and step.anomaly is not None:
                self._alerts.labels(step.anomaly.value).inc()

    def alerted(self, what: str) -> None:
        """Count what needs a person and belongs to no single order."""
        self._alerts.labels(what).inc()

    def looked(self, *, answered: bool) -> None:
        """Count one look at the broker's account, and whether the broker answered."""
        self._looks.labels("answered" if answered else "silent").inc()

    def settled(self, are_settled: bool) -> None:
        """Whether new risk may be taken, since the books are the broker's."""
        self._settled.set(are_settled)

    def repaired(self, kind: str) -> None:
        """Count one difference that was acted on.

        ``told``: the broker's totals were applied; ``asked``: one order was asked for; ``adopted``: an order
        that only the broker had is kept; ``frozen``: nothing explains it, so nothing more is risked there;
        ``outlived``: what a person had explained differs no more.
        """
        self._repairs.labels(kind).inc()

    def collect(self) -> Iterator[Metric]:
        """Every counter, and whether the books are settled."""
        counters = (self._moves, self._fills, self._alerts, self._looks, self._repairs)
        for one in (*counters, self._settled):
            yield from one.collect()


def _zeros(counter: Counter, words: Iterable[str]) -> None:
    for word in words:
        counter.labels(word)
