"""What people read: escaped, exact, and never by colour alone."""

from datetime import timedelta

import pytest

from ui.words import MARKS, VERDICTS, code, duration, moment, percent, plain, value, verdict


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
    assert escaped.replace("\\", "") == text
    assert all(escaped[i - 1] == "\\" for i, sign in enumerate(escaped) if sign in "*[]()$#<>|`:")


def test_code_survives_back_quotes() -> None:
    assert code("a ` b") == "`` a ` b ``"


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
