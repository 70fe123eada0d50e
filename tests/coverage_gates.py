"""A pytest plugin that fails the run when a package's branch coverage is below its gate.

The gates are ``[tool.trivet.coverage]`` in ``pyproject.toml``: package, as a path, to least per cent.
They are checked after the last test and before the closing summary, so that the summary stays
the last thing printed and the exit status tells of both. Loaded with ``-p tests.coverage_gates``
beside ``--cov``.
"""

import io
import tomllib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import Coverage
from coverage.exceptions import NoDataError


@dataclass(frozen=True)
class Gate:
    """One package, the least coverage it must have and what it has, both in per cent."""

    package: str
    least: float
    reached: float

    @property
    def holds(self) -> bool:
        """Whether enough is covered; exactly the least is enough."""
        return self.reached >= self.least

    def __str__(self) -> str:
        word = "ok" if self.holds else "TOO LOW"
        return f"{self.package}: {self.reached:.1f} % covered, at least {self.least:g} % wanted: {word}"


GATES = pytest.StashKey[list[Gate]]()


def wanted(pyproject: Path) -> dict[str, float]:
    """The gates that ``pyproject`` states, by package."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    return dict(settings["tool"]["trivet"]["coverage"])


def measure(cov: Coverage, gates: dict[str, float]) -> list[Gate]:
    """What ``cov`` holds of each package; a package that no test touched has reached nothing."""
    return [Gate(package, least, percent(cov, package)) for package, least in gates.items()]


def percent(cov: Coverage, package: str) -> float:
    """Branch coverage of one package in per cent."""
    try:
        return cov.report(include=[f"{package}/*"], file=io.StringIO(), skip_empty=True)
    except NoDataError:
        return 0.0


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """After pytest-cov has gathered every worker's figures: check them."""
    outcome = yield
    if not hasattr(session.config, "workerinput"):
        gates = measure(combined(session.config), wanted(session.config.rootpath / "pyproject.toml"))
        session.config.stash[GATES] = gates
        session.testsfailed += sum(not gate.holds for gate in gates)
    return outcome


def combined(config: pytest.Config) -> Coverage:
    """pytest-cov's collected figures; raises ``UsageError`` when it does not run."""
    plugin = config.pluginmanager.getplugin("_cov")
    controller = getattr(plugin, "cov_controller", None)
    cov = getattr(controller, "cov", None)
    if not isinstance(cov, Coverage):
        raise pytest.UsageError("the coverage gates need figures: add --cov")
    return cov


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print each gate and what was reached."""
    terminalreporter.section("coverage gates")
    for gate in config.stash.get(GATES, []):
        terminalreporter.write_line(str(gate), red=not gate.holds, green=gate.holds)
