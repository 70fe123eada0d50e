"""Proofs about one pack: every seeded fault is found with a signal, and a sound pack has none."""

from pathlib import Path
from time import process_time

import pytest

from engine import PackProblems, Verdict, evaluate, read_pack
from engine.invariants import prove
from engine.invariants_reader import read_invariants
from tests.engine.large_packs import large_pack

PACK = """\
pack: small
version: 1.0.0
inputs:
  age: {type: number, unit: seconds, min: 0, max: 100, direction: riskier_up}
  score: {type: number, unit: score, min: 0, max: 1, direction: safer_up, absent: REVIEW}
  size_pct: {type: number, unit: fraction, min: 0, max: 1, direction: riskier_up}
  mood: {type: string, one_of: [GOOD, BAD]}
  open: {type: boolean}
cast:
  calm: {age: 1, score: 0.9, size_pct: 0.01, mood: GOOD, open: true}
rules:
  - {id: closed, when: "!open", then: REJECT}
  - {id: old, when: "age > 30", then: REJECT}
  - {id: weak, when: "score < 0.5", then: REVIEW}
  - {id: sad, when: 'mood == "BAD"', then: REVIEW}
  - {id: big, when: "size_pct > 0.1", cap: 0.1}
"""
INVARIANTS = "pack: small\ninvariants:\n  - {id: one, given: '%s', then: %s, why: because}\n"


def pack_of(*edits, rules=()):
    text = PACK
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return read_pack(text + "".join(f"  - {rule}\n" for rule in rules), "small.yaml")


def faults(pack, invariants=None):
    found = [one for one in prove(pack, invariants).proofs if one.result != "proved"]
    return {(one.code, one.subject): one for one in found}


def test_a_sound_pack_has_every_claim_proved():
    found = prove(pack_of())
    assert found.hold
    assert {one.result for one in found.proofs} == {"proved"}
    assert {one.code for one in found.proofs} == {"P601", "P602", "P604", "P605", "P606"}


def test_a_dead_rule_is_found():
    dead = '{id: dead, when: "age > 60 && age < 50", then: REJECT}'
    found = faults(pack_of(rules=[dead]))
    assert list(found) == [("P604", "dead")]
    assert (found["P604", "dead"].place.line, found["P604", "dead"].result) == (17, "refuted")


def test_a_shadowed_rule_is_found_with_what_covers_it():
    found = faults(pack_of(rules=['{id: older, when: "age > 60", then: REVIEW}']))
    assert list(found) == [("P606", "older")]
    assert found["P606", "older"].because == "removing it changes nothing: old covers it"


def test_a_rule_covered_by_several_names_all_of_them():
    found = faults(pack_of(rules=['{id: both, when: "!open || age > 60", then: REJECT}']))
    assert found["P606", "both"].because.endswith("closed, old cover it")


def test_two_rules_of_one_meaning_cover_each_other():
    found = faults(pack_of(rules=['{id: stale, when: "!(age <= 30)", then: REJECT}']))
    assert {key: one.because.rpartition(": ")[2] for key, one in found.items()} == {
        ("P606", "old"): "stale covers it",
        ("P606", "stale"): "old covers it",
    }


def test_a_cap_that_another_undercuts_is_found():
    found = faults(pack_of(rules=['{id: bigger, when: "size_pct > 0.2", cap: 0.2}']))
    assert found["P606", "bigger"].because.endswith("big covers it")


def test_a_hole_where_an_input_is_absent_is_noted():
    found = faults(pack_of(("age: {type: number,", "age: {type: number, absent: skip,")))
    hole = found["P603", "age"]
    assert hole.result == "noted"
    with_it = hole.witness
    without = {name: value for name, value in with_it.items() if name != "age"}
    pack = pack_of(("age: {type: number,", "age: {type: number, absent: skip,"))
    assert evaluate([pack], with_it).verdict > evaluate([pack], without).verdict is Verdict.APPROVE
    assert prove(pack).hold


def test_a_rule_that_softens_with_more_risk_is_found_with_two_signals():
    found = faults(pack_of(("age > 30", "age > 30 && age < 90")))
    assert list(found) == [("P602", "age")]
    signal = dict(found["P602", "age"].witness)
    riskier = signal.pop("age'")
    assert signal["age"] < riskier
    pack = pack_of(("age > 30", "age > 30 && age < 90"))
    assert evaluate([pack], {**signal, "age": riskier}).verdict < evaluate([pack], signal).verdict


