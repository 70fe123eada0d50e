"""A memo can only tighten: proved over every signal for the packs in force by default, in every phase.

The proof puts the same packs before the solver twice, once with the memo's inputs free and once with them
absent, and asks for a signal that the memo makes milder or larger. The samples go through the policy service.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, nextafter
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.storage.packs import FrozenPacks
from engine import RulePack, read_pack
from engine.symbolic import PanelFormula
from engine.symbolic_check import judged, size_let_through
from engine.symbolic_search import Answer, Search
from engine.symbolic_space import Facts, Space
from engine.symbolic_start import starting_point
from engine.symbolic_terms import all_of, any_of, negated
from engine.verdict import Verdict
from policy.contracts import MarketContext, MemoOpinion, PackSet, PortfolioContext
from policy.judge import Judgement, judge
from policy.packs import PackLoader
from policy.proposal import Proposal
from policy.shelf import in_force
from tests.policy.parts import NOON, signal_id

PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
MEMO = "reasoning."
"""How the names of everything begin that a memo can set."""
RULES = Path("rules")
LIBRARY = FrozenPacks(RULES)
PHASES = [
    tuple(phase["packs"]) for phase in yaml.safe_load((RULES / "rollout.yaml").read_text())["phases"].values()
]
LOOSENED_BY_A_MEMO = """\
pack: trusting
version: 1.0.0
inputs:
  reasoning.status: {type: string, one_of: [OK, FAILED, SKIPPED], absent: skip}
  size_pct: {type: number, unit: fraction, min: 0, max: 1, direction: riskier_up}
cast:
  calm: {size_pct: 0.01}
