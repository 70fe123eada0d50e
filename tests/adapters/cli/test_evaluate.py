"""``trivet evaluate``: a dry run whose exit code is the verdict."""

import json

import pytest

from tests.trivet import PROJECT, answer, trivet

REQUEST = json.loads((PROJECT / "docs" / "example-request.json").read_text("utf-8"))


def judged(home, request, *arguments):
    text = request if isinstance(request, str) else json.dumps(request)
    return trivet(home, "evaluate", "-", *arguments, stdin=text)


def changed(**changes):
    request = json.loads(json.dumps(REQUEST))
    for path, value in changes.items():
        part, _, key = path.partition("__")
        if key:
            request[part][key] = value
        else:
            request[part] = value
    return request


def test_the_example_request_gets_the_specified_answer(tmp_path):
    done = trivet(tmp_path, "evaluate", "docs/example-request.json")
    decision = answer(done)
    assert done.returncode == 0
    assert (decision["decision"], decision["reasons"], decision["approved_size_pct"]) == ("APPROVE", [], 0.01)
    assert (decision["decision_id"], decision["review_id"]) == (None, None)


@pytest.mark.parametrize(
    ("changes", "code", "rule"),
    [
        ({"confidence": 0.5}, 10, "trading-core/low-confidence"),
        ({"market_context__data_age_seconds": 31}, 20, "trading-core/stale-data"),
        ({"symbol": "A'\"\\\u0007ß"}, 20, "trading-core/symbol-not-allowed"),
        ({"market_context__data_age_seconds": 9.3e18}, 20, "trading-core/stale-data"),
    ],
)
def test_the_exit_code_is_the_verdict(tmp_path, changes, code, rule):
    done = judged(tmp_path, changed(**changes))
    assert done.returncode == code
    assert answer(done)["reasons"][0]["rule"] == rule


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "malformed-json"),
        ('{"a": 1, "a": 2}', "malformed-json"),
        ('{"confidence": NaN}', "malformed-json"),
        (changed(confidence="0.7"), "/confidence"),
        (changed(confidence=2, symbol=""), "/symbol"),
        (changed(facts={"mood": 1}), "/facts/mood"),
        (changed(reasoning={"status": "FAILED", "recommendation": "ALLOW"}), "/reasoning"),
        (changed(extra=1), "/extra"),
    ],
)
def test_bad_input_is_problem_json_on_standard_error_and_exit_2(tmp_path, body, words):
    failed = judged(tmp_path, body)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert json.loads(failed.stderr)["type"].startswith("urn:trivet:problem:")
    assert words in failed.stderr


def test_a_file_that_is_not_there_is_exit_2(tmp_path):
    failed = trivet(tmp_path, "evaluate", "nowhere.json")
    assert failed.returncode == 2
    assert "nowhere.json" in json.loads(failed.stderr)["detail"]


def test_explain_shows_every_rule_with_what_it_read(tmp_path):
    rules = answer(judged(tmp_path, REQUEST, "--explain"))["rules"]
    assert len(rules) == 12
    stale = next(rule for rule in rules if rule["rule"] == "trading-core/stale-data")
    assert stale["values"] == {"market_context.data_age_seconds": 12.0, "limits.max_data_age": 30.0}
    assert stale["margins"] == [{"fact": "market_context.data_age_seconds", "limit": 30.0, "room": 18.0}]


def test_explain_shows_what_would_have_to_change(tmp_path):
    asked = changed(market_context__data_age_seconds=31, confidence=0.5)
    approval, review = answer(judged(tmp_path, asked, "--explain"))["nearest"]
    older = {"fact": "market_context.data_age_seconds", "now": 31.0, "then": 30.0}
    assert approval["changes"] == [{"fact": "confidence", "now": 0.5, "then": 0.6}, older]
    assert (review["wanted"], review["verdict"], review["changes"]) == ("REVIEW", "REVIEW", [older])
    assert "nearest" not in answer(judged(tmp_path, asked))


def test_packs_can_be_named(tmp_path):
    decision = answer(
        judged(tmp_path, REQUEST, "--pack", "trading-core@1.0.0", "--pack", "house-measurements@1.0.0")
    )
    rules = [reason["rule"] for reason in decision["reasons"]]
    assert rules == ["house-measurements/unmeasured-liquidity", "house-measurements/unmeasured-correlation"]


def test_a_dry_run_leaves_nothing_behind(tmp_path):
    judged(tmp_path / "var", REQUEST)
    assert not (tmp_path / "var").exists()


def test_packs_that_read_the_stops_are_told_of_them(tmp_path):
    def asked():
        packs = ("--pack", "trading-core@1.0.0", "--pack", "house-stops@1.0.0")
        return judged(tmp_path, REQUEST, *packs)

    assert [one["rule"] for one in answer(asked())["reasons"]][:1] == ["house-stops/halted"]
    trivet(tmp_path, "stop", "status")
    assert asked().returncode == 0
    trivet(tmp_path, "stop", "trip", "symbol:AAPL")
    stopped = answer(asked())
    assert [one["message"] for one in stopped["reasons"]] == [
        "trading is halted; only exits pass, and a person has to re-arm it"
    ]
