"""``trivet stop drill`` for a person at a terminal: the table, what went wrong, and the exit code."""

import pytest

from adapters.execution.stopping.drills import Drilled
from adapters.wiring.drill import running
from adapters.wiring.drill.rehearsal import Played
from adapters.wiring.drill.stage import StageBroken
from tests.trivet import trivet

GOOD = {"cause": "person", "new risk": "blocked", "exit": "passes"}
WRONG = GOOD | {"new risk": "passes"}


def drilled(monkeypatch, *found):
    """Let the drill come to rows of which these are found; each should be ``GOOD``."""
    table = [Played(f"stop {place}", "person", GOOD, one, 0.25) for place, one in enumerate(found)]

    def drill(_settings, by, tell):
        for row in table:
            tell(row)
        return running.Drill(table, Drilled(7, f"digest of {by}"))

    monkeypatch.setattr(running, "drill", drill)


def test_a_drill_that_passes_is_shown_as_a_table_and_ends_with_0(tmp_path, monkeypatch):
    drilled(monkeypatch, GOOD, GOOD)
    done = trivet(tmp_path, "stop", "drill", "--by", "kim")
    assert done.returncode == 0
    assert "2 stops drilled, every one did what it should; drill 7 is on record" in done.stdout
    assert "sha256 digest of kim" in done.stdout
    assert "WRONG" not in done.stdout


def test_a_drill_that_fails_says_which_stop_did_what_and_ends_with_1(tmp_path, monkeypatch):
    drilled(monkeypatch, GOOD, WRONG)
    done = trivet(tmp_path, "stop", "drill")
    assert done.returncode == 1
    assert "stop 1: new risk: passes, not blocked" in done.stdout
    assert "2 stops drilled, 1 did not do what they should; drill 7 is on record" in done.stdout
    assert done.stdout.count("WRONG") == 1


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_drill_that_could_not_be_set_up_is_no_drill(tmp_path, monkeypatch, words):
    def broken(*_):
        raise StageBroken("AAPL could not be bought for the drill")

    monkeypatch.setattr(running, "drill", broken)
    done = trivet(tmp_path, "stop", "drill", *words)
    assert (done.returncode, done.stderr) == (2, "AAPL could not be bought for the drill\n")
