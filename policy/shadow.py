"""Packs in shadow: asked about the same facts as the active ones, recorded apart, never counted.

Whatever goes wrong in a shadow is part of its record. It cannot change, delay by an error or undo
the decision that it stands beside; the rows travel in the decision's own transaction.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from policy.bulk import Rows, rows_for
from policy.facts import facts_of
from policy.judge import WORDS, Judgement, judge_facts
from policy.record import Finding
from policy.shelf import InForce, Shadow
from policy.tables import shadow_judgements

_LONGEST_ERROR = 500


def shadow_rows(findings: Sequence[Finding]) -> Rows:
    """One row for each finding and each pack that is in shadow where it was judged."""
    return rows_for(shadow_judgements, [row for finding in findings for row in _beside(finding)])


def _beside(finding: Finding) -> Iterator[dict[str, Any]]:
    judgement = finding.judgement
    for shadow in judgement.in_force.shadows:
        yield {
            "decision_id": finding.decision.decision_id,
            "pack": shadow.pack,
            "version": shadow.version,
            "pack_set": judgement.proposal.source,
            "symbol": judgement.proposal.symbol,
            "at": judgement.at,
            "active_verdict": WORDS[judgement.verdict],
            "active_size_pct": judgement.size_pct,
            "active_rules": _objecting(judgement),
            **_answer(judgement, shadow),
        }


def _answer(judgement: Judgement, shadow: Shadow) -> dict[str, Any]:
    """What the set would have said with ``shadow`` in its place, or what kept it from answering."""
    if shadow.in_force is None:
        return _unanswered(shadow.error or "the pack cannot be read")
    try:
        told = _asked(judgement, shadow.in_force)
    except Exception as error:  # a shadow must not fail what it stands beside
        return _unanswered(repr(error))
    return {
        "verdict": WORDS[told.verdict], "size_pct": told.size_pct, "rules": _objecting(told), "error": None,
    }  # fmt: skip


def _asked(judgement: Judgement, in_force: InForce) -> Judgement:
    """The same proposal, of which each pack sees what it declares."""
    proposal, declared = judgement.proposal, in_force.declared
    seen = facts_of(proposal, declared, judgement.measured)
    facts = {name: value for name, value in seen.items() if name in declared}
    return judge_facts(proposal, in_force, facts, judgement.at)


def _objecting(judgement: Judgement) -> list[str]:
    """The rules that object, strongest first, then those whose cap applies."""
    return [*(hit.rule for hit in judgement.hits), *(cap.rule for cap in judgement.caps)]


def _unanswered(why: str) -> dict[str, Any]:
    return {"verdict": None, "size_pct": None, "rules": None, "error": why[:_LONGEST_ERROR]}
