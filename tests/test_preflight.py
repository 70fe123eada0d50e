"""What a bare machine is told before anything is installed: what is missing, and which package brings it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PREFLIGHT = Path(__file__).resolve().parent.parent / ".ci" / "preflight"
PACKAGES = {"make": "make", "git": "git", "cc": "build-essential"}


def preflight(folder: Path, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """The preflight on a machine that has this Python, make, git and a compiler, except ``without``."""
    for tool in PACKAGES.keys() - {without}:
        (folder / tool).symlink_to(shutil.which("true") or "/bin/true")
    settings = {"PATH": str(folder), "CC": "cc"}
    shell = shutil.which("sh") or "/bin/sh"
    return subprocess.run(
        [shell, PREFLIGHT, *arguments], env=settings, capture_output=True, text=True, check=False
    )


def test_a_machine_that_has_everything_is_told_which_python_is_used(tmp_path: Path) -> None:
    told = preflight(tmp_path, sys.executable)
    assert (told.returncode, told.stdout.strip(), told.stderr) == (0, sys.executable, "")


@pytest.mark.parametrize("tool", PACKAGES)
def test_a_missing_tool_is_named_with_its_debian_package(tmp_path: Path, tool: str) -> None:
    told = preflight(tmp_path, sys.executable, without=tool)
    assert told.returncode == 1
    assert "missing: " in told.stderr
    assert f"apt-get install {PACKAGES[tool]}\n" in told.stderr


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    told = preflight(tmp_path)
    assert told.returncode == 1
    assert "missing: Python 3.11 or newer" in told.stderr


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    told = preflight(tmp_path, str(old))
    assert told.returncode == 1
    assert f"('{old}' is older or does not run)" in told.stderr


def test_missing_headers_are_named(tmp_path: Path) -> None:
    bare = tmp_path / "python-bare"
    bare.write_text(f'#!/bin/sh\ncase "$2" in *Python.h*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    bare.chmod(0o755)
    told = preflight(tmp_path, str(bare))
    assert told.returncode == 1
    assert "missing: Python.h" in told.stderr
    assert "apt-get install python3-dev\n" in told.stderr
