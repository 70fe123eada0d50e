"""Stopping and letting go from the command line, which needs the store and nothing that runs."""

from datetime import UTC, datetime

import pytest

from adapters.settings import STORE_FILE
from adapters.storage.checkpoints import HOUSE, Checkpoint, save
from adapters.storage.database import open_store
from adapters.together.lease import lease, write_environment
from policy.stops.scope import EVERYTHING
from policy.stops.standing import stops_in_force
from policy.store import reading
from tests.trivet import answer, trivet


@pytest.fixture
def home(tmp_path):
    return tmp_path / "var"


def in_force(url):
    store = open_store(url)
    try:
        with reading(store) as connection:
            return {str(one.scope): (one.state.value, one.exits) for one in stops_in_force(connection)}
    finally:
        store.dispose()


def of_run(home):
    return f"sqlite:///{home / STORE_FILE}"


def test_a_bare_trip_halts_everything_and_lets_exits_pass(home):
    done = trivet(home, "stop", "trip")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("HALTED   everything  (person, ")
    assert in_force(of_run(home)) == {"everything": ("HALTED", True)}


def test_a_trip_says_what_how_hard_and_whether_exits_are_held(home):
    trivet(home, "stop", "trip", "symbol:aapl", "--state", "reducing", "--note", "odd fills", "--by", "ada")
    trivet(home, "stop", "trip", "strategy:trend", "--no-exits")
    assert in_force(of_run(home)) == {"symbol:AAPL": ("REDUCING", True), "strategy:trend": ("HALTED", False)}
    told = trivet(home, "stop", "status").stdout
    assert "HALTED   strategy:trend, exits held too  (person, " in told
    assert "REDUCING symbol:AAPL  (person, ada, " in told
    assert "): odd fills\n" in told


def test_a_stop_of_what_was_never_ordered_stands_and_is_doubted_aloud(home):
    done = trivet(home, "stop", "trip", "strategy:trned")
    assert done.returncode == 0
    assert done.stderr.startswith("no order of strategy:trned is on record; if that is a slip, ")
    assert in_force(of_run(home)) == {"strategy:trned": ("HALTED", True)}


def test_a_stop_of_what_was_ordered_is_not_doubted(home):
    started = trivet(home, "replay", "--from", "2012-05-18", "--to", "2012-06-15", "--store", str(home))
    assert started.returncode == 0
    for scope in ("symbol:aapl", "strategy:fake"):
        done = trivet(home, "stop", "trip", scope)
        assert (done.returncode, done.stderr) == (0, "")


def test_status_exits_3_while_anything_is_stopped_and_0_before_and_after(home):
    before = trivet(home, "stop", "status")
    assert (before.returncode, before.stdout) == (0, "nothing is stopped, and nothing ever was\n")
    trivet(home, "stop", "trip", "symbol:IBM", "--by", "ada")
    assert trivet(home, "stop", "status").returncode == 3
    done = trivet(home, "stop", "rearm", "symbol:IBM", "--note", "explained", "--by", "bob")
    assert done.stdout.startswith("ACTIVE   symbol:IBM  (person, bob, ")
    after = trivet(home, "stop", "status", "--json")
    assert after.returncode == 0
    assert [one["state"] for one in answer(after)["items"]] == ["ACTIVE"]
    assert [(one["act"], one["by"]) for one in answer(after)["history"]] == [
        ("rearmed", "bob"),
        ("tripped", "ada"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trip", "all"), '"all" is no scope; write everything, symbol:AAPL or strategy:trend'),
        (("trip", "--state", "reducing", "--no-exits"), "only a halt holds exits back; ask for HALTED"),
        (("rearm", "everything", "--note", " "), "re-arming needs a note"),
        (
            ("rearm", "everything", "--note", "x", "--by", "execution"),
            'only a person re-arms, and "execution"',
        ),
        (("rearm", "symbol:IBM", "--note", "x"), "symbol:IBM was never stopped"),
    ],
)
def test_what_cannot_be_done_is_told_in_plain_words(home, arguments, words):
    failed = trivet(home, "stop", *arguments)
    assert failed.returncode == 2
    assert words in failed.stderr
    assert in_force(of_run(home)) == {}


