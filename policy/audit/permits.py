"""Walks the chains of permits: each as it was given, and each on a decision that allowed it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from policy.audit.chain import GENESIS, Head
from policy.permit_rows import CHAIN_PREFIX, permit_hash
from policy.retention.tables import known_decisions
from policy.tables import audit_heads as heads
from policy.tables import permits

Found = tuple[str, str, str]
"""Table, row, and what is wrong with it."""

_AT_ONCE = 500
_asked = known_decisions.alias("asked")
_stood = known_decisions.alias("stood")
_GRANTED = (
    select(permits, _asked.c.verdict.label("said"), _stood.c.verdict.label("stands"))
    .outerjoin(_asked, _asked.c.decision_id == permits.c.permit_id)
    .outerjoin(_stood, _stood.c.decision_id == permits.c.decision_id)
    .order_by(permits.c.chain, permits.c.seq)
)


def permit_flaws(connection: Connection) -> Iterator[Found]:
    """Every place where the permits on record are not what was given."""
    ends = select(heads).where(heads.c.chain.startswith(CHAIN_PREFIX, autoescape=True))
    expected = {row.chain: Head(row.seq, row.hash) for row in connection.execute(ends)}
    reached: dict[str, Head] = {}
    for row in connection.execute(_GRANTED, execution_options={"yield_per": _AT_ONCE}):
        yield from _flaws_of(row, reached.get(row.chain, Head(0, GENESIS)))
        reached[row.chain] = Head(row.seq, row.hash)
    for chain in sorted({*expected, *reached}):
        if expected.get(chain) != reached.get(chain, Head(0, GENESIS)):
            yield "audit_heads", chain, "the permits' chain does not end where its head says"


def _flaws_of(row: Row[Any], before: Head) -> Iterator[Found]:
    name = str(row.permit_id)
    if (row.seq, row.prev_hash) != (before.seq + 1, before.hash):
        yield "permits", name, "does not follow from the permit before it"
    if permit_hash({column.name: getattr(row, column.name) for column in permits.columns}) != row.hash:
        yield "permits", name, "was changed: its content does not give its hash"
    if row.kind == "signal" and (row.said, row.stands) != ("APPROVE", "APPROVE"):
        yield "permits", name, "rests on no approval that is on record"
