"""Writing rules from the command line: packs in words, new rules in their place, the schema."""

import re

import pytest

from adapters.release import read_file
from engine import review_pack
from tests.first_rules import first_rules
from tests.trivet import answer, trivet

LIMIT = ("max_data_age:        {value: 30", "max_data_age:        {value: 10")
CALM_AGE = ("data_age_seconds: 12", "data_age_seconds: 2")


@pytest.fixture
def rules(tmp_path):
    return first_rules(tmp_path / "rules")


@pytest.fixture
def run(tmp_path, rules):
    def told(*arguments):
        done = trivet(tmp_path / "var", *arguments, TRIVET_RULES=str(rules))
        return done._replace(
            stdout=done.stdout.replace(str(rules), "rules"), stderr=done.stderr.replace(str(rules), "rules")
        )

    return told


def edit(rules, *edits, pack="trading-core"):
    path = rules / pack / "pack.yaml"
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize(
    "which",
    ["trading-core", "house-measurements", "trading-core/stale-data", "trading-core/oversized",
     "trading-core/symbol-not-allowed", "house-measurements/unmeasured-liquidity"],
)  # fmt: skip
def test_a_pack_and_a_rule_are_told_in_words(run, which, snapshot):
    assert run("explain", which).stdout == snapshot


def test_the_history_of_a_rule_goes_over_every_release_to_the_text_being_edited(run, rules, snapshot):
    edit(rules, LIMIT, CALM_AGE, ("version: 1.0.0", "version: 1.1.0"))
    assert run("release", "trading-core").returncode == 0
    edit(rules, ('then: REJECT\n    reason: "the quote', 'then: REVIEW\n    reason: "The quote'))
    assert run("explain", "trading-core/stale-data").stdout == snapshot
    history = answer(run("explain", "trading-core/stale-data", "--json"))["history"]
    assert [one["version"] for one in history] == ["1.0.0", "1.1.0", "unreleased"]
    assert answer(run("explain", "trading-core", "--json"))["released"] == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explain", "trading-cor"), "there is no pack trading-cor in rules; did you mean trading-core?"),
        (("explain", "trading-core/stale"), "has no rule stale; did you mean stale-data?"),
        (("new-rule", "nothing"), "there are house-measurements, trading-core"),
        (("new-rule", "trading-core/stale-data"), "ids are never used again, choose another"),
        (("new-rule", "trading-core/Late News"), "write kebab-case"),
        (("new-rule", "trading-core", "--reads", "volume"), "has no input volume"),
    ],
)
def test_what_cannot_be_done_is_told_in_plain_words(run, rules, arguments, words):
    before = (rules / "trading-core" / "pack.yaml").read_bytes()
    failed = run(*arguments)
    assert failed.returncode == 1
    assert words in failed.stderr
    assert (rules / "trading-core" / "pack.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("which", "more"),
    [
        ("trading-core", ()),
        ("trading-core/late-news", ("--reads", "confidence", "--then", "REJECT")),
        ("trading-core/sells", ("--reads", "candidate_action")),
        ("trading-core/closed-again", ("--reads", "market_context.market_open")),
        ("house-measurements", ()),
    ],
)
def test_a_new_rule_is_added_in_its_place_and_nothing_else_changes(run, rules, which, more, snapshot):
    path = rules / which.partition("/")[0] / "pack.yaml"
    before = path.read_text("utf-8").split("\n")
    assert run("new-rule", which, *more).stdout == snapshot(name="told")
    after = path.read_text("utf-8").split("\n")
    remaining = iter(after)
    assert all(line in remaining for line in before), "a line was lost or moved"
    assert "\n".join(_added(before, after)) == snapshot(name="lines")
    assert review_pack(read_file(path)) == []


def _added(before, after):
    kept = iter([*before, None])
    expected = next(kept)
    for line in after:
        if line == expected:
            expected = next(kept)
        else:
            yield line


def test_a_new_rule_goes_before_what_follows_the_rules(run, rules):
    path = rules / "house-measurements" / "pack.yaml"
    head, rest = path.read_text("utf-8").split("cast:\n")
    cast, listed = rest.split("rules:\n")
    path.write_text(f"{head}rules:\n{listed}\n# Who is who.\ncast:\n{cast}", "utf-8")
    assert run("new-rule", "house-measurements").returncode == 0
    assert re.search(r"expect: APPROVE}\n\n# Who is who\.\ncast:\n  measured:", path.read_text("utf-8"))
    assert review_pack(read_file(path)) == []


