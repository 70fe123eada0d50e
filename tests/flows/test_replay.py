"""A played run is the same every time, and interrupting it changes nothing."""

import random
import time
from contextlib import contextmanager, suppress

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from policy.tables import decided_signals, policy_evaluations
from tests.trivet import answer, started, trivet, trivet_process

DAYS = ("--from", "2012-05-18", "--to", "2012-07-20")


@contextmanager
def looking_into(home):
    """A connection of our own to the store in ``home``, which another process may be writing."""
    store = create_engine(f"sqlite:///{home / 'trivet.sqlite3'}")
    try:
        with store.connect() as connection:
            yield connection
    finally:
        store.dispose()


def recorded(home):
    """How many decisions the store in ``home`` holds so far."""
    with suppress(SQLAlchemyError), looking_into(home) as connection:
        return connection.scalar(select(func.count()).select_from(policy_evaluations))
    return 0


def killed_after(home, decisions, *arguments):
    """Kill -9 the command once that many decisions are on record; False when it was done before."""
    process = started(home, *arguments)
    until = time.monotonic() + 60
    while process.poll() is None and recorded(home) < decisions:
        assert time.monotonic() < until, (home / "log").read_text()
        time.sleep(0.005)
    process.kill()
    return process.wait() != 0


def test_two_replays_of_the_same_days_are_equal_to_the_byte(tmp_path):
    one, other = (answer(trivet_process(tmp_path / name, "replay", *DAYS, "--json")) for name in "ab")
    assert one == other
    assert one["sessions"] == 44
    assert one["signals"] == sum(one["decisions"].values())
    assert min(one["decisions"].values()) > 0
    assert len(one["reasons"]) >= 6
    assert one["fills"] > 0


def test_a_replay_that_is_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path):
    whole = answer(trivet(tmp_path / "whole", "replay", *DAYS, "--json"))
    home, dice = tmp_path / "broken", random.Random(7)
    arguments = ("replay", *DAYS, "--store", home)
    kills = 0
    for decisions in sorted(dice.sample(range(1, whole["signals"]), 4)):
        resume = ("--resume",) if (home / "trivet.sqlite3").exists() else ()
        kills += killed_after(home, decisions, *arguments, *resume)
        verified = trivet(home, "audit", "verify")
        assert verified.returncode == 0, verified.stdout
    assert kills >= 2
    assert answer(trivet(home, *arguments, "--resume", "--json")) == whole
    assert one_decision_each(home) == whole["signals"]


def one_decision_each(home):
    with looking_into(home) as connection:
        decided = policy_evaluations.c.purpose.is_(None)
        signals = connection.scalars(select(policy_evaluations.c.signal_id).where(decided)).all()
        claims = connection.scalars(select(decided_signals.c.signal_id)).all()
    assert len(set(signals)) == len(signals)
    assert set(claims) == set(signals)
    return len(signals)


def test_a_store_that_holds_a_replay_is_not_played_over(tmp_path):
    days = ("--from", "2012-06-04", "--to", "2012-06-05")
    assert trivet(tmp_path, "replay", *days, "--store", tmp_path / "kept").returncode == 0
    again = trivet(tmp_path, "replay", *days, "--store", tmp_path / "kept")
    assert again.returncode == 2
    assert "--resume" in again.stderr


def test_days_without_bars_are_refused_with_the_days_there_are(tmp_path):
    refused = trivet(tmp_path, "replay", "--from", "2020-01-01", "--to", "2020-02-01")
    assert refused.returncode == 2
    assert "2000-03-01 to 2013-03-01" in refused.stderr
