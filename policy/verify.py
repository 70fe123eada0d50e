"""Walks the audit log and reports everything that is not as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, and_, bindparam, exists, func, select

from policy.audit import GENESIS, Head, link_hash
from policy.contracts import ReviewStatus
from policy.decisions import decision_of, recorded_judgement
from policy.permit_rows import CHAIN_PREFIX
from policy.record import Finding, hit_rows
from policy.store import reading
from policy.tables import audit_heads as heads
from policy.tables import decided_signals as claims
from policy.tables import policy_evaluations as evaluations
from policy.tables import policy_rule_hits as hits
from policy.tables import reviews
from policy.verify_permits import permit_flaws

_AT_ONCE = 500
_LINKS = select(evaluations).order_by(evaluations.c.chain, evaluations.c.seq)
_BY_ID = select(evaluations).order_by(evaluations.c.id)
_CLAIMS = select(claims).where(claims.c.signal_id.in_(bindparam("signals", expanding=True)))
_OF_LINK = and_(hits.c.chain == evaluations.c.chain, hits.c.seq == evaluations.c.seq)
_HITS = (
    select(evaluations.c.id, hits)
    .join(hits, _OF_LINK)
    .where(evaluations.c.id.between(bindparam("first"), bindparam("last")))
    .order_by(hits.c.chain, hits.c.seq, hits.c.position)
)
_REVIEWED = ("review_id", "decision_id", "status", "answered_by")
_DECIDES = {ReviewStatus.APPROVED.value: "APPROVE", ReviewStatus.REJECTED.value: "REJECT"}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One place where the log is not what was written: the table, the row, and what is wrong."""

    table: str
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.what}"


def verify(store: Engine) -> list[Flaw]:
    """Every flaw of the whole log; an empty list means that it is as it was written.

    Whoever rewrites every table alike, heads and claims included, is not found out:
    for that a copy of the heads has to be kept elsewhere.
    """
    with reading(store) as connection:
        return [
            *_chain_flaws(connection),
            *_content_flaws(connection),
            *_orphans(connection),
            *_review_flaws(connection),
            *(Flaw(*found) for found in permit_flaws(connection)),
        ]


def length(store: Engine) -> int:
    """How many evaluations the log holds."""
    with reading(store) as connection:
        return connection.scalar(select(func.count()).select_from(evaluations)) or 0


def _chain_flaws(connection: Connection) -> Iterator[Flaw]:
    ours = ~heads.c.chain.startswith(CHAIN_PREFIX, autoescape=True)
    expected = {row.chain: Head(row.seq, row.hash) for row in connection.execute(select(heads).where(ours))}
    reached: dict[str, Head] = {}
    for row in _stream(connection, _LINKS):
        before = reached.get(row.chain, Head(0, GENESIS))
        yield from _link_flaws(row, before)
        reached[row.chain] = Head(row.seq, row.hash)
    for chain in sorted({*expected, *reached}):
        if expected.get(chain) != reached.get(chain, Head(0, GENESIS)):
            yield Flaw("audit_heads", chain, _ends(expected.get(chain), reached.get(chain)))


def _link_flaws(row: Row[Any], before: Head) -> Iterator[Flaw]:
    name = f"{row.decision_id} ({row.chain} {row.seq})"
    if row.seq != before.seq + 1:
        yield Flaw("policy_evaluations", name, f"follows link {before.seq}: links are missing or moved")
    elif row.prev_hash != before.hash:
        yield Flaw("policy_evaluations", name, "does not follow from the link before it")
    if link_hash(dict(zip(evaluations.columns.keys(), row, strict=True))) != row.hash:
        yield Flaw("policy_evaluations", name, "was changed: its content does not give its hash")


def _ends(head: Head | None, last: Head | None) -> str:
    if head is None:
        return "the head is missing"
    if last is None or last.seq < head.seq:
        return f"the chain should have {head.seq} links and ends at {last.seq if last else 0}"
    return f"the head names link {head.seq}, the chain ends at {last.seq} with another hash"


def _content_flaws(connection: Connection) -> Iterator[Flaw]:
    """What belongs to each evaluation and is kept elsewhere: its claim and its rule hits."""
    rows = connection.execute(_BY_ID, execution_options={"yield_per": _AT_ONCE})
    for part in rows.partitions():
        signals = [row.signal_id for row in part]
        held = {row.decision_id: row for row in connection.execute(_CLAIMS, {"signals": signals})}
        told: dict[int, list[dict[str, Any]]] = {}
        for number, *hit in connection.execute(_HITS, {"first": part[0].id, "last": part[-1].id}):
            told.setdefault(number, []).append(dict(zip(hits.columns.keys(), hit, strict=True)))
        for row in part:
            yield from _belongings(row, held.get(row.decision_id), told.get(row.id, []))


def _belongings(row: Row[Any], claim: Row[Any] | None, told: list[dict[str, Any]]) -> Iterator[Flaw]:
    name = str(row.decision_id)
    try:
        judgement = recorded_judgement(row, row.evaluated_at)
        body_hash = judgement.proposal.body_hash()
        expected = hit_rows(Finding(judgement, decision_of(row), row.facts_source), row.chain, row.seq)
    except Exception as error:  # a record that was tampered with can be wrong in any way
        yield Flaw("policy_evaluations", name, f"cannot be read: {error!r}")
        return
    if told != expected:
        yield Flaw("policy_rule_hits", name, "are not the hits of the recorded outcome")
    if row.supersedes is None and row.purpose is None and claim is None:
        yield Flaw("policy_evaluations", name, "has no claim in decided_signals")
    if claim is not None and (claim.signal_id, claim.body_hash) != (row.signal_id, body_hash):
        yield Flaw("decided_signals", str(claim.signal_id), "does not belong to the decision it names")


def _orphans(connection: Connection) -> Iterator[Flaw]:
    """What names a decision that is not there."""
    for table, key, what in (
        (claims, claims.c.signal_id, "is claimed, but its decision is gone"),
        (hits, hits.c.decision_id, "are hits of a decision that is gone"),
        (reviews, reviews.c.review_id, "waits on a decision that is gone"),
    ):
        there = exists().where(evaluations.c.decision_id == table.c.decision_id)
        for row in connection.scalars(select(key).where(~there).distinct().order_by(key)):
            yield Flaw(table.name, str(row), what)


def _review_flaws(connection: Connection) -> Iterator[Flaw]:
    """A person's answer and the decision it made must tell the same."""
    answer = evaluations.alias("answer")
    both = reviews.outerjoin(answer, answer.c.decision_id == reviews.c.answer_id)
    told = (answer.c.verdict, answer.c.answered_by.label("decided_by"), answer.c.supersedes)
    columns = select(*(reviews.c[name] for name in _REVIEWED), *told).select_from(both)
    for row in connection.execute(columns.order_by(reviews.c.review_id)):
        expected = _DECIDES.get(row.status), row.answered_by, _superseded(row)
        if expected != (row.verdict, row.decided_by, row.supersedes):
            yield Flaw("reviews", str(row.review_id), f"is {row.status}, which its decisions do not bear out")


def _superseded(row: Any) -> UUID | None:
    """The decision that a review's answer supersedes; none while nobody has answered."""
    return row.decision_id if row.status in _DECIDES else None


def _stream(connection: Connection, query: Any) -> Iterator[Row[Any]]:
    yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE})
