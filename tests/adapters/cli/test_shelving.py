"""What is in force, from the command line: changes that are held back, and shadows compared."""

import re

import pytest

from adapters.settings import STORE_FILE
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from tests.first_rules import first_rules
from tests.policy.parts import build_house, proposal
from tests.trivet import answer, trivet


@pytest.fixture
def rules(tmp_path):
    return first_rules(tmp_path / "rules")


@pytest.fixture
def run(tmp_path, rules):
    return lambda *arguments: trivet(tmp_path / "var", *arguments, TRIVET_RULES=str(rules))


@pytest.fixture
def released(run, rules):
    """Releases trading-core with edits under a version."""

    def release(version, *edits):
        path = rules / "trading-core" / "pack.yaml"
        text = (rules / "trading-core" / "released" / "1.0.0.yaml").read_text("utf-8")
        for old, new in (*edits, ("version: 1.0.0", f"version: {version}")):
            assert old in text, old
            text = text.replace(old, new, 1)
        path.write_text(text, "utf-8")
        invariants = rules / "trading-core" / "invariants.yaml"
        kept = invariants.read_text("utf-8").replace("approved_size_pct <= 0.01", "approved_size_pct <= 0.02")
        invariants.write_text(kept, "utf-8")
        done = run("release", "trading-core")
        assert done.returncode == 0, done.stderr

    return release


LOOSER = (
    ("value: 30, unit: seconds", "value: 60, unit: seconds"),
    ("data_age_seconds: 31}", "data_age_seconds: 61}"),
    ("max_size:            {value: 0.01", "max_size:            {value: 0.02"),
    ("{size_pct: 0.02}, expect: APPROVE, size: 0.01", "{size_pct: 0.04}, expect: APPROVE, size: 0.02"),
    (
        "{size_pct: limits.max_size}, expect: APPROVE, size: 0.01",
        "{size_pct: 0.02}, expect: APPROVE, size: 0.02",
    ),
    ("ttl_seconds: 60", "ttl_seconds: 90"),
)
STRICTER = (
    ("value: 0.6, unit", "value: 0.7, unit"),
    ("{confidence: 0.59}", "{confidence: 0.69}"),
)


def test_what_loosens_is_refused_with_a_signal_that_shows_it(run, released, snapshot):
    released("1.1.0", *LOOSER)
    refused = run("activate", "trading-core@1.1.0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == snapshot
    assert {one["version"] for one in answer(run("packs", "--json"))["active"]} == {"1.0.0"}


def test_a_confirmation_is_recorded_with_who_and_what(run, released):
    released("1.1.0", *LOOSER)
    done = run("activate", "trading-core@1.1.0", "--confirm")
    assert done.stdout == (
        "trading-core@1.1.0 is in force for callers and house\n  for callers: looser\n  for house: looser\n"
    )
    core = [one for one in answer(run("packs", "--json"))["active"] if one["pack"] == "trading-core"]
    assert [(one["version"], one["difference"]) for one in core] == [("1.1.0", "looser")] * 2
    assert all(one["confirmed_by"] == one["by"] for one in core)
    assert re.search(
        r"trading-core@1\.1\.0 for house since .*, looser than before, confirmed by", run("packs").stdout
    )


def test_a_stricter_version_goes_in_without_a_word_and_back_only_with_one(run, released):
    released("1.1.0", *STRICTER)
    assert run("activate", "trading-core@1.1.0").returncode == 0
    refused = run("rollback", "trading-core", "--for", "callers")
    assert refused.returncode == 1
    assert "trading-core@1.0.0 for callers (looser)" in refused.stderr
    assert "repeat the command with --confirm" in refused.stderr
    assert (
        "trading-core@1.0.0 is in force again for callers"
        in run("rollback", "trading-core", "--for", "callers", "--confirm").stdout
    )


def test_shadows_are_compared_with_the_active_packs(run, released, tmp_path, rules, snapshot):
    released("1.1.0", *STRICTER)
    assert run("packs", "shadow").stdout == "no pack in shadow has judged a signal yet\n"
    assert "runs in shadow" in run("activate", "trading-core@1.1.0", "--shadow").stdout
    assert (
        "is active, so no shadow of it runs, for callers"
        in run("activate", "trading-core@1.0.0", "--for", "callers", "--shadow").stdout
    )
    assert "runs in shadow" in run("activate", "trading-core@1.1.0", "--shadow").stdout
    store = open_store(f"sqlite:///{tmp_path / 'var' / STORE_FILE}")
    house = build_house(store, FrozenPacks(rules))
    proposals = [proposal(1), proposal(2, confidence=0.65), proposal(3, market_context__market_open=False)]
    house.service.evaluation.evaluate_batch(proposals)
    store.dispose()
    assert run("packs", "shadow").stdout == snapshot
    assert answer(run("packs", "shadow", "--json")) == snapshot(name="json")
    assert len(answer(run("packs", "shadow", "--sample", "0", "--json"))["shadows"][0]["sample"]) == 0


@pytest.mark.parametrize("command", [["activate"], ["rollback"], ["packs"], ["packs", "shadow"]])
def test_help_shows_an_example(run, command):
    assert f"Example: trivet {' '.join(command)}" in run(*command, "--help").stdout
