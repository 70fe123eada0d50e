"""Packs from the command line: check, release, activate, roll back, and what a slip is told."""

import json

import pytest

from adapters.packs.proofs import Unproved
from adapters.release import ReleaseRefused, read_lock, release
from tests.first_rules import first_rules
from tests.trivet import PROJECT, answer, trivet

REQUEST = PROJECT / "docs" / "example-request.json"


@pytest.fixture
def rules(tmp_path):
    return first_rules(tmp_path / "rules")


@pytest.fixture
def run(tmp_path, rules):
    return lambda *arguments, **more: trivet(tmp_path / "var", *arguments, TRIVET_RULES=str(rules), **more)


def edit(rules, old, new, pack="trading-core"):
    path = rules / pack / "pack.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def drop_invariant(rules, name):
    path = rules / "trading-core" / "invariants.yaml"
    head, *listed = path.read_text("utf-8").split("  - id: ")
    kept = [one for one in listed if not one.startswith(name)]
    assert len(kept) == len(listed) - 1
    path.write_text("  - id: ".join([head, *kept]), "utf-8")


STRICTER_AGE = ("value: 30, unit: seconds", "value: 10, unit: seconds")


def make_stricter(rules, version="1.1.0"):
    edit(rules, *STRICTER_AGE)
    edit(rules, "version: 1.0.0", f"version: {version}")
    edit(rules, "market_context.data_age_seconds: 12", "market_context.data_age_seconds: 2")


def test_a_changed_limit_goes_from_check_to_the_next_decision_and_back(run, rules):
    assert answer(run("evaluate", REQUEST))["decision"] == "APPROVE"
    make_stricter(rules)
    assert run("check").returncode == 0
    assert run("release", "trading-core").returncode == 0
    assert run("activate", "trading-core@1.1.0").returncode == 0
    judged = run("evaluate", REQUEST)
    assert judged.returncode == 20
    assert answer(judged)["packs"][0]["version"] == "1.1.0"
    assert answer(judged)["reasons"][0]["message"] == "the quote is 12 s old; 10 s is the most allowed"
    assert run("rollback", "trading-core", "--confirm").returncode == 0
    assert answer(run("evaluate", REQUEST))["packs"][0]["version"] == "1.0.0"


def test_a_new_version_takes_the_place_of_the_old_one_only_where_that_was(run, rules):
    edit(rules, "version: 1.0.0", "version: 1.0.1", pack="house-measurements")
    edit(rules, "a person looks at", "a person must look at", pack="house-measurements")
    run("release", "house-measurements")
    run("activate", "house-measurements@1.0.1")
    active = answer(run("packs", "--json"))["active"]
    assert [(one["pack"], one["version"]) for one in active if one["for"] == "callers"] == [
        ("trading-core", "1.0.0")
    ]
    assert ("house-measurements", "1.0.1") in [(one["pack"], one["version"]) for one in active]


def test_a_shadow_never_counts(run, rules):
    make_stricter(rules)
    run("release", "trading-core")
    run("activate", "trading-core@1.1.0", "--shadow")
    assert answer(run("evaluate", REQUEST))["decision"] == "APPROVE"


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([STRICTER_AGE, ("data_age_seconds: 12", "data_age_seconds: 2")], "write version: 1.1.0"),
        ([("A price nobody would", "A price that nobody would")], "write version: 1.0.1"),
        (
            [("max_length: 32", "max_length: 16"), ("1.0.0", "1.1.0")],
            "write version: 2.0.0",
        ),
        ([], "nothing has moved"),
        ([("expect: APPROVE", "expect: REVIEW")], "P405"),
        ([("owner: risk\n", "")], "P501"),
    ],
)
def test_release_refuses_what_would_break_a_promise(run, rules, edits, words, snapshot):
    for old, new in edits:
        edit(rules, old, new)
    before = sorted((rules / "trading-core" / "released").iterdir())
    refused = run("release", "trading-core")
    assert refused.returncode == 1
    assert words in refused.stderr
    assert refused.stderr.replace(str(rules), "rules") == snapshot
    assert sorted((rules / "trading-core" / "released").iterdir()) == before


def test_release_refuses_when_a_frozen_text_was_edited(run, rules):
    frozen = rules / "trading-core" / "released" / "1.0.0.yaml"
    frozen.write_text(frozen.read_text("utf-8").replace("value: 30", "value: 300"), "utf-8")
    make_stricter(rules)
    refused = run("release", "trading-core")
    assert refused.returncode == 1
    assert "not what was released" in refused.stderr
    assert run("evaluate", REQUEST).returncode == 2


