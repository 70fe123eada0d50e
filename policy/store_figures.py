"""What the policy service's tables say at a scrape: events and people that wait, and the audit's chains."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, and_, func, select

from policy.contracts import ReviewStatus
from policy.gauges import age, gauge, gauges
from policy.tables import audit_heads as heads
from policy.tables import outbox, permits, reviews
from policy.tables import policy_evaluations as evaluations

_OUTBOX = select(func.count(), func.min(outbox.c.time)).where(~outbox.c.delivered)
_REVIEWS = select(func.count(), func.min(reviews.c.created_at)).where(
    reviews.c.status == ReviewStatus.PENDING.value
)
_ENDS = (
    select(heads.c.chain, heads.c.seq, heads.c.hash, func.coalesce(evaluations.c.hash, permits.c.hash))
    .outerjoin(evaluations, and_(evaluations.c.chain == heads.c.chain, evaluations.c.seq == heads.c.seq))
    .outerjoin(permits, and_(permits.c.chain == heads.c.chain, permits.c.seq == heads.c.seq))
)


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


def audit_chains(connection: Connection, _at: datetime | None) -> Iterator[Metric]:
    """Every chain of the audit log: its length, and whether its last link is the one its head names.

    A cheap look at the end of each chain at every scrape; ``trivet audit verify`` walks them whole.
    """
    ends = connection.execute(_ENDS).all()
    yield gauges(
        "trivet_audit_links",
        "links of each chain of the audit log",
        "chain",
        {end[0]: end[1] for end in ends},
    )
    yield gauges(
        "trivet_audit_head_matches",
        "1 while a chain's last link is the one that its head names",
        "chain",
        {chain: float(seq == 0 or named == found) for chain, seq, named, found in ends},
    )
