"""What people read: escaped, exact, and never by colour alone."""

from datetime import timedelta

import pytest

from ui.words import (
    MARKS,
    VERDICTS,
    change,
    code,
    duration,
    duration_of,
    moment,
    money,
    percent,
    plain,
    rough_percent,
    shares,
    value,
    verdict,
    visible,
)


@pytest.mark.parametrize("word", VERDICTS)
def test_a_verdict_has_its_word_and_a_mark_beside_its_colour(word: str) -> None:
    said = verdict(word)
    assert word in said
    assert MARKS[word][0] in said


def test_marks_and_colours_tell_the_verdicts_apart() -> None:
    assert len({mark for mark, _ in MARKS.values()}) == len({colour for _, colour in MARKS.values()}) == 3


@pytest.mark.parametrize(
    "text", ["**bold**", "[a](http://b)", ":red[x]", "$x$", "# big", "<b>", "a|b", "`c`"]
)
def test_what_others_wrote_is_never_formatting(text: str) -> None:
    escaped = plain(text)
    assert escaped.replace("\\", "").replace("\N{WORD JOINER}", "") == text
    assert all(escaped[i - 1] == "\\" for i, sign in enumerate(escaped) if sign in "*[]()$#<>|`:")


def test_code_survives_back_quotes() -> None:
    assert code("a ` b") == "`` a ` b ``"
    assert code("a `` [b](http://c)") == "``` a `` [b](http://c) ```"


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\u2060", "\x1b", "\x9b", "\U000e0041"])
def test_what_others_wrote_turns_and_hides_nothing_around_it(sign: str) -> None:
    assert plain(f"a{sign}b") == code(f"a{sign}b").strip("`") == "a\N{REPLACEMENT CHARACTER}b"
    assert visible(f"a{sign}\nb") == "a\N{REPLACEMENT CHARACTER}\nb"
    assert plain("naïve 雪 ☃️") == visible("naïve 雪 ☃️") == "naïve 雪 ☃️"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (31.0, "31"),
        (0.03, "0.03"),
        (True, "yes"),
        (False, "no"),
        (None, "absent"),
        (["A", "B"], "A, B"),
        (1e300, "1e+300"),
    ],
)
def test_values_are_exact_and_readable(found: object, said: str) -> None:
    assert value(found) == said


@pytest.mark.parametrize(("fraction", "said"), [(0.01, "1 %"), (0.005, "0.5 %"), (0.0, "0 %"), (None, "—")])
def test_sizes_are_per_cent_of_equity(fraction: float | None, said: str) -> None:
    assert percent(fraction) == said


def test_times_say_their_zone() -> None:
    assert moment("2012-05-18T14:30:05Z") == "2012-05-18 14:30:05 UTC"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=9), "9 s"),
        (timedelta(minutes=4, seconds=10), "4 min 10 s"),
        (timedelta(hours=2, minutes=5), "2 h 05 min"),
    ],
)
def test_durations_are_said_in_two_units(span: timedelta, said: str) -> None:
    assert duration(span) == said


@pytest.mark.parametrize(
    ("dollars", "said"),
    [("1012345.674", "$1,012,345.67"), ("-12", "\N{MINUS SIGN}$12.00"), ("-0.001", "$0.00"), (None, "—")],
)
def test_money_has_separators_cents_and_its_sign_in_front(dollars: str | None, said: str) -> None:
    assert money(dollars) == said


def test_a_gain_says_its_sign_as_a_loss_does() -> None:
    assert [change("310.5"), change("-310.5"), change("0")] == ["+$310.50", "\N{MINUS SIGN}$310.50", "$0.00"]


def test_a_large_sum_keeps_its_last_cent() -> None:
    assert money("90071992547409.93") == "$90,071,992,547,409.93"


@pytest.mark.parametrize(("qty", "said"), [("1200", "1,200"), ("-7", "\N{MINUS SIGN}7"), ("1.50", "1.5")])
def test_shares_are_whole_where_they_are_whole(qty: str, said: str) -> None:
    assert shares(qty) == said


def test_a_measured_share_has_two_places() -> None:
    assert [rough_percent(0.123456), rough_percent(None)] == ["12.35 %", "—"]


@pytest.mark.parametrize("text", ["https://a.test/b", "HTTP://a.test", "www.a.test", "somebody@a.test"])
def test_an_address_that_others_wrote_is_never_a_link(text: str) -> None:
    parts = plain(text).replace("\\", "").split("\N{WORD JOINER}")
    assert len(parts) == 2
    assert "".join(parts) == text


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0, "0 ms"), (0.0124, "12 ms"), (8.254, "8.25 s"), (75.0, "1 min 15 s")]
)
def test_what_took_long_and_what_did_not_are_both_readable(seconds: float, said: str) -> None:
    assert duration_of(seconds) == said
