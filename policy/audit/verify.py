"""Walks the audit log and reports everything that is not as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, Table, and_, bindparam, exists, func, select

from policy.audit.chains import anchor_flaws, chain_flaws
from policy.audit.memos import lost_memos, memo_flaws
from policy.audit.permits import permit_flaws
from policy.contracts import ReviewStatus
from policy.decisions import decision_of, recorded_judgement
from policy.record import Finding, hit_rows
from policy.retention.tables import kept_evaluations, kept_rule_hits, known_decisions, retired_decisions
from policy.store import reading, reading_at_once
from policy.tables import decided_signals as claims
from policy.tables import policy_evaluations as evaluations
from policy.tables import policy_rule_hits as hits
from policy.tables import reviews

_AT_ONCE = 500
_CLAIMS = select(claims).where(claims.c.signal_id.in_(bindparam("signals", expanding=True)))
_RECORDS = ((evaluations, hits), (kept_evaluations, kept_rule_hits))
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
    for that a copy of the heads has to be kept elsewhere. Decisions go on meanwhile; retention has to wait.
    """
    with reading_at_once(store, evaluations, hits) as connection:
        return [
            *(Flaw(*found) for found in chain_flaws(connection)),
            *(Flaw(*found) for found in anchor_flaws(connection)),
            *(flaw for record in _RECORDS for flaw in _content_flaws(connection, *record)),
            *_repeated(connection),
            *_orphans(connection),
            *_lost_claims(connection),
            *_review_flaws(connection),
            *(Flaw(*found) for found in permit_flaws(connection)),
            *(Flaw(*found) for found in memo_flaws(connection)),
        ]


def length(store: Engine) -> int:
    """How many evaluations the log holds, those kept aside included."""
    with reading(store) as connection:
        counts = [connection.scalar(select(func.count()).select_from(table)) for table, _ in _RECORDS]
        return sum(count or 0 for count in counts)


def _content_flaws(connection: Connection, log: Table, told_of: Table) -> Iterator[Flaw]:
    """What belongs to each evaluation of ``log`` and is kept elsewhere: its claim, its hits, its memo."""
    hits_between = _hits_between(log, told_of)
    rows = connection.execute(select(log).order_by(log.c.id), execution_options={"yield_per": _AT_ONCE})
    for part in rows.partitions():
        signals = [row.signal_id for row in part]
        held = {row.decision_id: row for row in connection.execute(_CLAIMS, {"signals": signals})}
        told: dict[int, list[dict[str, Any]]] = {}
        for number, *hit in connection.execute(hits_between, {"first": part[0].id, "last": part[-1].id}):
            told.setdefault(number, []).append(dict(zip(hits.columns.keys(), hit, strict=True)))
        for row in part:
            yield from _belongings(row, held.get(row.decision_id), told.get(row.id, []))
        yield from (Flaw(*found) for found in lost_memos(connection, part))


def _hits_between(log: Table, told_of: Table) -> Select[Any]:
    link = and_(told_of.c.chain == log.c.chain, told_of.c.seq == log.c.seq)
    return (
        select(log.c.id, told_of)
        .join(told_of, and_(link, told_of.c.evaluated_at == log.c.evaluated_at))
        .where(log.c.id.between(bindparam("first"), bindparam("last")))
        .order_by(told_of.c.chain, told_of.c.seq, told_of.c.position)
    )


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
    everywhere, kept_hits = (evaluations, kept_evaluations, retired_decisions), kept_rule_hits
    for table, key, logs, what in (
        (claims, claims.c.signal_id, everywhere, "is claimed, but its decision is gone"),
        (hits, hits.c.decision_id, (evaluations,), "are hits of a decision that is gone"),
        (kept_hits, kept_hits.c.decision_id, (kept_evaluations,), "are hits of a decision that is gone"),
        (reviews, reviews.c.review_id, everywhere, "waits on a decision that is gone"),
    ):
        gone = [~exists().where(log.c.decision_id == table.c.decision_id) for log in logs]
        for row in connection.scalars(select(key).where(*gone).distinct().order_by(key)):
            yield Flaw(table.name, str(row), what)


def _repeated(connection: Connection) -> Iterator[Flaw]:
    """Decisions that are on record more than once, which no unique key over all months can rule out."""
    ids = known_decisions.c.decision_id
    again = select(ids).group_by(ids).having(func.count() > 1).order_by(ids)
    for row in connection.scalars(again):
        yield Flaw("policy_evaluations", str(row), "is on record more than once")


def _lost_claims(connection: Connection) -> Iterator[Flaw]:
    """Decided signals whose claim is gone, so that they could be decided again."""
    left = retired_decisions.c
    claimed = exists().where(claims.c.signal_id == left.signal_id, claims.c.decision_id == left.decision_id)
    unclaimed = select(left.decision_id).where(left.supersedes.is_(None), left.purpose.is_(None), ~claimed)
    for row in connection.scalars(unclaimed.order_by(left.decision_id)):
        yield Flaw("retired_decisions", str(row), "has no claim in decided_signals")


def _review_flaws(connection: Connection) -> Iterator[Flaw]:
    """A person's answer and the decision it made must tell the same."""
    answer = known_decisions.alias("answer")
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
