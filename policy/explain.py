"""A recorded decision in full: every rule in words, the facts, where they came from, and a replay."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from sqlalchemy import Row

from engine import RuleReport, Verdict, evaluate
from policy.contracts import (
    Contract,
    Decision,
    MemoOpinion,
    ReasoningMemo,
    RuleMargin,
    RuleResult,
    Scalar,
)
from policy.decisions import decision_of, proposal_of, refs_of
from policy.facts import facts_of
from policy.judge import judge_facts
from policy.nearest import NearestRequest, nearest_requests
from policy.packs import PackLoader
from policy.ports import PackUnavailable
from policy.problems import Problem
from policy.shelf import in_force


class ExplainedDecision(Decision):
    """A decision with what would have to change for a milder one; none for an approval, null unless asked."""

    nearest: tuple[NearestRequest, ...] | None = None


class DecisionDetail(ExplainedDecision):
    """A decision with its evidence: the facts the rules read, and the link of the audit chain.

    ``reasoning`` is what of a memo was put to the rules; ``memo`` is the whole one that the house's own
    decision was made with, null for a caller's, and where its record is gone.
    """

    reasoning: MemoOpinion | None
    memo: ReasoningMemo | None
    facts: Mapping[str, Scalar]
    facts_source: Mapping[str, str]
    engine_version: str
    note: str | None
    chain: str
    seq: int
    hash: str


class Difference(Contract):
    """One thing that a replay did not reproduce, as JSON values."""

    what: str
    recorded: Any
    replayed: Any


class Replay(Contract):
    """Whether a recorded decision follows again from its facts and its frozen packs."""

    matched: bool
    differences: tuple[Difference, ...] = ()


def detail_of(
    row: Row[Any], loader: PackLoader, nearest: bool = False, memo: ReasoningMemo | None = None
) -> DecisionDetail:
    """Everything that is known of one decision and the ``memo`` it was made with.

    ``nearest`` asks what would have to change, too.
    """
    return DecisionDetail(
        **{**dict(decision_of(row)), "rules": explained(row, loader)},
        nearest=nearest_of(row, loader) if nearest else None,
        reasoning=proposal_of(row).reasoning,
        memo=memo,
        facts=json.loads(row.facts),
        facts_source=json.loads(row.facts_source),
        engine_version=row.engine_version,
        note=row.note,
        chain=row.chain,
        seq=row.seq,
        hash=row.hash,
    )


def explained(row: Row[Any], loader: PackLoader) -> tuple[RuleResult, ...]:
    """Every rule with its recorded result; condition, values and words come from the frozen pack.

    Where the release can no longer be read, the recorded results stand alone.
    """
    recorded = dict(json.loads(row.outcome)["rules"])
    if not recorded:
        return ()
    try:
        packs = loader.all_exact(refs_of(row))
    except PackUnavailable as gone:
        return tuple(
            RuleResult(rule=rule, result=result, when="", values={}, message=str(gone))
            for rule, result in recorded.items()
        )
    reports = {report.rule: report for report in evaluate(packs, json.loads(row.facts), partial=True).rules}
    return tuple(rule_result(reports[rule], result) for rule, result in recorded.items())


def rule_result(report: RuleReport, result: Literal["hit", "miss", "unknown"]) -> RuleResult:
    """A rule's report as a message, with ``result`` as it was recorded."""
    return RuleResult(
        rule=report.rule,
        result=result,
        when=report.when,
        values=report.values,
        margins=tuple(RuleMargin(fact=one.fact, limit=one.limit, room=one.room) for one in report.margins),
        message=report.message,
    )


def nearest_of(row: Row[Any], loader: PackLoader) -> tuple[NearestRequest, ...]:
    """What would have to change for a milder verdict, by the packs that decided.

    Raises the 503 problem where one of them can no longer be read.
    """
    try:
        packs = loader.all_exact(refs_of(row))
    except PackUnavailable as gone:
        raise Problem(503, "pack-unavailable", str(gone)) from gone
    return nearest_requests(packs, json.loads(row.facts), Verdict[row.verdict])


def replay(row: Row[Any], loader: PackLoader) -> Replay:
    """Decide again from the recorded facts and the frozen texts, and compare every rule."""
    try:
        packs = in_force(loader.all_exact(refs_of(row)))
    except PackUnavailable as gone:
        lost = Difference(what="packs", recorded=json.loads(row.packs), replayed=str(gone))
        return Replay(matched=False, differences=(lost,))
    proposal, facts = proposal_of(row), json.loads(row.facts)
    again = judge_facts(proposal, packs, facts, row.evaluated_at).outcome()
    differences = tuple(_differences(json.loads(row.outcome), again))
    said = {name: facts[name] for name in packs.house_inputs if name in facts}
    if packs.packs and (handed := facts_of(proposal, packs.declared, said)) != facts:
        differences += (Difference(what="facts", recorded=facts, replayed=handed),)
    return Replay(matched=not differences, differences=differences)


def _differences(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Difference]:
    for part in ("verdict", "hits", "caps", "approved_size_pct"):
        if recorded[part] != again[part]:
            yield Difference(what=part, recorded=recorded[part], replayed=again[part])
    rules_then, rules_now = dict(recorded["rules"]), dict(again["rules"])
    for rule in sorted({*rules_then, *rules_now}):
        before, now = rules_then.get(rule), rules_now.get(rule)
        if before != now:
            yield Difference(what=f"rules/{rule}", recorded=before, replayed=now)
