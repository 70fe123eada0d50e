"""A recorded decision in full: every rule in words, the facts, where they came from, and a replay."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row

from engine import evaluate
from policy.contracts import Contract, Decision, RuleResult, Scalar
from policy.decisions import decision_of, proposal_of, refs_of
from policy.facts import facts_of
from policy.judge import judge_facts
from policy.packs import PackLoader
from policy.ports import PackUnavailable
from policy.shelf import in_force


class DecisionDetail(Decision):
    """A decision with its evidence: the facts the rules read, and the link of the audit chain."""

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


def detail_of(row: Row[Any], loader: PackLoader) -> DecisionDetail:
    """Everything that is known of one decision."""
    return DecisionDetail(
        **{**dict(decision_of(row)), "rules": explained(row, loader)},
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
    return tuple(
        RuleResult(
            rule=rule,
            result=result,
            when=reports[rule].when,
            values=reports[rule].values,
            message=reports[rule].message,
        )
        for rule, result in recorded.items()
    )


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
    if packs.packs and (handed := facts_of(proposal, packs.declared)) != facts:
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
