"""The equity of a played run: every session once, and a line that rises and falls with it."""

import csv
from decimal import Decimal

import pytest

from adapters.wiring.curve import sparkline
from tests.trivet import answer, trivet


def dollars(*values: int) -> list[Decimal]:
    return [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        (dollars(), 5, ""),
        (dollars(7, 7, 7), 5, "▁▁▁"),
        (dollars(0, 7, 14), 5, "▁▄█"),
        (dollars(1, 9, 2, 9, 3, 0), 3, "██▁"),
    ],
)
def test_the_line_has_the_lowest_and_the_highest_and_ends_with_the_last(values, width, line):
    assert sparkline(values, width) == line


def test_a_replay_writes_every_session_s_equity(tmp_path):
    file = tmp_path / "equity.csv"
    days = ("--from", "2012-06-04", "--to", "2012-06-08")
    summary = answer(trivet(tmp_path, "replay", *days, "--curve", file, "--json"))
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    assert [row["session"] for row in rows] == [f"2012-06-0{day}" for day in (4, 5, 6, 7, 8)]
    assert f"{Decimal(rows[-1]['closed_with']):.2f}" == summary["equity"]
    assert all(Decimal(row["lowest_equity"]) <= Decimal(row["closed_with"]) for row in rows)
