"""The nearest request that would have been approved: one that could be sent, or plainly not known."""

import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from engine import Verdict, evaluate, read_pack
from policy.nearest import nearest_requests

CORE = read_pack(Path("rules/trading-core/pack.yaml").read_text("utf-8"), "core.yaml")
CALM = CORE.cast["calm_buy"]
STATUS, RECOMMENDATION = "reasoning.status", "reasoning.recommendation"
HARD = """\
pack: hard
version: 1.0.0
inputs: {a: {type: number, max: 9}, b: {type: number, max: 9}, c: {type: number, max: 9}}
rules:
  - {id: r, when: "a * b * c != 17.25 + a * a * b", then: REJECT}
  - {id: s, when: "a * b < b * c * c + 3", then: REJECT}
"""


def nearest(**changes):
    facts = {**CALM, **{name.replace("__", "."): value for name, value in changes.items()}}
    facts = {name: value for name, value in facts.items() if value is not None}
    verdict = evaluate([CORE], facts).verdict
    return nearest_requests([CORE], facts, verdict)


def test_an_approval_needs_no_change():
    assert nearest() == ()


def test_a_fact_that_objects_is_mended_and_never_withheld():
    [approval, _] = nearest(reasoning__recommendation="BLOCK")
    assert [(one.now, one.then) for one in approval.changes] == [("BLOCK", "ALLOW")]


def test_what_is_proposed_could_be_sent():
    [approval] = nearest(reasoning__status="FAILED", reasoning__recommendation=None)
    assert [(one.fact, one.now, one.then) for one in approval.changes] == [(STATUS, "FAILED", "SKIPPED")]


def test_a_symbol_that_may_not_be_traded_cannot_be_helped():
    assert [one.status for one in nearest(symbol="TSLA")] == ["impossible", "impossible"]


def test_without_a_pack_nothing_helps():
    assert [one.status for one in nearest_requests([], {}, Verdict.REJECT)] == ["impossible", "impossible"]


def test_what_takes_too_long_is_unknown():
    pack = read_pack(HARD, "hard.yaml")
    start = process_time()
    found = nearest_requests([pack], {"a": 1.0, "b": 2.0, "c": 3.0}, Verdict.REJECT)
    assert process_time() - start < 2
    assert [(one.status, one.changes) for one in found] == [("unknown", ()), ("unknown", ())]


@pytest.mark.parametrize("module", ["policy.api", "adapters.cli.app"])
def test_who_does_not_ask_does_not_load_the_solver(module):
    program = f"import sys, {module}; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
