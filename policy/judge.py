"""From a proposal and the packs in force to a judgement; pure but for the engine's own log line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from engine import FactsIncomplete, Outcome, Verdict, evaluate
from policy.contracts import CapApplied, Reason, VerdictWord
from policy.facts import NOTHING, Facts, Measured, facts_of, further_faults, pointer_of
from policy.problems import Fault, Problem, invalid_request
from policy.proposal import Proposal
from policy.shelf import InForce

log = structlog.get_logger(__name__)

NO_ACTIVE_PACK = "trivet/no-active-pack"
ENGINE_DISAGREEMENT = "trivet/engine-disagreement"
WORDS: Mapping[Verdict, VerdictWord] = {
    Verdict.APPROVE: "APPROVE",
    Verdict.REVIEW: "REVIEW",
    Verdict.REJECT: "REJECT",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules said of one proposal, and of which facts; not yet a decision.

    ``size_pct`` is the approved size, a fraction of equity; ``rules`` maps every rule of every
    pack to hit, miss or unknown. ``measured`` is what the house said beside the proposal.
    """

    proposal: Proposal
    in_force: InForce
    facts: Facts
    verdict: Verdict
    hits: tuple[Reason, ...]
    caps: tuple[CapApplied, ...]
    size_pct: float
    rules: Mapping[str, str]
    at: datetime
    measured: Measured = field(default_factory=dict)

    def outcome(self) -> dict[str, Any]:
        """The part that a replay must reproduce, as JSON values."""
        return {
            "verdict": self.verdict.name,
            "hits": [[hit.rule, hit.decision, hit.cause, hit.message] for hit in self.hits],
            "caps": [[cap.rule, cap.size_pct, cap.message] for cap in self.caps],
            "approved_size_pct": self.size_pct,
            "rules": [list(one) for one in self.rules.items()],
        }


def judge(
    proposal: Proposal, in_force: InForce, at: datetime, measured: Measured = NOTHING
) -> Judgement | Problem:
    """Put ``proposal`` to the packs in force at ``at``, with what the house ``measured`` of it.

    A caller's faulty facts are refused with every fault. On the house's own path nobody is there
    to correct them: what can be judged is judged, and the faults are a REJECT.
    """
    if proposal.source == "house" or not in_force.packs:
        return judge_what_is_there(proposal, in_force, at, measured)
    if faults := further_faults(proposal, in_force.declared):
        return _refused(proposal, in_force, faults)
    facts = facts_of(proposal, in_force.declared, measured)
    try:
        outcome = evaluate(in_force.packs, facts)
    except FactsIncomplete as incomplete:
        return invalid_request(_engine_faults(incomplete))
    return _judgement(proposal, in_force, facts, outcome, at, measured)


def judge_what_is_there(
    proposal: Proposal, in_force: InForce, at: datetime, measured: Measured = NOTHING
) -> Judgement:
    """Judge although facts may be missing; then the verdict is REJECT, by ``trivet/facts-incomplete``."""
    if not in_force.packs:
        return _no_active_pack(proposal, in_force, at)
    facts = facts_of(proposal, in_force.declared, measured)
    return _judgement(proposal, in_force, facts, evaluate(in_force.packs, facts, partial=True), at, measured)


def judge_facts(proposal: Proposal, in_force: InForce, facts: Facts, at: datetime) -> Judgement:
    """As ``judge_what_is_there``, from facts that are given; what a replay asks."""
    if not in_force.packs:
        return _no_active_pack(proposal, in_force, at)
    return _judgement(proposal, in_force, facts, evaluate(in_force.packs, facts, partial=True), at, NOTHING)


def _judgement(
    proposal: Proposal, in_force: InForce, facts: Facts, outcome: Outcome, at: datetime, measured: Measured
) -> Judgement:
    judgement = Judgement(
        proposal=proposal,
        in_force=in_force,
        facts=facts,
        verdict=outcome.verdict,
        hits=tuple(
            Reason(rule=hit.rule, decision=WORDS[hit.verdict], message=hit.message, cause=hit.cause)
            for hit in outcome.hits
        ),
        caps=tuple(
            CapApplied(rule=cap.rule, size_pct=cap.size_pct, message=cap.message) for cap in outcome.caps
        ),
        size_pct=_approved_size(proposal, outcome),
        rules=outcome.results,
        at=at,
        measured=measured,
    )
    _report_disagreement(judgement)
    return judgement


def _approved_size(proposal: Proposal, outcome: Outcome) -> float:
    """The engine's size; when no pack reads the requested size, still never more than asked or capped."""
    if outcome.approved_size_pct is not None:
        return outcome.approved_size_pct
    if outcome.verdict is Verdict.REJECT:
        return 0.0
    return min([proposal.size_pct, *(cap.size_pct for cap in outcome.caps)])


def _no_active_pack(proposal: Proposal, in_force: InForce, at: datetime) -> Judgement:
    message = "no rule pack is active, so nothing is approved; activate one with `trivet activate`"
    hit = Reason(rule=NO_ACTIVE_PACK, decision="REJECT", message=message)
    return Judgement(proposal, in_force, {}, Verdict.REJECT, (hit,), (), 0.0, {}, at)


def _refused(proposal: Proposal, in_force: InForce, faults: list[Fault]) -> Problem:
    """Every fault at once: those of the further facts and those the engine finds in the rest."""
    allowed = {name: value for name, value in proposal.facts.items() if name in in_force.declared}
    rest = facts_of(proposal.model_copy(update={"facts": allowed}), in_force.declared)
    try:
        evaluate(in_force.packs, rest)
    except FactsIncomplete as incomplete:
        known = {fault.pointer for fault in faults}
        faults = faults + [fault for fault in _engine_faults(incomplete) if fault.pointer not in known]
    return invalid_request(faults)


def _engine_faults(incomplete: FactsIncomplete) -> list[Fault]:
    return [
        Fault(pointer=pointer_of(fault.fact), code=fault.code, detail=fault.text)
        for fault in incomplete.faults
    ]


def _report_disagreement(judgement: Judgement) -> None:
    if any(hit.rule == ENGINE_DISAGREEMENT for hit in judgement.hits):
        log.error(
            "the two evaluators disagree; the signal was rejected",
            signal_id=str(judgement.proposal.signal_id),
            packs=[ref.pack + "@" + ref.version for ref in judgement.in_force.refs],
            facts=judgement.facts,
        )
