"""Every mishap of a model ends as docs/reasoning.md says, and none of them makes a verdict milder."""

from pathlib import Path

import pytest

from adapters.reasoning.reasons import FAILED
from tests.adapters.reasoning.faults_page import HEADER, PAGE, SECONDS, Row, cells_of, rows
from tests.adapters.reasoning.mishaps import MISHAPS

ROOT = Path(__file__).parents[3]
SCALE = 0.3
STATUS, REASON, VERDICT = (HEADER.index(name) for name in ("status", "reason", "verdict"))


@pytest.fixture(scope="module")
def seen() -> list[Row]:
    """The table as it comes out here, in a third of the time."""
    return rows(SCALE)


def _timeless(row: Row) -> Row:
    return row[:SECONDS] + row[SECONDS + 1 :]


def test_the_table_of_faults_is_what_happens(seen: list[Row]) -> None:
    written = cells_of((ROOT / PAGE).read_text("utf-8"))
    assert [_timeless(row) for row in written] == [_timeless(row) for row in seen]


def test_the_table_was_made_with_the_real_time_outs() -> None:
    longest = {row[0]: float(row[SECONDS]) for row in cells_of((ROOT / PAGE).read_text("utf-8"))}
    for name in ("20 seconds", "hangs", "never finishes", "6 and 10 seconds"):
        assert 14.9 <= longest[name] <= 16
    assert max(longest.values()) <= 16


def test_nothing_is_later_than_the_hard_time_out(seen: list[Row]) -> None:
    assert max(float(row[SECONDS]) for row in seen) <= 15 * SCALE + 1


def test_whatever_is_no_memo_wants_a_person_and_says_why(seen: list[Row]) -> None:
    for row in seen:
        if row[STATUS] == "FAILED":
            assert row[VERDICT] == "REVIEW"
            assert row[REASON] in FAILED
        else:
            assert row[REASON] == ""
            assert row[VERDICT] == {"OK, ALLOW": "APPROVE", "OK, BLOCK": "REJECT"}[row[STATUS]]


def test_every_reason_that_a_model_can_give_cause_for_is_in_the_table(seen: list[Row]) -> None:
    told = {row[REASON] for row in seen if row[REASON]}
    assert told == set(FAILED) - {"too-long", "reasoner-broke", "scripted-outage"}
    assert len(seen) == len(MISHAPS)
