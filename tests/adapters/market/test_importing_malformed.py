"""Malformed files of bars: each row is let in as it stands there or told, and nothing of it is guessed."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

from adapters.cli import app
from adapters.market.sample_export import export_sample
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split
from tests.adapters.market.closing import CALENDAR

HEAD = "date,symbol,open,high,low,close,volume\n"
GOOD = "2012-06-25,AAPL,50,51,49,50.5,1000\n"
NEXT = "2012-06-26,AAPL,50,51,49,50.5,1000\n"
Run = Callable[..., Result]


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `trivet bars import` of a file with that content, or of a table."""
    monkeypatch.setenv("TRIVET_HOME", str(tmp_path / "home"))

    def run(content: str | bytes | pa.Table, *words: str, name: str = "a.csv") -> Result:
        path = tmp_path / name
        if isinstance(content, pa.Table):
            parquet.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        asked = ["bars", "import", str(path), "--folder", str(tmp_path / "bars"), *words, "--json"]
        return CliRunner().invoke(app, asked)

    return run


def outcome(told: Result) -> tuple[int, int, dict]:
    """Exit code, bars that are new, and how many rows were put aside by reason."""
    symbols = json.loads(told.stdout)["symbols"]
    aside = {code: count for one in symbols for code, count in one["quarantined"].items()}
    return told.exit_code, sum(one["new"] for one in symbols), aside


def test_a_row_wider_than_the_header_is_put_aside(bring: Run) -> None:
    row = "2012-06-26,AAPL,50,51,49,50.5,1,234,567\n"  # a volume of 1, were the rest let go
    assert outcome(bring(HEAD + GOOD + row)) == (1, 1, {"unreadable": 1})


def test_delimiters_after_the_last_value_are_no_values(bring: Run) -> None:
    assert outcome(bring(HEAD + GOOD.replace("\n", ",,\n") + NEXT)) == (0, 2, {})


@pytest.mark.parametrize("tail", ["", '2012-06-27,"AAPL",50,51,49,50.5,1000\n'])
def test_a_quote_that_is_left_open_swallows_no_rows(bring: Run, tmp_path: Path, tail: str) -> None:
    refused = bring(HEAD + GOOD + NEXT.replace("AAPL", '"AAPL') + tail)
    assert (refused.exit_code, "a.csv cannot be read as CSV" in refused.output) == (2, True)
    assert BarStore(tmp_path / "bars").symbols() == ()


def test_rows_of_nothing_are_passed_over_and_rows_of_no_day_put_aside(bring: Run) -> None:
    assert outcome(bring(HEAD + GOOD + ",,,,,,\n" * 10)) == (0, 1, {})
    assert outcome(bring(HEAD + GOOD + "N/A,AAPL,,,,,\n" * 10)) == (1, 0, {"unreadable": 10})


@pytest.mark.parametrize("day", ["0001-01-01T00:30:00+14:00", "9999-12-31T23:30:00-14:00"])
@pytest.mark.parametrize("words", [(), ("--minutes",)])
def test_a_time_beyond_the_calendar_is_put_aside(bring: Run, day: str, words: tuple[str, ...]) -> None:
    code, new, aside = outcome(bring(HEAD + NEXT.replace("2012-06-26", day), *words))
    assert (code, new, sum(aside.values())) == (1, 0, 1)


def test_a_day_in_another_form_than_was_said_is_not_taken_for_iso(bring: Run) -> None:
    rows = HEAD + "2012-05-06,AAPL,50,51,49,50.5,1000\n" + GOOD  # the 5th of June, and a month of 25
    told = bring(rows, "--date-format", "%Y-%d-%m")
    assert outcome(told) == (1, 1, {"unreadable": 1})
    assert json.loads(told.stdout)["symbols"][0]["first"] == "2012-06-05"


@pytest.mark.parametrize("form", ["%d/%d/%Y", "%Q"])
def test_a_form_of_days_that_is_none_is_refused(bring: Run, form: str) -> None:
    refused = bring(HEAD + GOOD, "--date-format", form)
    assert (refused.exit_code, f'--date-format "{form}" is none' in refused.output) == (2, True)


def test_a_broken_archive_is_refused(bring: Run) -> None:
    whole = bytearray(gzip.compress((HEAD + GOOD * 3000).encode()))
    whole[30:40] = b"\xff" * 10
    refused = bring(bytes(whole), name="a.csv.gz")
    assert (refused.exit_code, "cannot be read as CSV" in refused.output) == (2, True)


PRICES = {"open": [50.0, 50.0], "high": [51.0, 51.0], "low": [49.0, 49.0], "close": [50.0, 50.0]}
ROWS = {"date": ["2012-06-25", "2012-06-26"], **PRICES, "volume": [1, 1]}


@pytest.mark.parametrize("symbols", [["AAPL", None], [1, 2], [["AAPL"], ["B"]], [b"AAPL", b"\xff"]])
def test_symbols_of_parquet_that_are_no_text_are_put_aside(bring: Run, symbols: list) -> None:
    told = bring(pa.table({**ROWS, "symbol": symbols}), name="a.parquet")
    found = json.loads(told.stdout)["symbols"]
    code, new = told.exit_code, sum(one["new"] for one in found)
    known = symbols.count("AAPL")
    assert (code, new, sum(one["quarantined"].get("unreadable", 0) for one in found)) == (1, known, 2 - known)


@pytest.mark.parametrize(
    "days",
    [
        pa.array([9 * 10**15, 8 * 10**15], pa.timestamp("ms")),
        pa.array([0, 86_400_000_000], pa.timestamp("us", tz="Mars/Olympus")),
    ],
)
def test_times_of_parquet_that_no_calendar_has_are_refused(bring: Run, days: pa.Array) -> None:
    refused = bring(pa.table({**ROWS, "date": days, "symbol": ["AAPL"] * 2}), name="a.parquet")
    assert (refused.exit_code, "a.parquet cannot be read as Parquet" in refused.output) == (2, True)


def test_only_notes_of_the_symbols_that_are_imported_are_taken_over(tmp_path: Path) -> None:
    sample, ours = tmp_path / "sample", BarStore(tmp_path / "bars")
    export_sample(BarStore(sample), CALENDAR, ["IBM", "MSFT"])
    BarStore(sample).add_split(Split("IBM", date(2012, 6, 4), 2, 1, "test", datetime(2012, 6, 4, tzinfo=UTC)))
    one = sample / "symbol=IBM" / "2000-03.parquet"
    told = CliRunner().invoke(
        app,
        ["bars", "import", str(one), "--folder", str(ours.root)],
        env={"TRIVET_HOME": str(tmp_path)},
    )
    assert told.exit_code == 0, told.output
    assert [split.symbol for split in ours.splits("IBM")] == ["IBM"]
    assert ours.splits("MSFT") == ()  # whose bars here may be adjusted ones


@pytest.mark.parametrize("words", [["list"], ["gaps"], ["gaps", "AAPL"]])
def test_a_stored_file_that_cannot_be_read_is_named(tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "symbol=AAPL" / "2012-06.parquet"
    path.parent.mkdir()
    path.write_bytes(b"PAR1 and no more")
    told = CliRunner().invoke(app, ["bars", *words, "--folder", str(tmp_path)])
    assert (told.exit_code, f"{path} holds no bars that can be read" in told.output) == (1, True)


def test_a_column_that_is_there_twice_is_not_chosen_from(bring: Run) -> None:
    refused = bring(HEAD.replace("volume", "volume,close") + GOOD, "--columns", "close=close")
    assert (refused.exit_code, 'has several columns "close"; name them apart' in refused.output) == (2, True)