def test_a_rule_that_would_break_a_case_is_not_written(run, rules):
    edit(rules, ("with: {size_pct: 0.02}", "with: {size_pct: 1}"))
    refused = run("new-rule", "trading-core", "--reads", "size_pct")
    assert refused.returncode == 1
    assert "no rule over its input size_pct fits without breaking a case" in refused.stderr


def test_the_second_new_rule_gets_another_id(run):
    assert "trading-core/new-rule:" in run("new-rule", "trading-core").stdout
    assert "trading-core/new-rule-2:" in run("new-rule", "trading-core").stdout


def test_a_retired_id_is_never_given_again(run, rules):
    path = rules / "trading-core" / "pack.yaml"
    whole = path.read_text("utf-8")
    start, end = whole.index("  - id: event-blackout"), whole.index("  - id: thin-liquidity")
    path.write_text((whole[:start] + whole[end:]).replace("version: 1.0.0", "version: 1.1.0"), "utf-8")
    refused = run("new-rule", "trading-core/event-blackout")
    assert refused.returncode == 1
    assert "trading-core has a rule event-blackout in 1.0.0" in refused.stderr


def test_rules_written_in_one_line_are_left_to_their_author(run, rules):
    path = rules / "house-measurements" / "pack.yaml"
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("rules:")] + "rules: []\n", "utf-8")
    assert "one below the other" in run("new-rule", "house-measurements").stderr


def test_the_schema_is_written_among_the_packs(run, rules):
    kept = (rules / "rule-pack.schema.json").read_text("utf-8")
    assert run("schema").stdout == kept
    (rules / "rule-pack.schema.json").unlink()
    assert run("schema", "--write").returncode == 0
    assert (rules / "rule-pack.schema.json").read_text("utf-8") == kept


@pytest.mark.parametrize("which", ["trading-core", "house-measurements"])
def test_what_the_cases_of_a_pack_are_worth_is_told(run, which, snapshot):
    done = run("test", which)
    assert (done.returncode, done.stdout) == (0, snapshot)


def test_a_released_version_and_a_path_are_tested_too(run, rules):
    edit(rules, ("data_age_seconds: 31}, expect: REJECT", "data_age_seconds: 31}, expect: REVIEW"))
    assert run("test", "trading-core@1.0.0").returncode == 0
    assert run("test", rules / "trading-core").returncode == 1
    assert "check the name" in run("test", "nothing").stderr


def test_what_no_case_shows_and_no_case_notices_is_named(run, rules, snapshot):
    when = "confidence < limits.min_confidence && size_pct > 0.005"
    edit(
        rules,
        (
            'when: "confidence < limits.min_confidence"',
            f'when: "{when} || confidence < 0.5 && size_pct > 0.005"',
        ),
    )
    done = run("test", "trading-core")
    assert (done.returncode, done.stdout) == (1, snapshot)


def test_a_mutant_that_changes_nothing_does_not_fail_the_test(run, rules):
    edit(
        rules,
        ("value: 0.03, unit", "value: 1, unit"),
        ("{portfolio_context.daily_drawdown_pct: 0.0299}", "{portfolio_context.daily_drawdown_pct: 0.99}"),
    )
    done = run("test", "trading-core")
    assert "changes nothing: daily-drawdown:" in done.stdout
    assert done.returncode == 0


def test_a_failing_case_fails_the_test_with_its_place(run, rules):
    edit(
        rules,
        (
            "{market_context.data_age_seconds: 31}, expect: REJECT",
            "{market_context.data_age_seconds: 31}, expect: REVIEW",
        ),
    )
    done = run("test", "trading-core")
    assert done.returncode == 1
    assert "P405 stale-data: the case 'a second too old' expects REVIEW" in done.stdout
    assert len(answer(run("test", "trading-core", "--json"))["failing"]) == 1


def test_generated_cases_can_be_had_with_what_they_give(run):
    rules = {one["rule"]: one for one in answer(run("test", "trading-core", "--json"))["rules"]}
    just_above = rules["stale-data"]["generated"]["market_context.data_age_seconds just above 30 s"]
    assert just_above["facts"]["market_context.data_age_seconds"] == 30.000000000000004
    assert just_above["verdict"] == "REJECT"
    assert just_above["hits"] == [["trading-core/stale-data", "REJECT", "hit"]]


@pytest.mark.parametrize("command", ["explain", "new-rule", "test", "schema"])
def test_help_shows_an_example(run, command):
    assert f"Example: trivet {command}" in run(command, "--help").stdout
