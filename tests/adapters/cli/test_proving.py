"""Proofs from the command line: what a person, a pull request and a machine are told, and the exit codes."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.trivet import PROJECT, answer, trivet

EDITS = {
    "stricter": [("value: 30, unit: seconds", "value: 20, unit: seconds")],
    "looser": [
        ("value: 30, unit: seconds", "value: 60, unit: seconds"),
        ("ttl_seconds: 60", "ttl_seconds: 90"),
    ],
    "incomparable": [
        ("GOOG, IBM", "IBM, TSLA"),
        ("value: 0.01,", "value: 0.02,"),
        ("absent: skip}", "absent: REVIEW}"),
    ],
    "identical": [('when: "confidence < limits.min_confidence"', 'when: "!(confidence >= 0.6)"')],
}
CODES = {"identical": 0, "stricter": 10, "looser": 20, "incomparable": 20}


@pytest.fixture
def rules(tmp_path):
    return shutil.copytree(PROJECT / "rules", tmp_path / "rules")


@pytest.fixture
def run(tmp_path, rules):
    def told(*arguments):
        done = trivet(tmp_path / "var", *arguments, TRIVET_RULES=str(rules))
        out, err = (text.replace(str(rules), "rules") for text in (done.stdout, done.stderr))
        return done._replace(stdout=out, stderr=err)

    return told


def edit(rules, *edits, pack="trading-core"):
    path = rules / pack / "pack.yaml"
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("verdict", EDITS)
def test_a_difference_is_told_in_words_and_its_exit_code_is_the_verdict(run, rules, verdict, snapshot):
    edit(rules, *EDITS[verdict])
    done = run("diff", "trading-core@1.0.0", "trading-core")
    assert done.returncode == CODES[verdict]
    assert done.stdout == snapshot


def test_a_difference_is_a_block_for_a_pull_request(run, rules, snapshot):
    edit(rules, *EDITS["incomparable"])
    assert run("diff", "trading-core@1.0.0", "trading-core", "--markdown").stdout == snapshot


def test_a_difference_is_json_with_whole_signals(run, rules):
    edit(rules, *EDITS["looser"])
    found = answer(run("diff", "trading-core@1.0.0", rules / "trading-core", "--json"))
    assert found["verdict"] == "looser"
    moved = {(one["from"], one["to"]): one for one in found["transitions"]}
    assert len(moved) == 6
    assert moved["APPROVE", "REJECT"] == {"from": "APPROVE", "to": "REJECT", "status": "impossible"}
    assert moved["REJECT", "APPROVE"]["facts"]["market_context.data_age_seconds"] == 40
    assert moved["REJECT", "APPROVE"]["facts"]["symbol"] == "AAPL"
    assert found["decision_ttl_seconds"] == {"from": 60, "to": 90}
    assert {one["move"]: one["status"] for one in found["caps"]} == {
        "larger": "impossible",
        "smaller": "impossible",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("trading-core@9.9.9", "trading-core"),
        ("nothing", "trading-core"),
        ("trading-core", "nowhere/pack.yaml"),
        ("trading-core", "trading-core@"),
        ("trading-core", "trading-core", "--json", "--markdown"),
    ],
)
def test_a_difference_that_cannot_be_had_is_exit_2_in_plain_words(run, arguments, snapshot):
    failed = run("diff", *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "Traceback" not in failed.stderr
    assert " ".join(re.sub(r"[^\w\s.;@/'()`-]+", "", failed.stderr).split()) == snapshot


def test_a_pack_with_problems_is_not_compared(run, rules):
    edit(rules, ("confidence < limits", "confidense < limits"))
    failed = run("diff", "trading-core@1.0.0", "trading-core")
    assert failed.returncode == 2
    assert "rules/trading-core/pack.yaml:105:12 P204" in failed.stderr


def test_help_shows_an_example(run):
    assert "trivet diff trading-core@1.0.0 trading-core" in run("diff", "--help").stdout


def test_the_solver_is_not_imported_to_judge_a_request(tmp_path):
    script = (
        "import sys; from adapters.cli import app; app(standalone_mode=False); assert 'z3' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "evaluate", "docs/example-request.json"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["decision"] == "APPROVE"
