"""What the policy service's tables say at a scrape: events and people that wait, and the audit's chains."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy import Connection, bindparam, func, literal, select, union_all

from policy.contracts import ReviewStatus
from policy.retention.anchors import ANCHOR_CHAIN
from policy.retention.tables import audit_anchors, kept_evaluations
from policy.stops.standing import stops_in_force
from policy.tables import audit_heads as heads
from policy.tables import outbox, permits, reviews
from policy.tables import policy_evaluations as evaluations
from policy.watching.gauges import age, gauge, gauges

_OUTBOX = select(func.count(), func.min(outbox.c.time)).where(~outbox.c.delivered)
_REVIEWS = select(func.count(), func.min(reviews.c.created_at)).where(
    reviews.c.status == ReviewStatus.PENDING.value
)
_HEADS = select(heads.c.chain, heads.c.seq, heads.c.hash).order_by(heads.c.chain)
_LINKS = union_all(
    *(
        select(hashed).where(chain == bindparam("chain"), number == bindparam("number"))
        for hashed, chain, number in (
            (evaluations.c.hash, evaluations.c.chain, evaluations.c.seq),
            (permits.c.hash, permits.c.chain, permits.c.seq),
            (kept_evaluations.c.hash, kept_evaluations.c.chain, kept_evaluations.c.seq),
            (audit_anchors.c.last_hash, audit_anchors.c.chain, audit_anchors.c.last_seq),
            (audit_anchors.c.hash, literal(ANCHOR_CHAIN), audit_anchors.c.number),
        )
    )
)
"""The hash of a chain's link, wherever retention has put it."""


def waiting_events(connection: Connection, at: datetime | None) -> Iterator[Metric]:
    """The outbox: how many events nobody has had, and how old the oldest is in the house's time."""
    count, oldest = connection.execute(_OUTBOX).one()
    yield gauge("trivet_outbox_undelivered", "events that are not delivered yet", count)
    yield from age("trivet_outbox_oldest_seconds", "age of the oldest undelivered event", oldest, at)


def waiting_reviews(connection: Connection, at: datetime | None) -> Iterator[Metric]:
    """Reviews that wait for a person, and since when."""
    count, oldest = connection.execute(_REVIEWS).one()
    yield gauge("trivet_reviews_pending", "reviews that wait for a person", count)
    yield from age("trivet_review_oldest_seconds", "age of the oldest pending review", oldest, at)


def standing_stops(connection: Connection, _at: datetime | None) -> Iterator[Metric]:
    """Every stop that stands: 1 for each scope with its state; what cannot be read counts as halted.

    The scope ``everything`` is always told, also while it is active, so that its absence means no answer.
    """
    family = GaugeMetricFamily("trivet_stops", "1 for each scope that stands so", labels=["scope", "state"])
    states = {str(one.scope): one.state.value for one in stops_in_force(connection)}
    for scope, state in ({"everything": "ACTIVE"} | states).items():
        family.add_metric([scope, state], 1)
    yield family


def audit_chains(connection: Connection, _at: datetime | None) -> Iterator[Metric]:
    """Every chain of the audit log: its length, and whether its last link is the one its head names.

    A cheap look at the end of each chain at every scrape; ``trivet audit verify`` walks them whole.
    """
    ends = connection.execute(_HEADS).all()
    lengths = {chain: float(seq) for chain, seq, _ in ends}
    yield gauges("trivet_audit_links", "links of each chain of the audit log", "chain", lengths)
    yield gauges(
        "trivet_audit_head_matches",
        "1 while a chain's last link is the one that its head names",
        "chain",
        {chain: float(_matches(connection, chain, seq, named)) for chain, seq, named in ends},
    )


def _matches(connection: Connection, chain: str, seq: int, named: str) -> bool:
    """Whether link ``seq`` is there and hashes to ``named``; a chain without links has nothing to show."""
    found = connection.scalars(_LINKS, {"chain": chain, "number": seq}).all()
    return seq == 0 or (bool(found) and all(one == named for one in found))
