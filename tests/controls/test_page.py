"""The page of controls is whole, true to the last test run, and every limit on it is read by something."""

from pathlib import Path

import pytest

from adapters.execution.controls.limits import LIMITS
from adapters.execution.controls.limits_file import read_limits
from tests.controls.page import NOT_HERE, NUMBERS, PAGE, ROOT, load, page
from tests.controls.rows import Row, Shown, listed, order_of, recorded


@pytest.fixture(scope="module")
def every() -> list[Row]:
    load()
    return listed()


def test_every_number_has_a_test_or_a_reason_why_not(every: list[Row]) -> None:
    tested = {row.number for row in every}
    assert set(NUMBERS) - tested == set(NOT_HERE)
    assert not tested & set(NOT_HERE)


def test_every_row_says_where_it_lives_and_what_its_test_showed(every: list[Row]) -> None:
    for row in every:
        assert (ROOT / row.lives).is_file(), row
        assert row.test in recorded(), f"{row.test} was never run; run `make controls`"


def test_every_limit_is_read_by_a_control_that_is_tested(every: list[Row]) -> None:
    named = {name for row in every for name in row.limits}
    assert named <= set(LIMITS)
    assert set(LIMITS) - named == set()


def test_the_page_is_as_the_last_run_left_it(every: list[Row]) -> None:
    assert PAGE.read_text("utf-8") == page(every, recorded(), read_limits(Path("rules")))


def test_nothing_is_shown_that_no_test_stands_for(every: list[Row]) -> None:
    assert set(recorded()) == {row.test for row in every}


def test_numbers_come_in_order_and_stops_after_them() -> None:
    assert sorted(["S2", "10", "9", "S10"], key=order_of) == ["9", "10", "S2", "S10"]


def test_a_bar_in_a_text_does_not_break_the_table() -> None:
    row = Row("1", "a", "b", "DENY", "tests/x.py::test_y")
    text = page([row], {row.test: Shown("a | b", "c\nd")}, read_limits(Path("rules")))
    assert "| 1 | a | a \\| b | c d |" in text