def test_a_cap_that_widens_with_more_risk_is_found():
    assert ("P602", "size_pct") in faults(pack_of(("size_pct > 0.1", "size_pct > 0.1 && size_pct < 0.5")))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("age > 100 || !open", "(age) > (100.0) is never true"),
        ("age >= 0 && !open", "(age) >= (0.0) is always true"),
        ('mood in ["GOOD", "BAD"] && !open', '(mood) in ["GOOD", "BAD"] is always true'),
        ('mood == "SO-SO" || !open', '(mood) == ("SO-SO") is never true'),
    ],
)
def test_a_comparison_that_the_declared_ranges_decide_is_found(when, words):
    found = faults(pack_of(rules=[f"{{id: idle, when: '{when}', then: REJECT}}"]))
    shown = [one.because for one in found.values() if one.code == "P605"]
    assert shown == [f"within the declared ranges {words}"]


@pytest.mark.parametrize(
    ("given", "then", "holds"),
    [
        ("age > 30", "REJECT", True),
        ("age >= 30", "REJECT", False),
        ('mood == "BAD"', "not APPROVE", True),
        ("score < 0.6", "not APPROVE", False),
        ("!has(score)", "not APPROVE", True),
        ('open && age < 5 && score > 0.9 && !(mood == "BAD")', "APPROVE", True),
        ("true", "approved_size_pct <= 0.1", True),
        ("true", "approved_size_pct <= 0.09", False),
        ("age > 30", "approved_size_pct <= 0", True),
    ],
)
def test_an_invariant_is_proved_or_refuted_by_a_signal(given, then, holds):
    pack = pack_of()
    invariants = read_invariants(INVARIANTS % (given, then), "invariants.yaml", pack)
    own = prove(pack, invariants).proofs[-1]
    assert (own.code, own.source, own.result) == ("P610", "invariants.yaml", "proved" if holds else "refuted")
    assert holds == (own.witness is None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("pack: small", "pack: large", "invariants.yaml:1:7 P611 speaks of large; write small"),
        ("age > 30", "agee > 30", "invariants.yaml:3:23 P204 one reads agee, which is not an input; did"),
        ("REJECT", "REJECTED", "P613 one: then cannot be 'REJECTED'; write one of APPROVE, REVIEW"),
        ("then", "than", "P305 an invariant has an unknown key 'than'; did you mean then?"),
        (", why: because", "", "invariants.yaml:3:5 P304 one needs why"),
        ("REJECT", "approved_size_pct >= 0.1", "P613"),
    ],
)
def test_a_slip_in_invariants_is_told_at_its_place(old, new, problem):
    text = (INVARIANTS % ("age > 30", "REJECT")).replace(old, new, 1)
    with pytest.raises(PackProblems) as caught:
        read_invariants(text, "invariants.yaml", pack_of())
    assert problem in str(caught.value)


def test_two_invariants_of_one_name_are_refused():
    text = INVARIANTS % ("age > 30", "REJECT")
    with pytest.raises(PackProblems, match="P612 one is there twice"):
        read_invariants(text + text.splitlines()[2] + "\n", "invariants.yaml", pack_of())


def test_a_claim_beyond_the_effort_is_unknown_and_does_not_hold():
    product = '{id: product, when: "score * age * size_pct > 3.7", then: REVIEW}'
    found = prove(pack_of(rules=[product]), effort=500)
    assert not found.hold
    assert "unknown" in {one.result for one in found.proofs}


@pytest.mark.parametrize("name", ["trading-core", "house-measurements"])
def test_the_shipped_packs_hold(name):
    folder = Path("rules") / name
    pack = read_pack((folder / "pack.yaml").read_text("utf-8"), name)
    assert prove(pack, read_invariants((folder / "invariants.yaml").read_text("utf-8"), name, pack)).hold


def test_a_pack_of_fifty_rules_is_proved_in_seconds():
    start = process_time()
    found = prove(large_pack(50))
    assert process_time() - start < 3
    assert "unknown" not in {one.result for one in found.proofs}