def test_a_played_house_is_stopped_and_let_go_by_its_own_time(home):
    trivet(home, "stop", "status")
    store = open_store(of_run(home))
    save(store, HOUSE, Checkpoint(datetime(2012, 6, 4, 14, 30, tzinfo=UTC), {}))
    store.dispose()
    tripped = answer(trivet(home, "stop", "trip", "strategy:trend", "--json"))
    let_go = answer(trivet(home, "stop", "rearm", "strategy:trend", "--note", "explained", "--json"))
    assert [one["items"][0]["at"] for one in (tripped, let_go)] == ["2012-06-04T14:30:00Z"] * 2


def test_a_checkpoint_that_cannot_be_read_keeps_nobody_from_stopping(home):
    trivet(home, "stop", "status")
    store = open_store(of_run(home))
    with store.begin() as connection:
        connection.exec_driver_sql("INSERT INTO checkpoints VALUES ('house', 'some day', '{')")
    store.dispose()
    assert trivet(home, "stop", "trip").returncode == 0
    assert in_force(of_run(home)) == {"everything": ("HALTED", True)}


def test_re_arming_without_a_note_is_no_command(home):
    trivet(home, "stop", "trip")
    assert trivet(home, "stop", "rearm", "everything").returncode == 2
    assert in_force(of_run(home)) == {"everything": ("HALTED", True)}


def test_a_stop_reaches_the_services_apart_and_the_store_of_run_alike(home, postgres_url):
    trivet(home, "stop", "status")
    with lease(home):
        write_environment(home, {"TRIVET_DATABASE_URL": postgres_url})
        assert trivet(home, "stop", "trip").returncode == 0
        assert in_force(postgres_url) == in_force(of_run(home)) == {"everything": ("HALTED", True)}
        assert trivet(home, "stop", "rearm", "everything", "--note", "fine").returncode == 0
    assert in_force(postgres_url) == in_force(of_run(home)) == {}


def test_services_apart_alone_are_stopped_without_making_another_store(home, postgres_url):
    with lease(home):
        write_environment(home, {"TRIVET_DATABASE_URL": postgres_url})
        assert trivet(home, "stop", "trip").returncode == 0
    assert in_force(postgres_url) == {"everything": ("HALTED", True)}
    assert not (home / STORE_FILE).exists()


def test_a_store_that_is_away_keeps_no_other_from_being_stopped_and_is_told_of(home):
    trivet(home, "stop", "status")
    with lease(home):
        write_environment(home, {"TRIVET_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
        done = trivet(home, "stop", "trip")
    assert done.returncode == 2
    assert "the database cannot be used" in done.stderr
    assert in_force(of_run(home)) == {"everything": ("HALTED", True)}


def test_where_no_store_can_be_read_nothing_is_said_to_run(home):
    done = trivet(home, "stop", "status", TRIVET_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (done.returncode, done.stdout) == (2, "")


def test_stops_that_cannot_be_read_count_as_stopped_since_nobody_knows_when(home):
    trivet(home, "stop", "status")
    store = open_store(of_run(home))
    with store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE stops RENAME TO elsewhere")
    store.dispose()
    told = trivet(home, "stop", "status")
    assert told.returncode == 3
    assert "HALTED   everything  (unreadable): the stops cannot be read" in told.stdout


def test_the_scope_of_everything_is_what_a_house_reads(home):
    trivet(home, "stop", "trip", "EVERYTHING")
    store = open_store(of_run(home))
    with reading(store) as connection:
        assert stops_in_force(connection).at(EVERYTHING) is not None
    store.dispose()


@pytest.mark.parametrize("command", ["trip", "status", "rearm"])
def test_help_shows_an_example(home, command):
    assert f"Example: trivet stop {command}" in trivet(home, "stop", command, "--help").stdout
