"""A Postgres of our own on loopback, its cluster in a folder."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from adapters.servers.child import Command
from adapters.servers.found import account, postgres_binaries, runs
from adapters.servers.recipe import Recipe, ServerFailed
from adapters.servers.secret import kept_secret

# Durability is Postgres' own default: every commit is on disk before it is told.
_ALWAYS = ("shared_buffers=64MB", "max_connections=200", "timezone=UTC", "log_timezone=UTC")
NO_SYNC = ("fsync=off", "full_page_writes=off")
"""Commits outlive a crash of Postgres, but no power cut."""
UNSAFE = (*NO_SYNC, "synchronous_commit=off")
"""For a server whose contents nobody will miss."""


def postgres(folder: Path, port: int, settings: tuple[str, ...] = (), log: Path | None = None) -> Recipe:
    """A Postgres whose cluster is in ``folder``, made if it is not there.

    ``log`` is a file in ``folder`` if not said; ``settings`` are ``name=value`` pairs. For root it runs as
    nobody, to whom the cluster then belongs.
    Raises ``ServerFailed`` when the binaries are missing or nobody cannot reach ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    user = account()
    _open_to(user, folder)
    binaries, password = postgres_binaries(folder), kept_secret(folder / "password")
    cluster = folder / "cluster"
    if not cluster.exists():
        _initialise(binaries, cluster, password, user, sync="fsync=off" not in settings)
    return Recipe(
        name="postgres",
        url=f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres",
        port=port,
        command=_command(binaries, cluster, port, settings, log or folder / "log"),
        answers=lambda pid: _says_ready(cluster / "postmaster.pid", pid),
    )


def _open_to(user: int | None, folder: Path) -> None:
    """Let ``user`` pass through ``folder``, without seeing what else is in it."""
    if user is None:
        return
    folder.chmod(0o711)
    if not runs(user, "test", "-x", folder):
        raise ServerFailed(
            f"for root Postgres runs as nobody, who cannot reach {folder}; set TRIVET_HOME to a folder below "
            "no private one, start as another user, or give TRIVET_DATABASE_URL"
        )


def _initialise(binaries: Path, cluster: Path, password: str, user: int | None, *, sync: bool) -> None:
    """Make the cluster beside its place and move it there whole: half a cluster is none."""
    making, secret = cluster.with_name("cluster.making"), cluster.with_name("password.once")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if user is not None:
        for path in (making, secret):
            os.chown(path, user, user)
    try:
        _run_initdb(binaries, making, secret, user, sync=sync)
    finally:
        secret.unlink()
    making.rename(cluster)


def _run_initdb(binaries: Path, cluster: Path, secret: Path, user: int | None, *, sync: bool) -> None:
    words: list[str | Path] = [binaries / "initdb", "-D", cluster, "-U", "postgres", "-A", "scram-sha-256"]
    words += [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
    words += [] if sync else ["--no-sync"]
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - our own command line
        words, check=False, capture_output=True, text=True, cwd="/", env=_variables(), **identity
    )
    if done.returncode != 0:
        raise ServerFailed(f"initdb failed: {done.stdout}{done.stderr}")


def _command(binaries: Path, cluster: Path, port: int, settings: tuple[str, ...], log: Path) -> Command:
    words: list[str | Path] = [
        binaries / "postgres",
        "-D",
        cluster,
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-k",
        "",
    ]
    for one in (*_ALWAYS, *settings):
        words += ["-c", one]
    return Command(
        words=words,
        log=log,
        variables=_variables(),
        stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for clients
        account=account(),
    )


def _variables() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "TRIVET_"))}
    return kept | {"LC_ALL": "C"}


def _says_ready(pidfile: Path, pid: int) -> bool:
    """Whether this very process says so: after a crash the file of the one before it lies there still."""
    try:
        lines = pidfile.read_text().splitlines()
        return lines[0] == str(pid) and lines[7].strip() == "ready"
    except (OSError, IndexError):
        return False
