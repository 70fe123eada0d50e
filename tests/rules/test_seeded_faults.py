"""Packs with one fault each, of the kinds that people write: check or prove finds every one of them."""

import pytest

from engine import Verdict, evaluate, read_pack, review_pack
from engine.invariants import prove
from engine.review_proofs import review_proofs

PACK = """\
pack: seeded
version: 1.0.0
owner: risk
purpose: A small pack with a fault in it.
inputs:
  data_age: {type: number, unit: seconds, min: 0, direction: riskier_up%s}
  open:     {type: boolean}
limits:
  most: {value: 30, unit: seconds}
cast:
  calm: {data_age: 1, open: true}
rules:
  - id: closed
    when: "!open"
    then: REJECT
    reason: the market is closed
    rationale: Nobody trades then.
    cases:
      closed: {from: calm, with: {open: false}, expect: REJECT}
      open:   {from: calm, expect: APPROVE}
  - id: stale
    when: "%s"
    then: REJECT
    reason: the quote is {data_age} old
    rationale: A price nobody would trade at any more is not a price.
    cases:
      old:      {from: calm, with: {data_age: 31}, expect: REJECT}
      at limit: {from: calm, with: {data_age: limits.most}, expect: APPROVE}
      fresh:    {from: calm, expect: APPROVE}
"""
SOUND = "data_age > limits.most"


def pack(stale=SOUND, absent="", more=""):
    return read_pack(PACK % (absent, stale) + more, "seeded.yaml")


def rule(name, when, then="REVIEW"):
    return f"  - {{id: {name}, when: '{when}', then: {then}}}\n"


def proved(found):
    return {(one.code, one.subject): one for one in prove(found).proofs if one.result != "proved"}


def checked(found):
    return {(one.code, one.severity): one.text for one in review_proofs(found)}


def test_the_pack_without_a_fault_has_none():
    assert review_pack(pack()) == review_proofs(pack()) == []
    assert proved(pack()) == {}


def test_a_dead_rule_is_an_error_of_check():
    found = checked(pack(more=rule("dead", "data_age > 60 && data_age < 50")))
    assert found == {
        ("P604", "error"): "not so that dead can hit: no signal that the pack accepts makes its condition "
        "true; mend or remove it"
    }


def test_a_rule_outside_the_declared_ranges_is_an_error_of_check():
    assert ("P604", "error") in checked(pack(more=rule("dead", "data_age < 0")))


def test_a_comparison_that_the_ranges_decide_is_a_warning_of_check():
    [(key, text)] = checked(pack(more=rule("idle", "data_age >= 0 && !open"))).items()
    assert key == ("P605", "warning")
    assert text.endswith("within the declared ranges (data_age) >= (0.0) is always true")


def test_a_shadowed_rule_is_refuted_by_prove():
    found = proved(pack(more=rule("staler", "data_age > 60")))
    assert {key: one.because for key, one in found.items()} == {
        ("P606", "staler"): "removing it changes nothing: stale covers it"
    }


def test_a_hole_where_data_age_is_absent_is_noted_by_prove_with_a_signal():
    holed = pack(absent=", absent: skip")
    [(key, hole)] = proved(holed).items()
    assert (key, hole.result) == (("P603", "data_age"), "noted")
    signal = dict(hole.witness)
    assert evaluate([holed], signal).verdict is Verdict.REJECT
    del signal["data_age"]
    assert evaluate([holed], signal).verdict is Verdict.APPROVE


def test_a_rule_that_softens_with_more_risk_is_refuted_by_prove_with_two_signals():
    softening = pack(stale="data_age > limits.most && data_age < 90")
    [(key, found)] = proved(softening).items()
    assert (key, found.result) == (("P602", "data_age"), "refuted")
    safer = dict(found.witness)
    riskier = safer | {"data_age": safer.pop("data_age'")}
    assert safer["data_age"] < riskier["data_age"]
    assert evaluate([softening], safer).verdict > evaluate([softening], riskier).verdict


def test_two_rules_with_one_meaning_are_refuted_by_prove():
    found = proved(pack(more=rule("old", "!(data_age <= 30)", "REJECT")))
    assert {key: one.because.rpartition(": ")[2] for key, one in found.items()} == {
        ("P606", "stale"): "old covers it",
        ("P606", "old"): "stale covers it",
    }


@pytest.mark.parametrize("effort", [1, 50])
def test_what_check_cannot_settle_is_a_warning(effort):
    hard = pack(more=rule("product", "data_age * data_age * data_age == 17.3"))
    severities = {one.severity for one in review_proofs(hard, effort)}
    assert severities == {"warning"}
