"""The command as a user runs it, each time with a data folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from adapters.cli import app

COMMAND = [sys.executable, "-m", "adapters.cli"]
PROJECT = Path(__file__).parents[1]


class Done(NamedTuple):
    """A command that ended."""

    returncode: int
    stdout: str
    stderr: str


def environment(home, **settings):
    """This environment without other TRIVET settings, the data folder at ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    return kept | {"TRIVET_HOME": str(home), "COLUMNS": "200"} | settings


def trivet(home, *arguments, stdin=None, **settings):
    """Run the command to its end in this process; the result has returncode, stdout and stderr."""
    kept = {name: None for name in os.environ if name.startswith("TRIVET_")}
    done = CliRunner().invoke(
        app, [*map(str, arguments)], input=stdin, env=kept | {"TRIVET_HOME": str(home), **settings}
    )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def trivet_process(home, *arguments, **settings):
    """The same in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=PROJECT,
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def started(home, *arguments, **settings):
    """Start the command and leave it running; its output goes to ``home/log``."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=PROJECT,
            env=environment(home, **settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def answer(process):
    """The JSON a command printed; its errors where there is none."""
    assert process.stdout, process.stderr
    return json.loads(process.stdout)
