"""Decisions read back: one, many, and as they were answered."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, func, literal, select, tuple_

from engine import Verdict
from policy.canonical import canonical
from policy.claims import held
from policy.contracts import CapApplied, Decision, MemoRef, PackRef, Reason, VerdictWord
from policy.judge import Judgement
from policy.problems import Problem
from policy.proposal import Proposal
from policy.retention.tables import kept_evaluations, retired_decisions
from policy.shelf import InForce
from policy.tables import policy_evaluations as evaluations
from policy.tables import reviews

_SOME = select(evaluations).where(evaluations.c.decision_id.in_(bindparam("ids", expanding=True)))
_KEPT = select(kept_evaluations).where(kept_evaluations.c.decision_id.in_(bindparam("ids", expanding=True)))
_RETIRED = select(exists().where(retired_decisions.c.decision_id == bindparam("decision")))
_ANSWER = select(reviews.c.answer_id).where(reviews.c.decision_id == bindparam("decision"))
_NEWEST_FIRST = (
    select(evaluations)
    .where(evaluations.c.purpose.is_(None))
    .order_by(evaluations.c.evaluated_at.desc(), evaluations.c.id.desc())
)


def rows_of(connection: Connection, ids: Sequence[UUID]) -> Mapping[UUID, Row[Any]]:
    """The recorded evaluations of ``ids`` by decision id, kept aside or not; what is gone is left out."""
    rows = connection.execute(_SOME, {"ids": list(ids)}) if ids else ()
    found = {row.decision_id: row for row in rows}
    if elsewhere := [one for one in ids if one not in found]:
        found |= {row.decision_id: row for row in connection.execute(_KEPT, {"ids": elsewhere})}
    return found


def is_retired(connection: Connection, decision_id: UUID) -> bool:
    """Whether the decision was made and its record has been dropped since."""
    return bool(connection.scalar(_RETIRED, {"decision": decision_id}))


def retired(decision_id: UUID) -> Problem:
    """The 410 for a decision whose record has been dropped."""
    return Problem(
        410,
        "decision-retired",
        f"decision {decision_id} was made and its record has been retired; a backup of its time still has it",
    )


def newest_first(
    connection: Connection,
    *,
    symbol: str | None,
    decision: VerdictWord | None,
    since: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Row[Any]]:
    """At most ``limit`` decisions that pass every filter given; ``before`` is the one to go on from.

    Where that one has been retired, everything older has been, too, and nothing is found.
    """
    query = _NEWEST_FIRST.limit(limit)
    if symbol is not None:
        query = query.where(evaluations.c.symbol == symbol)
    if decision is not None:
        query = query.where(evaluations.c.verdict == decision)
    if since is not None:
        query = query.where(evaluations.c.evaluated_at >= since)
    if before is not None:
        last = rows_of(connection, [before]).get(before)
        if last is None:
            return []
        query = query.where(_older_than(last))
    return list(connection.execute(query))


def _older_than(row: Row[Any]) -> ColumnElement[bool]:
    """The first condition follows from the second; it lets Postgres leave out younger months."""
    at, number = evaluations.c.evaluated_at, evaluations.c.id
    place = tuple_(literal(row.evaluated_at, at.type), literal(row.id, number.type))
    return and_(at <= row.evaluated_at, tuple_(at, number) < place)


def standing(connection: Connection, signal_id: UUID) -> Row[Any] | None:
    """The decision on a signal that counts now: a person's answer where there is one, else the original.

    None where there is none, or none any more: an order never rests on a decision that was retired.
    """
    claim = held(connection, [signal_id]).get(signal_id)
    if claim is None:
        return None
    answer = connection.scalar(_ANSWER, {"decision": claim.decision_id})
    wanted = answer or claim.decision_id
    return rows_of(connection, [wanted]).get(wanted)


def last_evaluation(connection: Connection) -> datetime | None:
    """The time of the latest decision on record; None in a store that has none."""
    latest: datetime | None = connection.scalar(select(func.max(evaluations.c.evaluated_at)))
    return latest


def decision_of(row: Row[Any]) -> Decision:
    """The decision as it was answered when it was made, field for field.

    Where a person approved, the hits on record are the reasons that were waived.
    """
    outcome = json.loads(row.outcome)
    hits = reasons_of(outcome)
    waived = row.verdict == "APPROVE"
    return Decision(
        decision=row.verdict,
        reasons=() if waived else hits,
        waived=hits if waived else (),
        caps=caps_of(outcome),
        approved_size_pct=0.0 if row.verdict == "REJECT" else outcome["approved_size_pct"],
        expires_at=row.expires_at,
        decision_id=row.decision_id,
        signal_id=row.signal_id,
        symbol=row.symbol,
        candidate_action=row.candidate_action,
        evaluated_at=row.evaluated_at,
        review_id=row.review_id,
        packs=refs_of(row),
        source=row.source,
        supersedes=row.supersedes,
        answered_by=row.answered_by,
    )


def refs_of(row: Row[Any]) -> tuple[PackRef, ...]:
    """The pack versions that decided, with their hashes."""
    return tuple(PackRef(**ref) for ref in json.loads(row.packs))


def reasons_of(outcome: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The hits of a recorded outcome."""
    return tuple(
        Reason(rule=rule, decision=verdict, cause=cause, message=message)
        for rule, verdict, cause, message in outcome["hits"]
    )


def caps_of(outcome: Mapping[str, Any]) -> tuple[CapApplied, ...]:
    """The caps of a recorded outcome."""
    return tuple(
        CapApplied(rule=rule, size_pct=size, message=message) for rule, size, message in outcome["caps"]
    )


def proposal_of(row: Row[Any]) -> Proposal:
    """What was put to the rules, read back from the record."""
    return Proposal.model_validate_json(row.proposal)


def memo_ref_of(row: Row[Any]) -> MemoRef | None:
    """The memo that the house's own decision was made with; None where there is none on record.

    Raises ValueError for a record that cannot be read.
    """
    named = json.loads(row.proposal).get("memo")
    return None if named is None else MemoRef.model_validate_json(canonical(named))


def recorded_judgement(row: Row[Any], at: datetime) -> Judgement:
    """The judgement on record, without its packs: what a person's answer carries on, made at ``at``."""
    outcome = json.loads(row.outcome)
    return Judgement(
        proposal=proposal_of(row),
        in_force=InForce(refs=refs_of(row), refs_text=row.packs),
        facts=json.loads(row.facts),
        verdict=Verdict[outcome["verdict"]],
        hits=reasons_of(outcome),
        caps=caps_of(outcome),
        size_pct=outcome["approved_size_pct"],
        rules=dict(outcome["rules"]),
        at=at,
    )