def test_release_refuses_what_breaks_an_invariant(run, rules):
    edit(rules, "then: REJECT", "then: REVIEW")
    edit(rules, "market_open: false}, expect: REJECT", "market_open: false}, expect: REVIEW")
    edit(rules, "version: 1.0.0", "version: 1.1.0")
    refused = run("release", "trading-core")
    assert refused.returncode == 1
    assert (
        "invariants.yaml:5:5 P610 does not hold: whenever market_context.market_open == false"
        in refused.stderr
    )
    assert "`trivet prove trading-core` shows a signal" in refused.stderr


def test_release_refuses_what_the_solver_gave_up_on_until_that_is_accepted_and_locked(rules, monkeypatch):
    make_stricter(rules)
    gave_up = [Unproved(known=False, words="pack.yaml:1:1 P602 is not known to hold: anything")]
    monkeypatch.setattr("adapters.release.unproved", lambda pack: gave_up)
    with pytest.raises(ReleaseRefused, match="release with --accept-unknown"):
        release(rules, "trading-core")
    release(rules, "trading-core", accept_unknown=True)
    assert read_lock(rules)["packs"]["trading-core"]["1.1.0"]["unknown"] == [gave_up[0].words]


def test_release_never_accepts_what_was_refuted(rules, monkeypatch):
    make_stricter(rules)
    refuted = [Unproved(known=True, words="pack.yaml:1:1 P602 does not hold: anything")]
    monkeypatch.setattr("adapters.release.unproved", lambda pack: refuted)
    with pytest.raises(ReleaseRefused, match="does not hold"):
        release(rules, "trading-core", accept_unknown=True)


def test_release_never_writes_over_a_frozen_text_that_no_lock_vouches_for(run, rules):
    make_stricter(rules)
    left_over = rules / "trading-core" / "released" / "1.1.0.yaml"
    left_over.write_text("pack: trading-core\n", "utf-8")
    refused = run("release", "trading-core")
    assert (refused.returncode, left_over.read_text("utf-8")) == (1, "pack: trading-core\n")
    assert "was never released" in refused.stderr
    left_over.write_bytes((rules / "trading-core" / "pack.yaml").read_bytes())
    assert run("release", "trading-core").returncode == 0


def test_release_refuses_an_id_that_belonged_to_another_rule(run, rules):
    path = rules / "trading-core" / "pack.yaml"
    whole = path.read_text("utf-8")
    start, end = whole.index("  - id: event-blackout"), whole.index("  - id: thin-liquidity")
    path.write_text((whole[:start] + whole[end:]).replace("version: 1.0.0", "version: 1.1.0"), "utf-8")
    drop_invariant(rules, "blackout")
    done = run("release", "trading-core")
    assert done.returncode == 0, done.stderr
    path.write_text(whole.replace("version: 1.0.0", "version: 1.2.0"), "utf-8")
    refused = run("release", "trading-core")
    assert refused.returncode == 1
    assert "event-blackout belonged to an earlier rule" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("activate", "trading-core@9.9.9"), 1, "never released"),
        (("activate", "trading-core"), 2, "names no version"),
        (("rollback", "trading-core"), 1, "no version before"),
        (("release", "nothing"), 1, "nothing"),
        (("check", "nowhere.yaml"), 1, "cannot be read"),
    ],
)
def test_a_slip_is_told_in_plain_words(run, arguments, code, words):
    failed = run(*arguments)
    assert failed.returncode == code
    assert words in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stderr


def test_check_prints_every_problem_with_its_place_and_fails(run, rules):
    edit(rules, "market_context.data_age_seconds > limits", "market_context.data_age_second > limits")
    edit(rules, "owner: risk\n", "")
    failed = run("check", rules / "trading-core")
    assert failed.returncode == 1
    lines = (rules / "trading-core" / "pack.yaml").read_text("utf-8").split("\n")
    line = next(number for number, text in enumerate(lines, 1) if "data_age_second >" in text)
    place = f"{rules}/trading-core/pack.yaml:{line}:12 P204"
    assert f"{place} stale-data reads market_context.data_age_second" in failed.stdout
    assert "did you mean market_context.data_age_seconds?" in failed.stdout
    found = json.loads(run("check", rules / "trading-core", "--json").stdout)
    assert [problem["code"] for problem in found["problems"]] == ["P204"]


def test_warnings_do_not_fail_a_check(run, rules):
    edit(rules, "data_age_seconds > limits.max_data_age", "data_age_seconds > 30")
    passed = run("check", rules / "trading-core")
    assert passed.returncode == 0
    assert "warning" in passed.stdout
