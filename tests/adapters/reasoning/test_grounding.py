"""An answer is taken only as it was asked for, and what it says beyond what it was shown is flagged."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.reasoning.grounding import Ungrounded, grounded
from adapters.reasoning.mind import Opinion
from adapters.reasoning.numerals import given as given_by
from adapters.reasoning.numerals import unheld
from adapters.reasoning.prompt import Prompt, first_prompt
from tests.adapters.reasoning.questions import news_item, question

ITEM = "n-000000000001"
ANSWER = {
    "recommendation": "ALLOW",
    "thesis": "it rises",
    "counter_thesis": "it may fall",
    "risk_flags": ["earnings soon"],
    "citations": [ITEM],
}
NOT_JSON = [
    'Sure! {"recommendation": "ALLOW"}',
    f"```json\n{json.dumps(ANSWER)}\n```",
    json.dumps(ANSWER) + " I hope this helps",
    json.dumps(ANSWER)[:-1],
    json.dumps(ANSWER)[:-1] + ', "thesis": "twice"}',
    json.dumps(ANSWER).replace('["earnings soon"]', "[NaN]"),
    "[" * 10_000,
    "",
    '{"thesis": "\ud800"}',
]
WRONG = [
    {"recommendation": "APPROVE"},
    {"recommendation": "allow"},
    {"recommendation": None},
    {"thesis": ""},
    {"thesis": "\u200b<b></b>"},
    {"thesis": "x" * 1001},
    {"thesis": 1},
    {"counter_thesis": None},
    {"risk_flags": "one"},
    {"risk_flags": ["x"] * 13},
    {"risk_flags": ["x" * 200]},
    {"citations": [1]},
    {"size_pct": 1.0},
    {"verdict": "APPROVE"},
    {"x" * 10_000: 1},
    {"<b>jo@example.com\u202e": 1},
]


def _prompt() -> Prompt:
    return first_prompt(
        question(1, news_item(1, "Apple cuts its forecast by 8.3 percent to 1.2 billion dollars"))
    )


def _grounded(**changes: object) -> Opinion:
    return grounded(_prompt(), json.dumps({**ANSWER, **changes}))


def _code(raw: str) -> str:
    with pytest.raises(Ungrounded) as caught:
        grounded(_prompt(), raw)
    assert len(str(caught.value)) <= 250
    assert not re.search("[<>@\u202e]", str(caught.value))
    return caught.value.code


def test_a_good_answer_is_taken_as_it_is() -> None:
    assert _grounded() == Opinion("ALLOW", "it rises", "it may fall", ("earnings soon",), (ITEM,))


@pytest.mark.parametrize("raw", NOT_JSON)
def test_what_is_not_json_and_nothing_but_json_is_refused(raw: str) -> None:
    assert _code(raw) == "invalid-json"


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_another_form_is_refused(wrong: dict) -> None:
    assert _code(json.dumps({**ANSWER, **wrong})) == "wrong-schema"


@pytest.mark.parametrize("raw", ["[]", '"ALLOW"', "{}", "null", "1"])
def test_another_shape_is_refused(raw: str) -> None:
    assert _code(raw) == "wrong-schema"


@pytest.mark.parametrize("key", ANSWER)
def test_a_missing_key_is_refused(key: str) -> None:
    assert _code(json.dumps({name: value for name, value in ANSWER.items() if name != key})) == "wrong-schema"


@pytest.mark.parametrize(
    "changes",
    [
        {"citations": ["n-00000000000f"]},
        {"citations": ["the news"]},
        {"thesis": "as n-00000000000f shows"},
        {"risk_flags": ["see n-00000000000f"]},
    ],
    ids=str,
)
def test_what_was_not_supplied_may_not_be_cited(changes: dict) -> None:
    assert _code(json.dumps({**ANSWER, **changes})) == "unsupplied-citation"


def test_an_item_that_had_no_room_was_not_supplied() -> None:
    asked = question(1, news_item(1, "\U0001f680" * 1000), news_item(2))
    with pytest.raises(Ungrounded, match="n-000000000001"):
        grounded(first_prompt(asked), json.dumps(ANSWER))


@pytest.mark.parametrize(
    "text",
    [
        "SMA 20 of 186.00 is above SMA 50 at $180",
        "volatility of 22 % or 0.22 or 2,200 bps",
        "the market is 90 % liquid, the book 25 % exposed",
        "9.9 billion dollars a day, 9,876,540,000 exactly, 9.88e9",
        "the forecast fell 8.3 % to 1,200 million",
        "the forecast fell by 0.083",
        "2 of 3 items, point 1, as of 2012-06-01 16:00",
        f"as {ITEM} says",
        "RSI 14 is 58 and ATR-14 3.1",
    ],
)
def test_numbers_that_were_shown_are_fine_in_every_usual_form(text: str) -> None:
    assert _grounded(thesis=text).risk_flags == ("earnings soon",)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a chance of 0.83", "0.83"),
        ("83 % likely", "83 %"),
        ("a target of $215.50", "215.50"),
        ("in 2019 it fell", "2019"),
        ("3.4 billion in cash", "3.4 billion"),
        ("RSI 14 is 71", "71"),
        ("volatility of 22.4 %", "22.4 %"),
        ("expects 37% growth", "37%"),
        ("odds of .8316", ".8316"),
        ("-.8316, supplier No.5", ".8316"),
        ("up...37.5% by then", "37.5%"),
        ("\u0668\u0663.\u0665 per cent", "\u0668\u0663.\u0665 per cent"),
    ],
)
def test_a_number_that_nothing_shown_bears_out_is_flagged(text: str, number: str) -> None:
    assert _grounded(thesis=text).risk_flags == ("earnings soon", f"unsupported-number: {number}")
    assert f"unsupported-number: {number}" in _grounded(counter_thesis=text).risk_flags
    assert f"unsupported-number: {number}" in _grounded(risk_flags=[text]).risk_flags


def test_a_fraction_is_no_count_however_it_begins() -> None:
    assert unheld("odds of .5, of 0.5, supplier No.5", frozenset()) == [".5", "0.5"]


def test_what_names_the_fence_bears_out_no_number() -> None:
    prompt = _prompt()
    [mark] = re.findall(r"<<<NEWS-([0-9a-f]{12})", prompt.messages[1].text)
    assert given_by(f"NEWS-{mark}") == frozenset()
    assert prompt.numbers == first_prompt(question(1)).numbers | given_by(
        prompt.messages[1].text.split("\nnews", 1)[1].replace(mark, "")
    )


def test_many_inventions_are_counted_and_cannot_be_crowded_out() -> None:
    told = _grounded(thesis=" ".join(f"{n}.77" for n in range(300, 320)), risk_flags=["x"] * 12)
    assert len(told.risk_flags) == 1 + 8 + 1
    assert told.risk_flags[-1] == "unsupported-number: 12 more"


def test_texts_are_made_plain_and_private_ones_taken_out() -> None:
    told = _grounded(
        thesis="<b>up</b>\u202e\x1b[31m ask jo@example.com", risk_flags=["a\nb", "a b", "\u200b"]
    )
    assert (told.thesis, told.risk_flags) == ("up ask [e-mail]", ("a b",))


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200), st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps)
    )
)
def test_any_answer_is_taken_or_refused_and_nothing_else_happens(raw: str) -> None:
    assert _code(raw) in ("invalid-json", "wrong-schema")


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-6, 1e12), st.integers(0, 4))
def test_a_given_number_is_held_however_it_is_rounded(number: float, places: int) -> None:
    held = given_by(f"x {number!r}")
    told = [
        f"{number:.{places}f}",
        f"{number:,.{places}f}",
        f"{number * 100:.{places}f} %",
        f"{number / 1e6:.{places}f} million",
    ]
    assert [unheld(text, held) for text in told] == [[]] * 4
