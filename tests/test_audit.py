"""The audit of dependencies: what was not looked up is never taken for clean."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / ".ci" / "audit"


@pytest.fixture
def audit(monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader = SourceFileLoader("audit", str(PATH))
    module = module_from_spec(spec_from_loader("audit", loader))
    loader.exec_module(module)
    return module


def package(name, **further):
    return {"name": name, "version": "1.0", "vulns": []} | further


SKIPPED = {"name": "c", "skip_reason": "not found"}
WEAK = package("b", vulns=[{"id": "GHSA-1", "fix_versions": ["1.1"]}])


@pytest.mark.parametrize(
    ("dependencies", "code", "words"),
    [
        ([package("a")], 0, "1 packages, no known weakness"),
        ([package("a"), WEAK, SKIPPED], 1, "b 1.0: GHSA-1, mended in 1.1"),
        ([package("a"), SKIPPED], 3, "1 packages could not be audited: c"),
        ([SKIPPED], 3, "nothing was audited"),
        ([], 3, "nothing was audited"),
    ],
)
def test_only_what_was_looked_up_is_clean(audit, dependencies, code, words):
    found, lines = audit.verdict({"dependencies": dependencies})
    assert (found, words in "\n".join(lines)) == (code, True)


def test_an_audit_that_says_nothing_is_no_clean_one(audit):
    assert audit.verdict(None)[0] == 3
