"""Conditions: what can be written, what it parses to, and what a mistake is told."""

import pytest

from engine.condition import MAX_CHARACTERS, MAX_LEVELS, parse_condition
from engine.declarations import Input, Limit
from engine.literals import to_cel

INPUTS = {
    "symbol": Input("symbol", "string"),
    "confidence": Input("confidence", "number", "fraction"),
    "market_context.data_age_seconds": Input("market_context.data_age_seconds", "number", "seconds"),
    "market_context.market_open": Input("market_context.market_open", "boolean"),
    "beta": Input("beta", "number"),
}
LIMITS = {
    "max_age": Limit("max_age", 30.0, "seconds"),
    "allowlist": Limit("allowlist", ("AAPL", "IBM")),
    "least": Limit("least", 0.6, "fraction"),
}


def parse(text):
    return parse_condition(text, INPUTS, LIMITS)


@pytest.mark.parametrize(
    ("text", "cel"),
    [
        ("market_context.data_age_seconds > limits.max_age", "(market_context.data_age_seconds) > (30.0)"),
        ("!(symbol in limits.allowlist)", '!((symbol) in ["AAPL", "IBM"])'),
        ("market_context.market_open", "market_context.market_open"),
        ("!market_context.market_open", "!(market_context.market_open)"),
        ("beta - -1 * 2 >= 1e-5", "((beta) - ((-1.0) * (2.0))) >= (1e-05)"),
        ("-beta / 4 < 1", "((-(beta)) / (4.0)) < (1.0)"),
        ("beta > 1 && beta < 2 || has(beta)", "(((beta) > (1.0)) && ((beta) < (2.0))) || (has(beta))"),
        ("beta > 1 || (beta < 0 || true)", "((beta) > (1.0)) || ((beta) < (0.0)) || (true)"),
        ("symbol == 'A\\u0041\"'", '(symbol) == ("AA\\"")'),
        ("symbol in ['é', \"🚀\"]", '(symbol) in ["é", "🚀"]'),
        ("beta == 9.3e18", "(beta) == (9.3e+18)"),
        ("confidence*beta > limits.max_age", "((confidence) * (beta)) > (30.0)"),
    ],
)
def test_a_condition_reads_as_its_cel(text, cel):
    parsed = parse(text)
    assert parsed.faults == ()
    assert to_cel(parsed.node) == cel


@pytest.mark.parametrize(
    ("text", "offset", "code", "words"),
    [
        ("market_context.data_age_second > 3", 0, "P204", "did you mean market_context.data_age_seconds?"),
        ("beta > limits.max_agee", 7, "P205", "did you mean limits.max_age?"),
        ("symbol == 3", 0, "P204", "one type"),
        ('beta > "3"', 0, "P204", "one type"),
        ('symbol < "B"', 0, "P204", "only numbers have an order"),
        ("confidence > limits.max_age", 0, "P206", "fraction and seconds"),
        ("confidence + market_context.data_age_seconds > 1", 0, "P206", "adds fraction and seconds"),
        ("0 < beta < 1", 9, "P207", "join them with &&"),
        ("beta / confidence > 1", 7, "P208", "constant"),
        ("beta / 0 > 1", 7, "P208", "other than 0"),
        ("beta in 3", 8, "P209", "list limit"),
        ("limits.allowlist == symbol", 0, "P209", "right of in"),
        ('beta in [1, "a"]', 8, "P209", "mixes types"),
        ("beta in []", 8, "P209", "empty"),
        ("beta", 0, "P210", "compare it"),
        ("!beta", 1, "P210", "compare it"),
        ("beta > 1e400", 7, "P211", "larger than any double"),
        ("(beta > 1) == true", 0, "P212", "join conditions"),
        (r'symbol == "\q"', 10, "P213", r"\q"),
        ("beta = 1", 5, "P203", "write =="),
        ("beta > 1 & beta < 2", 9, "P203", "write &&"),
        ("size(symbol) > 3", 4, "P203", "no functions"),
        ("beta > 1 ? true : false", 9, "P203", "no ternary"),
        ("beta > 017", 7, "P203", "leading zeros"),
        ('symbol == "A', 10, "P203", "close the string"),
        ("beta >", 6, "P203", "ends too early"),
        ("", 0, "P203", "ends too early"),
        ("βeta > 1", 0, "P203", "only strings"),
    ],
)
def test_a_mistake_is_told_where_it_is_and_what_to_do(text, offset, code, words):
    parsed = parse(text)
    assert parsed.node is None
    fault = parsed.faults[0]
    assert (fault.offset, fault.code) == (offset, code)
    assert words in fault.text


def test_all_mistakes_of_a_condition_are_told_at_once():
    faults = parse("nobody > 1 && symbol == 3 || limits.nothing > 2").faults
    assert [fault.offset for fault in faults] == [0, 14, 29]


@pytest.mark.parametrize(
    "text",
    ["(" * 5000 + "true" + ")" * 5000, "!" * 1500 + "true", "[" * 60, "beta" + " + beta" * 280 + " > 1"],
)
def test_a_condition_too_deep_or_too_long_is_a_clear_error(text):
    assert parse(text).faults[0].code in ("P201", "P202")


def test_conditions_at_the_bounds_are_accepted():
    assert parse("(" * (MAX_LEVELS - 1) + "true" + ")" * (MAX_LEVELS - 1)).node is not None
    text = "beta > 1" + " || beta > 1" * ((MAX_CHARACTERS - 8) // 12)
    assert parse(text).node is not None
