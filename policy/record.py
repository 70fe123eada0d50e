"""From a judgement to the rows that are its record: evaluation, rule hits, review, events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from engine import Verdict
from policy.audit import chain as audit
from policy.bulk import Rows, insert, rows_for
from policy.canonical import canonical, compact
from policy.contracts import Decision, EventType, PackSet, Review, ReviewStatus
from policy.judge import WORDS, Judgement
from policy.outbox import event_row, outbox_rows
from policy.ports import Sessions, derived_id
from policy.tables import policy_rule_hits, review_steps, reviews

REVIEW_OUTSIDE_SESSIONS = timedelta(minutes=15)
_UNKNOWN = "not judged: an input it reads is absent"

CONTEXTS = ("market_context", "portfolio_context", "reasoning", "facts")


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement and the decision made of it, ready to be recorded."""

    judgement: Judgement
    decision: Decision
    facts_source: str
    note: str | None = None
    purpose: str | None = None
    """None for a decision; ``permit`` where the rules were asked again about one that stands."""


def source_of(judgement: Judgement) -> str:
    """Where each part of the facts of a signal came from that is judged for the first time, as JSON text."""
    return _sources(judgement.proposal.source, bool(judgement.measured))


@cache
def _sources(source: PackSet, measured: bool) -> str:
    parts = dict.fromkeys(CONTEXTS, "caller" if source == "callers" else "house")
    return canonical(parts | ({"house": "house"} if measured else {}))


@cache
def engine_version() -> str:
    """The version of the engine that judges, as recorded with every decision."""
    return version("trivet")


def expiry(judgement: Judgement, sessions: Sessions) -> datetime | None:
    """When the decision ends: an approval after its packs' time to live, a review with its session."""
    if judgement.verdict is Verdict.REJECT:
        return None
    if judgement.verdict is Verdict.APPROVE:
        return judgement.at + timedelta(seconds=judgement.in_force.ttl_seconds)
    return sessions.close_of(judgement.at) or judgement.at + REVIEW_OUTSIDE_SESSIONS


def decision_from(judgement: Judgement, expires_at: datetime | None, decision_id: UUID | None) -> Decision:
    """The business fact around a judgement; without an id it is a dry run and gets no review."""
    proposal = judgement.proposal
    waits = judgement.verdict is Verdict.REVIEW and decision_id is not None
    return Decision(
        decision=WORDS[judgement.verdict],
        reasons=judgement.hits,
        caps=judgement.caps,
        approved_size_pct=judgement.size_pct,
        expires_at=expires_at,
        decision_id=decision_id,
        signal_id=proposal.signal_id,
        symbol=proposal.symbol,
        candidate_action=proposal.candidate_action,
        evaluated_at=judgement.at,
        review_id=derived_id("review", decision_id) if waits else None,
        packs=judgement.in_force.refs,
        source=proposal.source,
    )


def record(connection: Connection, chain: str, findings: Sequence[Finding], *beside: Rows) -> None:
    """Write everything that ``findings`` leave behind, and ``beside``, in the caller's transaction."""
    if not findings:
        return
    links = audit.forge(connection, chain, [_evaluation_row(one) for one in findings])
    hits = [row for seq, one in enumerate(findings, links.first) for row in hit_rows(one, chain, seq)]
    decided = [one for one in findings if one.purpose is None]
    opened = [_review_of(one.decision) for one in decided if one.decision.decision == "REVIEW"]
    insert(
        connection,
        links.rows,
        links.head,
        rows_for(policy_rule_hits, hits),
        rows_for(reviews, [_review_row(review) for review in opened]),
        rows_for(review_steps, [_opening_step(review) for review in opened]),
        outbox_rows([*_made_events(decided), *_requested_events(opened)]),
        *beside,
    )


def hit_rows(finding: Finding, chain: str, seq: int) -> list[dict[str, Any]]:
    """One row per hit, cap and rule that could not be judged, in that order, of link ``seq``."""
    judgement, decision = finding.judgement, finding.decision
    rows: list[tuple[Any, ...]] = [
        (hit.rule, hit.cause, hit.decision, None, hit.message) for hit in judgement.hits
    ]
    rows += [(cap.rule, "cap", None, cap.size_pct, cap.message) for cap in judgement.caps]
    told = {row[0] for row in rows}
    unknown = (rule for rule, result in judgement.rules.items() if result == "unknown" and rule not in told)
    rows += [(rule, "unknown", None, None, _UNKNOWN) for rule in unknown]
    names = ("rule", "kind", "verdict", "size_pct", "message")
    return [
        {
            "chain": chain,
            "seq": seq,
            "position": position,
            "decision_id": decision.decision_id,
            "evaluated_at": decision.evaluated_at,
            **dict(zip(names, row, strict=True)),
        }
        for position, row in enumerate(rows)
    ]


def answer_text(decision: Decision) -> str:
    """A decision as the API and the events tell it, without the list of every rule."""
    return decision.model_dump_json(exclude={"rules"})


def _evaluation_row(finding: Finding) -> dict[str, Any]:
    judgement, decision = finding.judgement, finding.decision
    return {
        "decision_id": decision.decision_id,
        "signal_id": decision.signal_id,
        "supersedes": decision.supersedes,
        "review_id": decision.review_id,
        "source": decision.source,
        "symbol": decision.symbol,
        "candidate_action": decision.candidate_action,
        "verdict": decision.decision,
        "evaluated_at": decision.evaluated_at,
        "expires_at": decision.expires_at,
        "answered_by": decision.answered_by,
        "note": finding.note,
        "proposal": judgement.proposal.text(),
        "facts": compact(judgement.facts),
        "facts_source": finding.facts_source,
        "outcome": compact(judgement.outcome()),
        "packs": judgement.in_force.refs_text,
        "engine_version": engine_version(),
        "purpose": finding.purpose,
    }


def _review_of(decision: Decision) -> Review:
    assert decision.review_id is not None
    assert decision.decision_id is not None
    assert decision.expires_at is not None
    return Review(
        review_id=decision.review_id,
        decision_id=decision.decision_id,
        signal_id=decision.signal_id,
        symbol=decision.symbol,
        candidate_action=decision.candidate_action,
        status=ReviewStatus.PENDING,
        reasons=decision.reasons,
        created_at=decision.evaluated_at,
        expires_at=decision.expires_at,
    )


def _review_row(review: Review) -> dict[str, Any]:
    row = {name: getattr(review, name) for name in ("review_id", "decision_id", "signal_id", "symbol")}
    return row | {
        "candidate_action": review.candidate_action,
        "status": review.status.value,
        "reasons": [reason.model_dump() for reason in review.reasons],
        "created_at": review.created_at,
        "expires_at": review.expires_at,
    }


def _opening_step(review: Review) -> dict[str, Any]:
    return {
        "review_id": review.review_id,
        "position": 0,
        "at": review.created_at,
        "by": "policy",
        "what": "requested",
        "note": "",
    }


def _made_events(findings: Sequence[Finding]) -> Iterable[dict[str, Any]]:
    for one in findings:
        decision = one.decision
        assert decision.decision_id is not None
        yield event_row(
            EventType.DECISION_MADE, decision.decision_id, decision.evaluated_at, answer_text(decision)
        )


def _requested_events(opened: Sequence[Review]) -> Iterable[dict[str, Any]]:
    for review in opened:
        yield event_row(
            EventType.REVIEW_REQUESTED, review.review_id, review.created_at, review.model_dump_json()
        )
