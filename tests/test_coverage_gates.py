"""The gates themselves: a package below its gate fails the run, and the summary stays the last line."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = """
[tool.pytest.ini_options]
[tool.coverage.run]
source = ["half"]
[tool.trivet.coverage]
"{package}" = {least}
"""
PACKAGE = "def tried():\n    return 1\n\n\ndef untried():\n    return 2\n"
TEST = "from {module}.code import tried\n\n\ndef test_tried():\n    assert tried() == 1\n"
HALF_COVERED = 75  # per cent: both definitions and one body of two


def run(folder: Path, least: float, package: str = "half") -> subprocess.CompletedProcess[str]:
    """The test command in a project of one package, three quarters covered, with the gate ``least``."""
    (folder / package).mkdir(parents=True)
    (folder / package / "code.py").write_text(PACKAGE)
    for inside in (Path(package), *Path(package).parents[:-1]):
        (folder / inside / "__init__.py").touch()
    (folder / "test_half.py").write_text(TEST.format(module=package.replace("/", ".")))
    (folder / "pyproject.toml").write_text(SETTINGS.format(package=package, least=least))
    (folder / "gates.py").write_text((ROOT / "tests" / "coverage_gates.py").read_text())
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "1",
        "-p",
        "gates",
        "--cov",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_exactly_the_gate_passes(tmp_path: Path) -> None:
    outcome = run(tmp_path, HALF_COVERED)
    assert "half: 75.0 % covered, at least 75 % wanted: ok" in outcome.stdout, outcome.stdout + outcome.stderr
    assert outcome.returncode == 0
    assert outcome.stdout.splitlines()[-1].startswith("1 passed in")


def test_below_the_gate_fails_although_every_test_passed(tmp_path: Path) -> None:
    outcome = run(tmp_path, HALF_COVERED + 1)
    assert "half: 75.0 % covered, at least 76 % wanted: TOO LOW" in outcome.stdout, (
        outcome.stdout + outcome.stderr
    )
    assert outcome.returncode == 1


def test_a_package_inside_another_has_a_gate_of_its_own(tmp_path: Path) -> None:
    outcome = run(tmp_path, HALF_COVERED + 1, package="half/inner")
    assert "half/inner: 75.0 % covered, at least 76 % wanted: TOO LOW" in outcome.stdout, (
        outcome.stdout + outcome.stderr
    )
    assert outcome.returncode == 1
