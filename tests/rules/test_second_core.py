"""trading-core 2.0.0 beside 1.0.0: what only reduces passes the drawdown rule, and nothing else moves."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.release import read_file
from engine import Verdict, evaluate
from engine.difference import difference
from tests.rules.test_meaning import SIGNALS
from tests.trivet import PROJECT, answer, trivet

RELEASED = Path("rules/trading-core/released")
FIRST, SECOND = (read_file(RELEASED / f"{version}.yaml") for version in ("1.0.0", "2.0.0"))
DRAWDOWN, REDUCES = "portfolio_context.daily_drawdown_pct", "house.only_reduces"
CALM = SECOND.cast["calm_buy"]


@pytest.fixture(scope="module")
def proved():
    return difference([FIRST], [SECOND])


def test_it_is_proved_that_only_the_drawdown_rule_lets_more_through(proved):
    assert proved.verdict == "looser"
    ways = {(one.before.name, one.after.name): one.moved.answer for one in proved.transitions}
    assert {way for way, found in ways.items() if found.facts} == {
        ("REJECT", "APPROVE"),
        ("REJECT", "REVIEW"),
    }
    assert {found.status for way, found in ways.items() if way[0] != "REJECT"} == {"impossible"}
    assert {one.moved.answer.status for one in proved.caps} == {"impossible"}
    assert [(one.rule, one.verdict) for one in proved.rules if one.kind != "kept"] == [
        ("trading-core/daily-drawdown", "looser")
    ]


def test_whatever_it_lets_through_more_only_reduces(proved):
    shown = [one.moved.answer.facts for one in proved.transitions if one.moved.answer.facts]
    assert [(facts[REDUCES], facts[DRAWDOWN] >= 0.03) for facts in shown] == [(True, True)] * 2


@settings(max_examples=300, deadline=None)
@given(SIGNALS, st.sampled_from([{}, {REDUCES: False}]))
def test_without_the_houses_word_or_with_its_no_it_judges_as_before(facts, said):
    known = {name: value for name, value in facts.items() if name != REDUCES}
    before, after = evaluate([FIRST], known), evaluate([SECOND], known | said)
    assert after.verdict is before.verdict
    assert after.approved_size_pct == before.approved_size_pct
    assert {hit.rule for hit in after.hits} == {hit.rule for hit in before.hits}


@pytest.mark.parametrize(
    ("drawdown", "reduces", "verdict"),
    [
        (0.03, True, Verdict.APPROVE),
        (0.03, False, Verdict.REJECT),
        (0.03, None, Verdict.REJECT),
        (0.02, None, Verdict.APPROVE),
    ],
)
def test_a_bad_day_holds_back_whatever_may_add_risk(drawdown, reduces, verdict):
    facts = CALM | {DRAWDOWN: drawdown, REDUCES: reduces}
    assert (
        evaluate([SECOND], {name: one for name, one in facts.items() if one is not None}).verdict is verdict
    )


def test_putting_it_in_force_over_the_first_is_held_back_until_somebody_confirms(tmp_path):
    rules = shutil.copytree(PROJECT / "rules", tmp_path / "rules")

    def run(*arguments):
        return trivet(tmp_path / "var", *arguments, TRIVET_RULES=str(rules))

    refused = run("activate", "trading-core@2.0.0", "--for", "callers")
    assert refused.returncode == 1
    assert "portfolio_context.daily_drawdown_pct 0.03, house.only_reduces true" in refused.stderr
    done = run("activate", "trading-core@2.0.0", "--for", "callers", "--confirm")
    assert done.stdout == "trading-core@2.0.0 is in force for callers\n  for callers: looser\n"
    judged = run("evaluate", PROJECT / "docs" / "example-request.json")
    assert answer(judged)["decision"] == "APPROVE"
    assert answer(judged)["packs"][0]["version"] == "2.0.0"


def test_the_first_stays_with_callers_and_the_second_judges_the_house(tmp_path):
    active = answer(trivet(tmp_path / "var", "packs", "--json"))["active"]
    shelf = {(one["for"], one["pack"], one["version"]) for one in active}
    assert shelf == {
        ("callers", "trading-core", "1.0.0"),
        ("house", "trading-core", "2.0.0"),
        ("house", "house-measurements", "1.0.0"),
        ("house", "house-stops", "1.0.0"),
    }
