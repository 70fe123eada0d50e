"""Packs: read whole or not at all, with every problem of a text at once, each where it stands."""

from pathlib import Path

import pytest

from engine import PackProblems, read_pack, review_pack

GOOD = """\
pack: small
version: 1.0.0
owner: risk
purpose: A pack for tests.
inputs:
  age: {type: number, unit: seconds, min: 0, direction: riskier_up}
  word: {type: string, one_of: [A, B], absent: skip}
limits:
  most: {value: 30, unit: seconds}
cast:
  calm: {age: 1, word: A}
rules:
  - id: too-old
    when: "age > limits.most"
    then: REJECT
    reason: "{age} is older than {limits.most}"
    rationale: Old is bad.
    cases:
      older: {from: calm, with: {age: 31}, expect: REJECT}
      at the limit: {from: calm, with: {age: limits.most}, expect: APPROVE}
"""


def problems_of(text):
    with pytest.raises(PackProblems) as caught:
        read_pack(text, "pack.yaml")
    return caught.value.problems


def reviewed(text):
    return [(problem.code, problem.severity) for problem in review_pack(read_pack(text, "pack.yaml"))]


def test_a_good_pack_reads_and_has_nothing_to_object_to():
    pack = read_pack(GOOD, "pack.yaml")
    assert (pack.name, pack.version, pack.decision_ttl_seconds) == ("small", "1.0.0", 60)
    assert pack.rules[0].cases[1].facts == {"age": 30.0, "word": "A"}
    assert review_pack(pack) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("pack: small", "pack: Small Pack", "P303", "kebab-case"),
        ("version: 1.0.0", "version: 1.0", "P302", "quotes"),
        ("version: 1.0.0", "version: v1", "P303", "three numbers"),
        ("pack: small\n", "", "P304", "needs pack"),
        ("owner: risk", "ovner: risk", "P305", "did you mean owner?"),
        ("type: number", "type: numbre", "P303", "did you mean number?"),
        ("min: 0", "min: zero", "P302", "must be a number"),
        ("min: 0", "min: 3, max: 2", "P312", "range is empty"),
        ("type: string, one_of", "type: string, min: 1, one_of", "P311", "does not go with it"),
        ("one_of: [A, B]", "one_of: []", "P313", "at least one"),
        ("  word:", "  limits:", "P310", "reserved word"),
        ("value: 30", "value: [1, A]", "P313", "one type"),
        ("id: too-old", "id: TooOld", "P303", "kebab-case"),
        ("then: REJECT", "then: DENY", "P303", "write one of REJECT, REVIEW"),
        ("    then: REJECT\n", "", "P307", "either then or cap"),
        ("then: REJECT", "cap: 2", "P308", "fraction from 0 to 1"),
        ("{age} is", "{agee} is", "P309", "did you mean age?"),
        ("with: {age: 31}", "with: {agee: 31}", "P401", "did you mean age?"),
        ("age: limits.most", "age: limits.moast", "P205", "did you mean limits.most?"),
        ("from: calm, with: {age: 31}", "from: clam, with: {age: 31}", "P403", "did you mean calm?"),
        ("expect: REJECT", "without: [mood], expect: REJECT", "P402", "mood"),
        ("age > limits.most", "aeg > limits.most", "P204", "too-old"),
    ],
)
def test_a_mistake_is_a_problem_with_a_code_and_the_next_step(old, new, code, words):
    found = problems_of(GOOD.replace(old, new, 1))
    assert code in {problem.code for problem in found}
    assert any(words in problem.text for problem in found if problem.code == code)


def test_every_problem_of_a_text_comes_at_once_in_its_order():
    text = (
        GOOD.replace("pack: small", "pack: No")
        .replace("then: REJECT", "then: NO")
        .replace("age > l", "aeg > l")
    )
    found = problems_of(text)
    assert [(problem.line, problem.column, problem.code) for problem in found] == [
        (1, 7, "P303"),
        (14, 12, "P204"),
        (15, 11, "P303"),
    ]
    assert str(found[1]) == "pack.yaml:14:12 P204 too-old reads aeg, which is not an input; did you mean age?"


def test_rule_ids_are_unique():
    rule = GOOD[GOOD.index("  - id") :]
    assert [problem.code for problem in problems_of(GOOD + rule)] == ["P306"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("owner: risk\n", "", ("P501", "error")),
        ("unit: seconds, min", "min", ("P502", "error")),
        ("    rationale: Old is bad.\n", "", ("P503", "error")),
        ("      older: {from: calm, with: {age: 31}, expect: REJECT}\n", "", ("P505", "error")),
        ("age: limits.most}", "age: 29}", ("P507", "error")),
        ("age > limits.most", "age > 30", ("P508", "warning")),
        ("expect: APPROVE", "expect: REVIEW", ("P405", "error")),
        ("with: {age: 31}", "with: {age: -1}", ("P404", "error")),
    ],
)
def test_check_demands_more_than_readability(old, new, expected):
    assert expected in reviewed(GOOD.replace(old, new, 1))


def test_a_failing_case_is_named_with_what_came_out_instead():
    [problem] = review_pack(read_pack(GOOD.replace("expect: APPROVE", "expect: REVIEW"), "pack.yaml"))
    assert (problem.line, problem.code) == (20, "P405")
    assert "expects REVIEW and gets APPROVE" in problem.text


def test_wording_moves_the_text_hash_and_not_the_logic_hash():
    before, after = (read_pack(text, "p") for text in (GOOD, GOOD.replace("Old is bad", "Age matters")))
    assert before.logic_hash == after.logic_hash
    assert before.text_hash != after.text_hash


def test_the_order_of_keys_and_rules_does_not_move_the_logic_hash():
    second = GOOD[GOOD.index("  - id") :].replace("too-old", "older-still")
    one = read_pack(GOOD + second, "p")
    head, first = GOOD[: GOOD.index("  - id")], GOOD[GOOD.index("  - id") :]
    other = read_pack(head + second + first, "p")
    assert one.logic_hash == other.logic_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: 30", "value: 31"),
        ("age > l", "age >= l"),
        ("REJECT\n", "REVIEW\n"),
        ("absent: skip", "absent: REVIEW"),
    ],
)
def test_whatever_decides_moves_the_logic_hash(old, new):
    assert read_pack(GOOD, "p").logic_hash != read_pack(GOOD.replace(old, new, 1), "p").logic_hash


@pytest.mark.parametrize("path", sorted(Path("rules").glob("*/pack.yaml")), ids=lambda path: path.parent.name)
def test_truncating_or_garbling_a_pack_anywhere_never_crashes(path):
    text = path.read_text("utf-8")
    for cut in range(0, len(text), 97):
        for broken in (text[:cut], text[:cut] + "\x01" + text[cut:], text[:cut] + "}" + text[cut + 1 :]):
            assert all(problem.line >= 1 and problem.column >= 1 for problem in _problems_if_any(broken))


def _problems_if_any(text):
    try:
        read_pack(text, "broken.yaml")
    except PackProblems as problems:
        return problems.problems
    return []
