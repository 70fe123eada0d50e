"""Generated cases of every shipped rule as snapshots, and what they and the author's cases are worth."""

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

from adapters.packs.coverage_words import judged
from engine.coverage import coverage_of
from engine.generated import generated_cases
from tests.rules.test_packs import CONDITIONAL, EVERY_RULE, PACKS


@pytest.fixture
def snapshot(snapshot):
    return snapshot.use_extension(JSONSnapshotExtension)


@pytest.fixture(scope="module")
def coverage():
    return {pack.name: coverage_of(pack) for pack in PACKS}


@pytest.mark.parametrize(("pack", "rule"), EVERY_RULE)
def test_generated_cases_are_judged_as_their_snapshot_says(pack, rule, snapshot):
    read = {*rule.reads, "size_pct"}
    cases = {}
    for case in generated_cases(pack, rule):
        told = judged(pack, case)
        cases[case.name] = told | {"facts": {name: told["facts"].get(name) for name in sorted(read)}}
    assert cases == snapshot


@pytest.mark.parametrize(("pack", "rule"), CONDITIONAL)
def test_every_leaf_is_shown_deciding_both_ways_by_the_authors_cases(pack, rule, coverage):
    [own] = [one for one in coverage[pack.name].rules if one.rule == rule.id]
    assert own.leaves
    assert [leaf for leaf in own.leaves if leaf.missing] == []


@pytest.mark.parametrize(("pack", "rule"), CONDITIONAL)
def test_no_mutant_survives(pack, rule, coverage):
    [own] = [one for one in coverage[pack.name].rules if one.rule == rule.id]
    assert len(own.caught) + len(own.found) >= 4
    assert [mutant.words for mutant in own.survivors] == []
