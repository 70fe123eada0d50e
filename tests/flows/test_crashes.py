"""Kill -9 between any two writes of an order's way to its fill: the next process makes up for all of it."""

import json
import os
import subprocess
import sys

import pytest

from tests.trivet import PROJECT


@pytest.fixture(scope="module")
def crashes(tmp_path_factory):
    """What was left behind at each kill, and what the next process made of it; the last was not killed."""
    folder = tmp_path_factory.mktemp("crashes")
    command = [sys.executable, "-m", "tests.flows.crashing", str(folder)]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    count = len(list(folder.glob("*.json")))
    return [
        (
            (folder / f"{number}.left").read_text("utf-8"),
            json.loads((folder / f"{number}.json").read_text("utf-8")),
        )
        for number in range(1, count + 1)
    ]


def test_every_stage_of_an_order_is_one_at_which_a_process_was_killed(crashes):
    assert list(dict.fromkeys(left for left, _ in crashes)) == [
        "nothing, not at the broker",
        "NEW, not at the broker",
        "SUBMITTED, not at the broker",
        "SUBMITTED, at the broker",
        "ACCEPTED, at the broker",
        "FILLED, at the broker",
    ]


def test_wherever_a_process_is_killed_there_is_one_order_sent_once(crashes):
    assert {(found["orders"], found["submissions"]) for _, found in crashes} == {(1, 1)}


def test_wherever_a_process_is_killed_its_caller_gets_the_same_answer_and_the_same_fill(crashes):
    _, undisturbed = crashes[-1]
    assert undisturbed["end"]["state"] == "FILLED"
    for _, found in crashes:
        assert found == undisturbed


def test_wherever_a_process_is_killed_the_audit_log_holds_and_the_books_agree(crashes):
    assert {found["books_agree"] for _, found in crashes} == {True}
    assert [found["flaws"] for _, found in crashes if found["flaws"]] == []
