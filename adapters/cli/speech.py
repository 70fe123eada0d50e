"""How commands speak: results on standard output, what went wrong on standard error, one exit code each."""

import getpass
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import structlog
import typer
from pydantic import ValidationError

from adapters.regress.signals import RegressRefused
from adapters.release import ReleaseRefused
from adapters.settings import Settings, UnsafeSettings
from adapters.wiring.refusal import Refused
from engine import EngineFailure, PackProblems
from engine.columnar_surface import ColumnsUnfit
from policy.ports import PackUnavailable
from policy.problems import Problem, faults_of, invalid_request

USAGE = 2
FAILED = 1


def settings() -> Settings:
    """The settings of the environment; a wrong one ends the command with every fault."""
    try:
        return Settings()
    except ValidationError as error:
        for fault in error.errors():
            name = "TRIVET_" + "_".join(map(str, fault["loc"])).upper()
            typer.echo(f"{name}: {fault['msg'].lower().removeprefix('value error, ')}", err=True)
        raise typer.Exit(USAGE) from error


def settings_of_store() -> Settings:
    """The same, for a command that opens the store: says so where services apart are up and have another."""
    from adapters.together.lease import environment_of  # noqa: PLC0415

    chosen = settings()
    place = None if chosen.database_url else environment_of(chosen.home)
    if place is not None:
        typer.echo(
            f"note: this is the store of trivet run; for the one that trivet up has, first: . {place}",
            err=True,
        )
    return chosen


def account_name() -> str:
    """Who is at the terminal, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


def log_to_stderr(least: int = logging.WARNING) -> None:
    """Logs from level ``least`` on go beside the results, never among them."""
    structlog.configure(
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever that is by then
        wrapper_class=structlog.make_filtering_bound_logger(least),
    )


def say(text: str) -> None:
    """One line for the person at the terminal."""
    typer.echo(text)


def printable(text: str) -> str:
    """One line of ``text`` without signs that a terminal would obey: others must not move its cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def say_json(value: Any) -> None:
    """One JSON value, indented, for a machine or a patient reader."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def stop(problem: Problem, code: int = USAGE) -> NoReturn:
    """Problem JSON on standard error, then the exit code."""
    sys.stderr.write(json.dumps(json.loads(problem.body()), indent=2, ensure_ascii=False) + "\n")
    raise typer.Exit(code)


@contextmanager
def plain_failures(code: int = FAILED) -> Iterator[None]:
    """Turn what a command can run into into plain words on standard error and exit ``code``."""
    try:
        yield
    except PackProblems as problems:
        _end([str(problem) for problem in problems.problems], code, problems)
    except ReleaseRefused as refused:
        _end(refused.reasons, code, refused)
    except (PackUnavailable, UnsafeSettings, Refused, RegressRefused, FileNotFoundError) as error:
        _end([str(error)], code, error)
    except (ColumnsUnfit, EngineFailure, ConnectionError) as error:
        _end([str(error)], code, error)
    except Exception as error:
        if not _of_the_database(error):
            raise
        words = str(error).splitlines()[0]
        _end(
            [f"the database cannot be used: {words}; check TRIVET_DATABASE_URL and TRIVET_HOME"], code, error
        )


def _of_the_database(error: Exception) -> bool:
    """Whether it is one of SQLAlchemy's, which many commands do without: then nothing has imported it."""
    errors = sys.modules.get("sqlalchemy.exc")
    return errors is not None and isinstance(error, errors.SQLAlchemyError)


def _end(lines: list[str], code: int, cause: BaseException) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code) from cause


@contextmanager
def problem_failures() -> Iterator[None]:
    """Turn every failure into problem JSON on standard error and exit 2."""
    try:
        yield
    except Problem as problem:
        stop(problem)
    except ValidationError as error:
        stop(invalid_request(faults_of([dict(one) for one in error.errors()])))
    except PackProblems as problems:
        stop(Problem(422, "pack-problems", str(problems)))
    except Exception as error:
        told = (PackUnavailable, FileNotFoundError, IsADirectoryError, PermissionError, UnsafeSettings)
        if not isinstance(error, told) and not _of_the_database(error):
            raise
        stop(Problem(503, "not-evaluated", str(error).splitlines()[0]))
