"""A drill trips every stop and says what came of it; it fails when a stop does not do what it should."""

import json
import logging
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, select

from adapters.cli.speech import log_to_stderr
from adapters.execution.stopping import held, watching
from adapters.execution.stopping.drills import bears_out
from adapters.execution.stopping.tables import stop_drills
from adapters.settings import Settings
from adapters.wiring.drill.rehearsal import play
from adapters.wiring.drill.scenes import scenes
from adapters.wiring.drill.stage import stages_in
from tests.trivet import PROJECT, trivet


@contextmanager
def looking_into(home):
    store = create_engine(f"sqlite:///{home / 'trivet.sqlite3'}")
    try:
        with store.connect() as connection:
            yield connection
    finally:
        store.dispose()


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    log_to_stderr(logging.CRITICAL)
    folder = tmp_path_factory.mktemp("stages")
    prepared = stages_in(Settings(home=folder, rules=PROJECT / "rules"), folder)
    prepared.prepare()
    yield prepared
    log_to_stderr()


def scene(name):
    return next(one for one in scenes() if one.name == name)


def test_a_drill_shows_every_stop_at_work_and_is_put_on_record(tmp_path):
    done = trivet(tmp_path, "stop", "drill", "--by", "kim", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["passed"], told["number"]) == (0, True, 1)
    assert [row["stop"] for row in told["stops"]] == [one.name for one in scenes()]
    assert [row["stop"] for row in told["stops"] if not row["as_expected"]] == []
    assert max(row["seconds"] for row in told["stops"]) < 5
    with looking_into(tmp_path) as connection:
        [kept] = connection.execute(select(stop_drills)).all()
    assert (kept.by, kept.passed, kept.digest, kept.result) == ("kim", True, told["sha256"], told["stops"])
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert bears_out(kept.result, kept.digest)


def test_a_stop_that_lets_new_risk_through_fails_the_drill(stages, monkeypatch):
    monkeypatch.setattr(held, "_passes", lambda *_: True)
    played = play(stages, scene("everything, halted"), 1)
    assert played.differences == [
        "new risk: DENIED (rules-now-reject), not blocked",
        "reducing signal: DENIED (rules-now-reject), not blocked",
        "beside: DENIED (rules-now-reject), not blocked",
    ], "without execution's stop the rules hold it alone, and the drill wants both"


def test_a_stop_that_traps_exits_fails_the_drill(stages, monkeypatch):
    monkeypatch.setattr(held, "_passes", lambda *_: False)
    assert "exit: blocked, not passes" in play(stages, scene("everything, reducing"), 2).differences


def test_a_stop_that_leaves_orders_at_work_fails_the_drill(stages, monkeypatch):
    monkeypatch.setattr("adapters.execution.stopping.obeying.must_end", lambda *_: iter(()))
    assert "at work, adding: stays, not cancelled" in play(stages, scene("a symbol, halted"), 3).differences


def test_a_watcher_that_does_not_trip_fails_the_drill(stages, monkeypatch):
    monkeypatch.setattr(watching, "of_losses", lambda *_: iter(()))
    played = play(stages, scene("daily loss"), 4)
    assert played.differences[0] == "cause: not stopped as it should be ([]), not daily-loss"
    assert "next process: not stopped, not stopped" in played.differences
