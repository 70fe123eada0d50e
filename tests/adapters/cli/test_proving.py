"""Proofs from the command line: what a person, a pull request and a machine are told, and the exit codes."""

import json
import re
import subprocess
import sys

import pytest

from adapters.cli.difference_words import changed_facts
from adapters.release import read_lock
from engine.symbolic_start import Start
from tests.first_rules import first_rules
from tests.trivet import PROJECT, answer, environment, trivet

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
    return first_rules(tmp_path / "rules")


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


FAULTS = [
    ('then: REJECT\n    reason: "the market is closed"', 'then: REVIEW\n    reason: "the market is closed"'),
    (
        "data_age_seconds > limits.max_data_age",
        "data_age_seconds > limits.max_data_age && market_context.data_age_seconds < 90",
    ),
    ("confidence < limits.min_confidence", "confidence > 2"),
    ("cap: limits.max_size", "cap: 0.02"),
    (
        "rules:\n",
        'rules:\n  - {id: bad-day, when: "portfolio_context.daily_drawdown_pct > 0.1", then: REJECT}\n',
    ),
    ("seconds, min: 0, direction: riskier_up}", "seconds, min: 0, direction: riskier_up, absent: skip}"),
]


def test_what_is_claimed_of_a_pack_is_told(run, snapshot):
    done = run("prove", "trading-core")
    assert done.returncode == 0
    assert done.stdout == snapshot


def shipped_and_proved_whole():
    """The editable packs of whose version the lock notes no claim that the solver gave up on."""
    for name, versions in read_lock(PROJECT / "rules")["packs"].items():
        text = (PROJECT / "rules" / name / "pack.yaml").read_text("utf-8")
        [version] = re.findall(r"^version: (\S+)", text, re.MULTILINE)
        if "unknown" not in versions[version]:
            yield name


@pytest.mark.parametrize("pack", list(shipped_and_proved_whole()))
def test_every_claim_of_a_shipped_pack_is_proved(tmp_path, pack):
    assert trivet(tmp_path, "prove", pack).returncode == 0


def test_seeded_faults_are_told_at_their_place_each_with_a_signal(run, rules, snapshot):
    edit(rules, *FAULTS)
    done = run("prove", "trading-core")
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if " proved: " not in line] == snapshot


def test_proofs_are_json_with_whole_signals(run, rules):
    edit(rules, FAULTS[1])
    found = answer(run("prove", rules / "trading-core", "--json"))
    assert found["holds"] is False
    softer = next(one for one in found["proofs"] if one["result"] == "refuted")
    assert (softer["code"], softer["subject"]) == ("P602", "market_context.data_age_seconds")
    assert (
        softer["facts"]["market_context.data_age_seconds"]
        < softer["other"]["market_context.data_age_seconds"]
    )
    assert softer["facts"]["symbol"] == "AAPL"


def test_invariants_with_problems_are_exit_2_at_their_place(run, rules):
    path = rules / "trading-core" / "invariants.yaml"
    path.write_text(path.read_text("utf-8").replace("market_open ==", "market_opened ==", 1), "utf-8")
    failed = run("prove", "trading-core")
    assert failed.returncode == 2
    assert "rules/trading-core/invariants.yaml:6:13 P204 closed-market" in failed.stderr


@pytest.mark.parametrize(
    ("command", "example"),
    [("diff", "trivet diff trading-core@1.0.0 trading-core"), ("prove", "trivet prove trading-core")],
)
def test_help_shows_an_example(run, command, example):
    assert example in run(command, "--help").stdout


def test_the_solver_is_not_imported_to_judge_a_request(tmp_path):
    script = (
        "import sys; from adapters.cli import app; app(standalone_mode=False); assert 'z3' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "evaluate", "docs/example-request.json"],
        cwd=PROJECT, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["decision"] == "APPROVE"


def test_check_proves_what_is_quickly_proved_unless_told_to_be_fast(run, rules):
    dead = '  - {id: dead, when: "confidence > 0.6 && confidence < 0.5", then: REVIEW}\n'
    edit(rules, ("\nrules:\n", "\nrules:\n" + dead))
    done = run("check", rules / "trading-core")
    assert done.returncode == 1
    assert "P604 not so that dead can hit: no signal that the pack accepts" in done.stdout
    assert "P604" not in run("check", rules / "trading-core", "--fast").stdout


def test_a_signal_of_many_facts_is_told_in_a_line_that_can_be_read():
    facts = {f"x{number}": float(number) for number in range(40)}
    told = changed_facts(facts, Start(None, {}))
    assert told.startswith("x0 0, x1 1, ")
    assert told.endswith(" and 28 more")
    assert changed_facts(dict(list(facts.items())[:12]), Start(None, {})).endswith("x11 11")
