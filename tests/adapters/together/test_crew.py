"""The crew with real processes: order, restarts with growing delay, clean stops, plain failures."""

import os
import signal
import sys
import time

import pytest

from adapters.servers.child import Command
from adapters.servers.recipe import Recipe
from adapters.together.crew import Crew, shown
from adapters.together.member import TRIES, Member, MemberFailed, State

SLEEPS = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
    "time.sleep(60)"
)


@pytest.fixture
def crew_of(tmp_path):
    """Makes crews of Python one-liners and ends what is left of them."""
    crews = []

    def make(*members):
        crews.append(Crew(members))
        return crews[-1]

    def member(name, code=SLEEPS, waits_for=(), asks=(), answers=lambda pid: True, job=False):
        url = f"http://user:secret@127.0.0.1/{name}"
        recipe = Recipe(name, url, 1, command(tmp_path, name, code), answers)
        return Member(recipe, waits_for, asks, job=job)

    make.member = member
    yield make
    for crew in crews:
        crew.stop(hurry=lambda: True)


def command(folder, name, code):
    return Command([sys.executable, "-I", "-c", code], folder / f"{name}.log", dict(os.environ))


def looked_until(crew, holds, seconds=10):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, crew.rows()
        crew.look()
        time.sleep(0.01)


def states(crew):
    return {row.name: row.state for row in crew.rows()}


def test_each_starts_when_what_it_waits_for_is_healthy(crew_of):
    answers = []
    base = crew_of.member("base", answers=lambda pid: bool(answers))
    crew = crew_of(base, crew_of.member("above", waits_for=("base",)))
    looked_until(crew, lambda: base.state is State.STARTING)
    crew.look()
    assert states(crew) == {"base": "starting", "above": "waiting"}

    answers.append("yes")

    looked_until(crew, crew.healthy)


def test_a_job_is_done_before_others_start(crew_of, tmp_path):
    job = crew_of.member("job", "print('made')", job=True)
    crew = crew_of(job, crew_of.member("service", waits_for=("job",)))
    looked_until(crew, crew.healthy)
    assert states(crew) == {"job": "done", "service": "healthy"}
    assert (tmp_path / "job.log").read_text() == "made\n"


def test_what_is_not_in_the_crew_is_waited_for_by_nobody(crew_of):
    crew = crew_of(crew_of.member("service", waits_for=("postgres",)))
    looked_until(crew, crew.healthy)


def test_a_killed_process_is_started_again_after_a_growing_delay(crew_of):
    member = crew_of.member("service")
    crew = crew_of(member)
    delays = []
    for _ in range(2):
        looked_until(crew, crew.healthy)
        os.kill(member.pid, signal.SIGKILL)
        looked_until(crew, lambda: member.state is State.DIED)
        [row] = crew.rows()
        assert row.last_code == -signal.SIGKILL
        delays.append(row.retry_in)
    looked_until(crew, crew.healthy)
    assert delays == [0.5, 1.0]
    assert crew.rows()[0].restarts == 2


def test_a_process_that_falls_silent_is_said_to_be_not_ready_and_left_alone(crew_of):
    silent = []
    member = crew_of.member("service", answers=lambda pid: not silent)
    crew = crew_of(member)
    looked_until(crew, crew.healthy)
    pid = member.pid
    silent.append("yes")
    looked_until(crew, lambda: member.state is State.SILENT)
    silent.clear()
    looked_until(crew, crew.healthy)
    assert member.pid == pid


def test_a_failed_job_ends_everything_with_its_last_words(crew_of):
    crew = crew_of(crew_of.member("migrate", "import sys; sys.exit('no such database')", job=True))
    with pytest.raises(MemberFailed, match=r"(?s)migrate ended with code 1; .*no such database"):
        looked_until(crew, crew.healthy)


def test_a_process_that_never_becomes_healthy_is_given_up(crew_of, monkeypatch):
    monkeypatch.setattr("adapters.together.member.MOST_DELAY_SECONDS", 0.01)
    member = crew_of.member("service", "import sys; sys.exit(2)", answers=lambda pid: False)
    member.life.delay = 0.01
    crew = crew_of(member)
    with pytest.raises(MemberFailed, match="service ended with code 2"):
        looked_until(crew, crew.healthy)
    assert member.life.tries == TRIES


def test_those_who_need_others_are_stopped_first(crew_of, tmp_path):
    says = (
        "import signal, sys, time\n"
        "def end(*_): print(time.monotonic()); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open({!r}, 'w').close()\n"
        "time.sleep(60)"
    )
    names = ("base", "middle", "above")
    members = [
        crew_of.member(
            name,
            says.format(str(tmp_path / f"{name}.up")),
            waits_for=names[: place % 2],
            asks=names[:place],
            answers=lambda pid, name=name: (tmp_path / f"{name}.up").exists(),
        )
        for place, name in enumerate(names)
    ]
    crew = crew_of(*members)
    looked_until(crew, crew.healthy)

    crew.stop()

    ended = [float((tmp_path / f"{name}.log").read_text()) for name in names]
    assert ended == sorted(ended, reverse=True)
    assert set(states(crew).values()) == {"stopped"}


def test_a_second_wish_to_stop_kills_what_will_not_end(crew_of, tmp_path):
    member = crew_of.member("deaf", STUBBORN, answers=lambda pid: (tmp_path / "deaf.log").read_text() != "")
    crew = crew_of(member)
    looked_until(crew, crew.healthy)
    pid, started = member.pid, time.monotonic()

    crew.stop(hurry=lambda: time.monotonic() > started + 0.3)

    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_addresses_are_shown_without_what_opens_them(crew_of):
    assert shown("postgresql://postgres:p@ss@127.0.0.1:5432/x") == "postgresql://127.0.0.1:5432/x"
    [row] = crew_of(crew_of.member("service")).rows()
    assert row.address == "http://127.0.0.1/service"
