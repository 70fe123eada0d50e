"""Every rule of every shipped pack: seen hitting, just missing and absent, and kept as one snapshot each."""

from pathlib import Path

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

from adapters.release import read_file, read_lock
from engine import evaluate, review_pack, run_cases

RULES = Path("rules")
PACKS = [read_file(path) for path in sorted(RULES.glob("*/pack.yaml"))]
EVERY_RULE = [pytest.param(pack, rule, id=f"{pack.name}-{rule.id}") for pack in PACKS for rule in pack.rules]
CONDITIONAL = [one for one in EVERY_RULE if not one.values[1].always]
"""The rules that can miss; the others hit whatever the facts are."""


@pytest.fixture
def snapshot(snapshot):
    return snapshot.use_extension(JSONSnapshotExtension)


def judged(pack, rule, facts):
    """What ``facts`` come to, and what ``rule`` itself saw."""
    outcome = evaluate([pack], facts)
    own = next(report for report in outcome.rules if report.rule == f"{pack.name}/{rule.id}")
    return {
        "rule": {"result": own.result, "values": dict(own.values), "message": own.message},
        "verdict": outcome.verdict.name,
        "hits": [[hit.rule, hit.verdict.name, hit.cause, hit.message] for hit in outcome.hits],
        "caps": [[cap.rule, cap.size_pct, cap.message] for cap in outcome.caps],
        "approved_size_pct": outcome.approved_size_pct,
    }


def left_out(pack, rule):
    """The first case's facts without each optional input of the rule in turn."""
    for name in rule.reads:
        facts = dict(rule.cases[0].facts)
        if not pack.inputs[name].required and facts.pop(name, None) is not None:
            yield f"without {name}", facts


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_check_has_nothing_to_object_to(pack):
    assert review_pack(pack) == []


@pytest.mark.parametrize(("pack", "rule"), CONDITIONAL)
def test_every_rule_is_seen_hitting_and_just_missing(pack, rule):
    effects = {result.effect for result in run_cases(pack) if result.rule == rule.id}
    assert {"hit", "miss"} <= effects


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_rule_that_always_hits_does_so_in_every_case_of_its_pack(pack):
    always = {f"{pack.name}/{rule.id}" for rule in pack.rules if rule.always}
    for case in (case for rule in pack.rules for case in rule.cases):
        assert always <= {hit.rule for hit in evaluate([pack], case.facts).hits}


@pytest.mark.parametrize(("pack", "rule"), EVERY_RULE)
def test_every_rule_is_seen_without_each_input_that_may_be_absent(pack, rule):
    for _, facts in left_out(pack, rule):
        report = next(one for one in evaluate([pack], facts).rules if one.rule.endswith(f"/{rule.id}"))
        assert report.result == ("hit" if "has(" in rule.when else "unknown")


@pytest.mark.parametrize(("pack", "rule"), EVERY_RULE)
def test_every_rule_judges_as_its_snapshot_says(pack, rule, snapshot):
    cases = {case.name: judged(pack, rule, case.facts) for case in rule.cases}
    absent = {name: judged(pack, rule, facts) for name, facts in left_out(pack, rule)}
    effect = rule.then.name if rule.then is not None else {"cap": rule.cap}
    assert {"when": rule.when, "then": effect, "cases": cases, "absent": absent} == snapshot


def test_every_released_text_is_what_the_lock_vouches_for():
    released = [
        (name, version, locked)
        for name, all_ in read_lock(RULES)["packs"].items()
        for version, locked in all_.items()
    ]
    assert released
    for name, version, locked in released:
        pack = read_file(RULES / name / "released" / f"{version}.yaml")
        assert (pack.name, pack.version, pack.text_hash, pack.logic_hash) == (
            name,
            version,
            locked["text"],
            locked["logic"],
        )


def test_every_frozen_text_is_in_the_lock():
    frozen = {(path.parent.parent.name, path.stem) for path in RULES.glob("*/released/*.yaml")}
    assert frozen == {(name, version) for name, all_ in read_lock(RULES)["packs"].items() for version in all_}
