"""YAML holds no surprises: what looks like text is text, and everything refused is named with its place."""

import pytest

from engine.strict_yaml import MAX_BYTES, MAX_DEPTH, read_yaml


def plain(text):
    root, problems = read_yaml(text, "pack.yaml")
    assert not problems, problems
    return {key: at.value for key, at in root.value.items()}


def codes(text):
    return [(problem.line, problem.column, problem.code) for problem in read_yaml(text, "pack.yaml")[1]]


@pytest.mark.parametrize(
    "word",
    [
        "ON",
        "NO",
        "off",
        "yes",
        "True",
        "12:30",
        "017",
        "0x1F",
        "1_000",
        ".5",
        "5.",
        "+1",
        "2012-06-04",
        "~",
        ".inf",
    ],
)
def test_words_that_other_loaders_convert_stay_text(word):
    assert plain(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("false", False), ("null", None), ("0", 0), ("-3", -3), ("1e-5", 1e-5), ("2.50", 2.5)],
)
def test_json_scalars_are_themselves(word, value):
    assert plain(f"a: {word}") == {"a": value}
    assert type(plain(f"a: {word}")["a"]) is type(value)


def test_quoted_numbers_are_text():
    assert plain("a: '30'\nb: \"true\"") == {"a": "30", "b": "true"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: 2\na: 3", (3, 1, "P107")),
        ("a: 1\nb: &x 2", (2, 4, "P111")),
        ("a: !tag 1", (1, 4, "P112")),
        ("a:\tb", (1, 3, "P113")),
        ("a: 1e400", (1, 4, "P109")),
        ("a: 1\n---\nb: 2", (2, 1, "P105")),
        ("", (1, 1, "P104")),
        ("a: \x00", (1, 4, "P103")),
        ("1: a", (1, 1, "P108")),
    ],
)
def test_what_is_refused_is_named_with_its_place(text, place):
    assert place in codes(text)


def test_an_alias_is_refused_with_the_advice_to_quote():
    problems = read_yaml("a: &x 1\nb: *x", "pack.yaml")[1]
    assert [problem.code for problem in problems] == ["P111", "P110"]
    assert all("quotes" in problem.text for problem in problems)


def test_an_unquoted_condition_that_yaml_cannot_read_is_a_problem_and_not_a_crash():
    assert codes('when: "A" == symbol')[0][2] == "P102"


def test_nesting_has_a_bound():
    assert codes("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))[0][2] == "P106"


def test_size_has_a_bound():
    assert codes("a: '" + "x" * MAX_BYTES + "'")[0][2] == "P101"


def test_all_problems_are_reported_together():
    assert [code for _, _, code in codes("a: 1\na: 2\nb: !x 3\nc: &y 4")] == ["P107", "P112", "P111"]


@pytest.mark.parametrize(
    ("text", "column"), [('a: "x > 1"', 7), ("a: x > 1", 6), ("a: 'x''y'", 4), ("a: >\n  x\n  y", 4)]
)
def test_offsets_are_exact_where_the_text_stands_as_written(text, column):
    root, _ = read_yaml(text, "pack.yaml")
    assert root.value["a"].column_at(2) == column
