"""The order of the house: who imports whom, what lies where, and what no file may hold."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "policy", "adapters", "ui")
MOST_LINES = 400
TOP_LEVEL = {
    *("rules", "engine", "policy", "adapters", "ui", "tests", "docs", "deploy"),
    *(".ai", ".ci", ".editorconfig", ".gitignore", ".pre-commit-config.yaml"),
    *("CHANGELOG.md", "LICENSE", "Makefile", "README.md"),
    *("docker-compose.yml", "pyproject.toml", "requirements.lock"),
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
DICE = {"uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "random.random", "random.Random", "secrets.token_hex"}
THE_CLOCK = "adapters/clock.py"
SEEDED = "random.Random"  # with a seed it is no dice at all


def tracked() -> list[Path]:
    """Every file git knows, relative to the checkout; whoever owns the checkout."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    """The Python files of the product."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in PACKAGES]


def parsed(path: Path) -> ast.Module:
    """The syntax tree of one file of the checkout."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call in ``tree`` by the last two parts of what is called: ``datetime.now``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ".".join(ast.unparse(node.func).split(".")[-2:]), node


def test_imports_keep_their_contracts() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_top_level_holds_what_was_agreed_and_nothing_else() -> None:
    assert {path.parts[0] for path in tracked()} - TOP_LEVEL == set()


def test_files_fit_the_head() -> None:
    python = [path for path in tracked() if path.suffix == ".py"]
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in python}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_modules_open_by_saying_what_they_are_for() -> None:
    silent = [str(path) for path in modules() if not ast.get_docstring(parsed(path))]
    assert [path for path in silent if (ROOT / path).read_text(encoding="utf-8").strip()] == []


def test_rules_hold_no_python() -> None:
    assert [path for path in tracked() if path.parts[0] == "rules" and path.suffix == ".py"] == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_time_and_chance_come_from_ports(path: Path) -> None:
    if str(path) == THE_CLOCK:
        return
    found = [
        f"{path}:{call.lineno} {name}"
        for name, call in calls(parsed(path))
        if name in CLOCKS | DICE and not (name == SEEDED and call.args)
    ]
    assert found == []


@pytest.mark.parametrize(
    "lock", ["requirements.lock", ".ci/build.lock", ".ci/spark.lock", "deploy/requirements.lock"]
)
def test_every_locked_package_is_pinned_and_hashed(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = text.splitlines()
    assert entries
    unsafe = [
        line
        for line in entries
        if not re.match(r"[a-z0-9-]+(\[.+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert unsafe == []


def test_lock_holds_every_dependency_of_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = set(re.findall(r'^\s+"([A-Za-z0-9-]+)(?:\[[a-z]+\])?[>=]=', text, re.MULTILINE))
    locked = set(
        re.findall(r"^([a-z0-9-]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {name.lower() for name in wanted} - locked == set()


def test_no_file_names_a_package_registry() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "file:" + "///opt", "index" + "-url http"]
    holding = {
        str(path): host for path in tracked() for host in hosts if host.encode() in (ROOT / path).read_bytes()
    }
    assert holding == {}