rules:
"""
LOOSE_RULES = [
    '  - {id: unread, when: "!has(reasoning.status)", then: REVIEW}\n',
    '  - {id: small, when: "!has(reasoning.status) && size_pct > 0.1", cap: 0.1}\n',
]


def _released(*names: str) -> list[RulePack]:
    loader = PackLoader(LIBRARY)
    return [loader.load(*name.split("@")) for name in dict.fromkeys(names)]


def _judging(which: PackSet, phase: tuple[str, ...]) -> list[RulePack]:
    """The packs that judge ``which`` in a store as shipped."""
    shelf = LIBRARY.default_shelf()[which]
    return _released(*(f"{pack}@{version}" for pack, version in shelf), *phase)


def _milder(before: Facts, after: Facts, packs: Sequence[RulePack]) -> bool:
    """Whether the evaluators let more through by ``after`` than by ``before``."""
    without, with_memo = judged(packs, before), judged(packs, after)
    if with_memo.verdict is Verdict.REJECT:
        return False
    larger = size_let_through(with_memo, after) > size_let_through(without, before)
    return with_memo.verdict < without.verdict or larger


def _loosened_by_a_memo(packs: Sequence[RulePack]) -> Answer:
    """A signal that ``packs`` treat more mildly for its memo, or that there is none."""
    start = starting_point(packs)
    space = Space(packs, known=[start.facts])
    silent = {
        key: replace(slot, present=space.false) if slot.name.startswith(MEMO) else slot
        for key, slot in space.slots.items()
    }
    with_memo, without = PanelFormula(packs, space, space.slots), PanelFormula(packs, space, silent)
    milder = [
        all_of(without.at_least(verdict), negated(with_memo.at_least(verdict)))
        for verdict in (Verdict.REVIEW, Verdict.REJECT)
    ]
    larger = all_of(negated(with_memo.rejects), without.smaller_size_than(with_memo))

    def confirmed(facts: Facts) -> bool:
        bare = {name: value for name, value in facts.items() if not name.startswith(MEMO)}
        return _milder(bare, facts, packs)

    return Search(space, packs, start).find(any_of(*milder, larger), confirmed)


@pytest.mark.parametrize("phase", PHASES, ids=" ".join)
@pytest.mark.parametrize("which", ["callers", "house"])
def test_no_memo_makes_any_signal_milder_or_larger(which: PackSet, phase: tuple[str, ...]) -> None:
    packs = _judging(which, phase)
    assert any(name.startswith(MEMO) for pack in packs for name in pack.inputs)
    assert _loosened_by_a_memo(packs) == Answer("impossible")


def test_the_packs_as_they_are_edited_are_not_loosened_either() -> None:
    texts = [(path.parent.name, path.read_text("utf-8")) for path in sorted(RULES.glob("*/pack.yaml"))]
    assert _loosened_by_a_memo([read_pack(text, name) for name, text in texts]) == Answer("impossible")


@pytest.mark.parametrize("rule", LOOSE_RULES)
def test_a_pack_that_a_memo_does_loosen_is_found_out(rule: str) -> None:
    answer = _loosened_by_a_memo([read_pack(LOOSENED_BY_A_MEMO + rule, "trusting")])
    assert answer.status == "witness"
    assert "reasoning.status" in answer.facts


def near(limit: float, calm: float) -> st.SearchStrategy[float]:
    """Mostly ``calm``, else on the limit, next to it, and anywhere from 0 to 1."""
    edges = [limit, nextafter(limit, inf), nextafter(limit, 0)]
    return st.sampled_from([calm] * 9 + edges) | st.floats(0, 1)


def mostly(calm: bool) -> st.SearchStrategy[bool]:
    """``calm`` seven times of eight."""
    return st.sampled_from([calm] * 7 + [not calm])


MEMOS = st.one_of(
    st.builds(
        MemoOpinion,
        status=st.sampled_from(["FAILED", "SKIPPED"]),
        reason=st.sampled_from([None, "time-out", "invalid-json", "reasoner-off", "features-not-warm"]),
    ),
    st.builds(
        MemoOpinion,
        status=st.just("OK"),
        recommendation=st.sampled_from(["ALLOW", "ALLOW_WITH_CAUTION", "BLOCK"]),
    ),
)
MARKETS = st.builds(
    MarketContext,
    data_age_seconds=near(30.0, 5.0),
    market_open=mostly(True),
    event_blackout_active=mostly(False),
    liquidity_score=st.none() | near(0.7, 0.9),
)
BOOKS = st.builds(
    PortfolioContext,
    gross_exposure_pct=near(0.25, 0.1),
    daily_drawdown_pct=near(0.03, 0.01),
    correlation=st.none() | near(0.35, 0.2),
)
IN_FORCE = {
    (which, phase): in_force(_judging(which, phase)) for which in ("callers", "house") for phase in PHASES
}
PROPOSALS = st.builds(
    Proposal,
    source=st.sampled_from(["callers", "house"]),
    signal_id=st.just(signal_id(1)),
    symbol=st.sampled_from(["AAPL", "IBM", "MSFT", "TSLA"]),
    candidate_action=st.sampled_from(["BUY", "SELL"]),
    confidence=near(0.6, 0.8),
    size_pct=near(0.01, 0.005),
    stop_distance_pct=st.none() | near(0.02, 0.03),
    market_context=MARKETS,
    portfolio_context=BOOKS,
)
MEASURED = st.fixed_dictionaries(
    {
        "house.stop": st.sampled_from(["ACTIVE"] * 6 + ["REDUCING", "HALTED"]),
        "house.only_reduces": st.booleans(),
    },
    optional={
        "house.daily_loss": near(0.5, 0.0),
        "house.kill_switch_armed": st.booleans(),
        "house.minutes_to_close": st.sampled_from([1.0, 15.0, 200.0]),
        "house.trade_value": st.sampled_from([50.0, 100.0, 500.0]),
    },
)


@settings(max_examples=400, **PATIENT)
@given(PROPOSALS, MEMOS, MEASURED, st.sampled_from(PHASES))
def test_whatever_the_memo_the_decision_is_as_strict_as_without(
    proposal: Proposal, memo: MemoOpinion, measured: dict, phase: tuple[str, ...]
) -> None:
    packs = IN_FORCE[proposal.source, phase]
    without = judge(proposal, packs, NOON, measured)
    told = judge(proposal.model_copy(update={"reasoning": memo}), packs, NOON, measured)
    assert isinstance(without, Judgement) is isinstance(told, Judgement)
    if isinstance(without, Judgement) and isinstance(told, Judgement):
        assert told.verdict >= without.verdict
        assert told.size_pct <= without.size_pct
        assert {hit.rule for hit in told.hits} >= {hit.rule for hit in without.hits}


def test_the_samples_hold_signals_of_every_verdict() -> None:
    seen: set[tuple[str, str]] = set()

    @settings(max_examples=600, derandomize=True, database=None, **PATIENT)
    @given(PROPOSALS, MEASURED)
    def look(proposal: Proposal, measured: dict) -> None:
        judgement = judge(proposal, IN_FORCE[proposal.source, ()], NOON, measured)
        if isinstance(judgement, Judgement):
            seen.add((proposal.source, judgement.verdict.name))

    look()
    assert seen == {(which, word.name) for which in ("callers", "house") for word in Verdict}
