"""The rollout from the command line: what is missing is printed with its next step, two people, one back."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from adapters.execution.stopping.drills import keep_drill
from adapters.settings import STORE_FILE
from adapters.storage.database import open_store
from adapters.wiring.store import clock_of
from policy.rollout.tables import rollout_phases
from policy.store import writing
from tests.trivet import Done, trivet

Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return lambda *arguments, **settings: trivet(tmp_path, "phase", *arguments, **settings)


@pytest.fixture
def drilled(tmp_path: Path, run: Run) -> None:
    """A store whose stops were drilled."""
    run("show")
    store = open_store(f"sqlite:///{tmp_path / STORE_FILE}")
    keep_drill(store, clock_of(store), "kim", passed=True, table=[{"stop": "x", "as_expected": True}])
    store.dispose()


def asked(run: Run, by: str = "anna") -> str:
    """The number of a request that waits for a second person."""
    done = run("advance", "--by", by, "--note", "ready")
    assert done.returncode == 0, done.stderr
    found = re.search(r"--confirm (\S+) --by NAME", done.stdout)
    assert found is not None, done.stdout
    return found[1]


def test_show_tells_phase_limits_and_what_is_missing_with_the_next_step(run: Run) -> None:
    done = run("show")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["phase development", "packs   none"]
    assert "limit   flatten_before_close_minutes none minutes" in lines
    assert "  missing drills-passed: the stops were never drilled" in lines
    assert "            next:  drill the stops with `trivet stop drill`" in lines
    told = json.loads(run("show", "--json").stdout)
    assert (told["phase"], told["checklist"]["satisfied"]) == ("development", False)


def test_advance_is_refused_with_its_reasons_and_exit_code_1(run: Run) -> None:
    done = run("advance", "--by", "anna", "--note", "ready")
    assert done.returncode == 1
    assert "refused: 1 of 9 are missing to go from development to paper; kept on record" in done.stdout


def test_two_names_advance_and_one_goes_back(run: Run, drilled: None) -> None:
    request = asked(run)
    alone = run("advance", "--confirm", request, "--by", "anna")
    assert (alone.returncode, alone.stderr) == (1, f"anna asked for it; {OTHER}\n")
    done = run("advance", "--confirm", request, "--by", "ben")
    assert done.returncode == 0
    assert "ok      two-people: anna asked (local), ben confirmed (local)" in done.stdout
    assert re.search(r"phase paper since .* from development, by anna, confirmed by ben", done.stdout)
    assert "packs   rollout-paper@1.0.0 for callers, rollout-paper@1.0.0 for house" in run("show").stdout
    assert "phase development since" in run("back", "--by", "kim", "--note", "odd fills").stdout
    assert run("back").stderr == "development is the first phase; there is none to go back to\n"


OTHER = "another person has to confirm, with a credential of their own where keys are used"


def test_a_second_person_gives_a_name(run: Run, drilled: None) -> None:
    done = run("advance", "--confirm", asked(run), "--by", " ")
    assert (done.returncode, done.stderr) == (
        1, 'only a person advances a phase, and " " is none; give your own name\n',
    )  # fmt: skip


def test_where_keys_are_required_nobody_advances_from_the_terminal_and_anybody_goes_back(run: Run) -> None:
    refused = run("advance", "--by", "anna", "--note", "ready", TRIVET_AUTH="required")
    assert refused.returncode == 2
    assert "POST /v1/rollout/advance" in refused.stderr
    assert run("back", TRIVET_AUTH="required").returncode == 1


@pytest.mark.parametrize(
    "command",
    [("phase", "show"), ("phase", "back"), ("limits", "show"), ("replay", "--resume", "--store", ".")],
)
def test_a_phase_that_cannot_be_read_is_told_in_plain_words(
    tmp_path: Path, run: Run, command: tuple[str, ...]
) -> None:
    run("show")
    store = open_store(f"sqlite:///{tmp_path / STORE_FILE}")
    row = {"phase": "moon", "from_phase": "live", "act": "advance", "at": clock_of(store).now()}
    with writing(store) as connection:
        connection.execute(insert(rollout_phases).values(**row, by="x", note="", checklist=[]))
    store.dispose()
    done = trivet(tmp_path, *(str(tmp_path) if one == "." else one for one in command))
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("the phase of the rollout cannot be read")
    assert done.stderr.count("\n") == 1


def test_a_store_without_a_session_has_nothing_to_show(run: Run) -> None:
    done = run("sessions")
    assert (done.returncode, done.stdout) == (0, "0 sessions, 0 of them half days; 0 ended flat\n")
