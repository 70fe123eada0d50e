"""Bars from files: digit for digit as they stand there, each row inspected, nothing doubled or half done."""

import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

from adapters.cli import app
from adapters.storage.bar_files import decoded
from adapters.storage.bars import BarStore
from tests.adapters.market.closing import CALENDAR

ROOT = Path(__file__).parents[3]
HEAD = "date,symbol,open,high,low,close,volume"
DAYS = [one.day for one in CALENDAR.between(date(2012, 6, 25), date(2012, 7, 10))]
Run = Callable[..., Result]


def row(day: object, price: float = 50.0, symbol: str = "AAPL", volume: object = 1000) -> str:
    return f"{day},{symbol},{price:.2f},{price + 1:.2f},{price - 1:.2f},{price + 0.5:.2f},{volume}"


def written(path: Path, rows: Iterable[str], head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path / "bars")


@pytest.fixture
def bring(tmp_path: Path, store: BarStore, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `trivet bars import` into the store."""
    monkeypatch.setenv("TRIVET_HOME", str(tmp_path / "home"))

    def run(*words: object) -> Result:
        asked = ["bars", "import", *map(str, words), "--folder", str(store.root)]
        return CliRunner().invoke(app, asked, env={"COLUMNS": "160"})

    return run


def report(bring: Run, *words: object, code: int = 0) -> dict:
    told = bring(*words, "--json")
    assert told.exit_code == code, told.output
    return json.loads(told.stdout)


def codes(found: dict) -> dict:
    return {one["symbol"]: one["quarantined"] for one in found["symbols"]}


def test_prices_are_kept_digit_for_digit_as_traded(bring: Run, store: BarStore, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", ["2012-06-25,aapl,577.30,578.3999,570.1,570.76543210,15732800.0"])
    assert report(bring, file)["symbols"][0]["new"] == 1
    bar = store.between("AAPL")[0]
    assert (bar.open, bar.high, bar.close, bar.volume) == (
        Decimal("577.30"), Decimal("578.3999"), Decimal("570.76543210"), 15_732_800,
    )  # fmt: skip
    assert bar.opened_at == datetime(2012, 6, 25, 13, 30, tzinfo=UTC)


def test_the_same_rows_again_change_nothing(bring: Run, store: BarStore, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", map(row, DAYS))
    first = report(bring, file)["symbols"][0]
    before = {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}
    again = report(bring, file)["symbols"][0]
    assert [(one["new"], one["same"]) for one in (first, again)] == [(11, 0), (0, 11)]
    assert {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()} == before


def test_rows_in_any_order_of_any_symbols_are_stored_in_order(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    rows = [row(day, 50 + at, symbol) for at, day in enumerate(DAYS) for symbol in ("MSFT", "brk-b", "AAPL")]
    found = report(bring, written(tmp_path / "a.csv", reversed(rows)))
    assert [(one["symbol"], one["new"]) for one in found["symbols"]] == [
        ("AAPL", 11),
        ("BRK.B", 11),
        ("MSFT", 11),
    ]
    assert [bar.opened_at.date() for bar in store.between("BRK.B")] == DAYS


FAULTS = {
    "duplicate": row(DAYS[1]),
    "not-a-session": row("2012-06-30"),
    "unreadable": row("soon"),
    "crossed": f"{DAYS[4]},AAPL,50,49,48,50,1",
    "not-positive": f"{DAYS[5]},AAPL,50,51,-1,50,1",
    "not-finite": f"{DAYS[6]},AAPL,50,NaN,49,50,1",
    "jump": row(DAYS[7], 150),
    "from-the-future": row("2999-06-03"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_is_put_aside_with_its_line_and_kept(
    bring: Run, store: BarStore, tmp_path: Path, code: str
) -> None:
    file = written(tmp_path / "a.csv", [row(DAYS[0]), row(DAYS[1]), FAULTS[code], row(DAYS[8])])
    found = report(bring, file, code=1)
    assert codes(found) == {"AAPL": {code: 1}}
    one = found["symbols"][0]["examples"][code][0]
    assert (one["file"], one["line"], one["row"]["symbol"]) == (str(file), 4, "AAPL")
    assert len(store.between("AAPL")) == 3
    assert [json.loads(line)["line"] for line in Path(found["quarantine"]).read_text().splitlines()] == [4]


def test_a_row_that_ends_early_is_put_aside_and_not_guessed(bring: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [row(DAYS[0]), f"{DAYS[1]},AAPL,50,51"])
    assert codes(report(bring, file, code=1)) == {"AAPL": {"unreadable": 1}}


def test_prices_that_were_adjusted_since_are_told_from_traded_ones(bring: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [f"{DAYS[0]},AAPL,50.1234567891,51,49,50,1000"])
    example = report(bring, file, code=1)["symbols"][0]["examples"]["unreadable"][0]
    assert "more than 8 places; bars are kept as traded, not as adjusted since" in example["text"]


def test_another_number_for_a_stored_session_is_refused_with_both_shown(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    bring(written(tmp_path / "a.csv", map(row, DAYS[:4])))
    other = written(tmp_path / "b.csv", [row(DAYS[1], 51), row(DAYS[4])])
    refused = bring(other)
    assert refused.exit_code == 1
    assert (
        f"{other}:2 differs: AAPL {DAYS[1]} had 50 51 49 50.5 1000, came 51 52 50 51.5 1000" in refused.output
    )
    assert "--correct" in refused.output
    kept = next((store.root / "quarantine").glob("*.jsonl")).read_text()
    assert [json.loads(line)["code"] for line in kept.splitlines()] == ["differs"]
    assert [bar.open for bar in store.between("AAPL")] == [50] * 5


def test_a_correction_replaces_it_and_keeps_the_old_row(bring: Run, store: BarStore, tmp_path: Path) -> None:
    bring(written(tmp_path / "a.csv", map(row, DAYS[:4])))
    corrected = bring(written(tmp_path / "b.csv", [row(DAYS[1], 51)]), "--correct")
    assert (corrected.exit_code, "replaced: AAPL" in corrected.output) == (0, True)
    assert store.between("AAPL")[1].open == 51
    kept = json.loads((store.root / "symbol=AAPL" / "corrections.jsonl").read_text())
    assert (kept["was"]["open"], kept["now"]["open"]) == ("50", "51")


def test_a_dry_run_reports_the_same_and_stores_nothing(bring: Run, store: BarStore, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [*map(row, DAYS), FAULTS["not-a-session"]])
    dry = report(bring, file, "--dry-run", code=1)
    assert not store.root.exists()
    wet = report(bring, file, code=1)
    assert dry["symbols"] == wet["symbols"]


def test_a_jump_holds_what_follows_until_somebody_has_looked(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    file = written(tmp_path / "a.csv", [*map(row, DAYS[:5]), *(row(day, 20) for day in DAYS[5:])])
    held = bring(file)
    assert f"a real move: --accept AAPL@{DAYS[5]}" in held.output
    assert len(store.between("AAPL")) == 5
    words = ("--accept", f"AAPL@{DAYS[5]}", "--note", "a profit warning")
    assert report(bring, file, *words)["symbols"][0]["new"] == 6
    assert [(look.day, look.level, look.note) for look in store.looks("AAPL")] == [
        (DAYS[5], Decimal("20.50"), "a profit warning")
    ]
    assert report(bring, file)["symbols"][0]["same"] == 11  # who has looked once need not again


def test_a_split_on_record_explains_a_jump(bring: Run, store: BarStore, tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.csv", [*map(row, DAYS[:5]), *(row(day, 25, volume=2000) for day in DAYS[5:])]
    )
    told = ["bars", "splits", "add", "aapl", str(DAYS[5]), "2:1", "--folder", str(store.root)]
    assert CliRunner().invoke(app, told).exit_code == 0
    assert codes(report(bring, file)) == {"AAPL": {}}
    assert {bar.volume for bar in store.adjusted("AAPL", DAYS[-1])} == {2000}


def test_columns_are_found_by_their_usual_names_or_as_said(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    rows = [f"{day:%d/%m/%Y};AAPL;50;51;49;50;1000;47.1" for day in DAYS]
    file = written(tmp_path / "a.csv", rows, "Trade Date;Ticker;Open;High;Low;Close;Vol;Adj Close")
    refused = bring(file)
    assert refused.exit_code == 2
    assert "has no column for date; it has Trade Date, Ticker" in refused.output
    words = ("--columns", "date=Trade Date", "--date-format", "%d/%m/%Y")
    assert report(bring, file, *words)["symbols"][0]["new"] == 11
    assert store.between("AAPL")[0].close == 50


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--columns", "price=Close"], '--columns "price=Close" does not say which column is which'),
        (["--columns", "open=First"], 'has no column "First"'),
        (["--zone", "Mars"], '--zone "Mars" is no zone'),
        (["--accept", "AAPL"], '--accept "AAPL" is no symbol and day'),
        (["--jump", "2"], '--jump "2" is no fraction'),
        (["--symbol", "?"], "is no symbol"),
    ],
)
def test_what_is_said_wrongly_is_refused_with_the_next_step(bring: Run, tmp_path: Path, words, told) -> None:
    refused = bring(written(tmp_path / "a.csv", map(row, DAYS)), *words)
    assert (refused.exit_code, told in refused.output) == (2, True), refused.output


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "has no column for date"),
        (
            "a.csv",
            b"date,day,open,high,low,close,volume\n",
            "has date and day, each of which could be the date",
        ),
        ("a.csv", b"date,open,high,low,close,volume\n", "names no symbol; give --symbol"),
        ("a.csv", b"\xff\xfe\x00", "cannot be read as CSV in UTF-8"),
        ("a.csv.gz", b"plain", "cannot be read as CSV in UTF-8"),
        ("a.parquet", b"plain", "cannot be read as Parquet"),
        ("a.xlsx", b"", "holds no bars; give .csv"),
    ],
)
def test_a_file_that_cannot_be_read_stores_nothing(
    bring: Run, store: BarStore, tmp_path: Path, name, content, told
) -> None:
    good, bad = written(tmp_path / "0.csv", map(row, DAYS)), tmp_path / name
    bad.write_bytes(content)
    refused = bring(good, bad)
    assert (refused.exit_code, told in refused.output) == (2, True), refused.output
    assert store.symbols() == ()


@pytest.mark.parametrize(
    ("when", "words", "new"),
    [
        ("2012-06-25T00:00:00Z", [], 1),  # midnight is a day, wherever
        ("2012-06-25 00:00:00", [], 1),
        ("2012-06-25T04:00:00Z", [], 1),  # midnight in New York
        ("2012-06-25T16:00:00-04:00", [], 1),
        ("2012-06-26T00:30:00Z", [], 1),  # the evening before in New York
        ("2012-06-25 16:00:00", [], 0),  # of no zone: nobody knows
        ("2012-06-25 16:00:00", ["--zone", "America/New_York"], 1),
    ],
)
def test_the_day_of_a_time_is_the_day_in_new_york(
    bring: Run, store: BarStore, tmp_path: Path, when: str, words: list[str], new: int
) -> None:
    bring(written(tmp_path / "a.csv", [row(when)]), *words)
    assert [bar.opened_at.date() for bar in store.between("AAPL")] == [date(2012, 6, 25)] * new


def test_files_of_one_symbol_take_its_name_from_their_folder_or_as_said(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    folder = tmp_path / "in" / "symbol=BRK.B"
    folder.mkdir(parents=True)
    head, rows = "date,open,high,low,close,volume", [f"{day},50,51,49,50,1" for day in DAYS]
    content = "\n".join([head, *rows]).encode()
    (folder / "a.csv.gz").write_bytes(gzip.compress(content))
    (tmp_path / "b.csv").write_bytes(content)
    bring(tmp_path / "in")
    bring(tmp_path / "b.csv", "--symbol", "msft")
    assert store.symbols() == ("BRK.B", "MSFT")


def test_parquet_of_any_kind_of_column_is_read(bring: Run, store: BarStore, tmp_path: Path) -> None:
    prices = {name: pa.array([50.1] * len(DAYS)) for name in ("Open", "High", "Low", "Close")}
    stamps = pa.array([datetime.combine(day, datetime.min.time()) for day in DAYS], pa.timestamp("ns"))
    volume = pa.array([1000.0] * len(DAYS))
    table = pa.table({"Timestamp": stamps, **prices, "Volume": volume, "Ticker": ["AAPL"] * len(DAYS)})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert report(bring, tmp_path / "a.parquet")["symbols"][0]["new"] == 11
    assert store.between("AAPL")[0].open == Decimal("50.1")


def test_minutes_become_the_bars_of_their_sessions(bring: Run, store: BarStore, tmp_path: Path) -> None:
    half = next(iter(CALENDAR.between(date(2012, 7, 3), date(2012, 7, 3))))
    rows = [
        row("2012-07-03 09:30:00", 50), row("2012-07-03 12:59:00", 52), row("2012-07-03 11:00:00", 51),
        row("2012-07-03 13:00:00", 90), row("2012-07-03 11:00:00", 51),
    ]  # fmt: skip
    file = written(tmp_path / "a.csv", rows)
    found = report(bring, file, "--minutes", "--zone", "America/New_York", code=1)
    assert codes(found) == {"AAPL": {"not-a-session": 1, "duplicate": 1}}
    bar = store.between("AAPL")[0]
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (50, 53, 49, Decimal("52.5"), 3000)
    assert (bar.opened_at, bar.closed_at) == (half.opens, half.closes)


def test_minutes_that_are_taken_for_days_are_refused_as_a_whole(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    minutes = [row(f"2012-07-03T{hour}:30:00-04:00") for hour in ("09", "10", "11", "12")]
    refused = bring(written(tmp_path / "a.csv", [row(DAYS[0]), *minutes]))
    assert (refused.exit_code, store.symbols()) == (2, ())
    assert "a.csv:3 is one of many rows of AAPL on 2012-07-03" in refused.output
    assert "add --minutes" in refused.output


def test_a_symbol_is_not_said_of_files_that_name_their_own(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    refused = bring(written(tmp_path / "a.csv", map(row, DAYS)), "--symbol", "MSFT")
    assert (refused.exit_code, store.symbols()) == (2, ())
    assert 'names its symbols itself, in "symbol"; leave out --symbol' in refused.output


def test_missing_sessions_are_told(bring: Run, store: BarStore, tmp_path: Path) -> None:
    found = report(bring, written(tmp_path / "a.csv", map(row, [*DAYS[:3], *DAYS[7:]])))["symbols"][0]
    assert (found["gaps"], found["first_gaps"]) == (4, [str(day) for day in DAYS[3:7]])
    told = CliRunner().invoke(app, ["bars", "gaps", "aapl", "--folder", str(store.root)])
    assert told.exit_code == 1
    assert "AAPL 2012-07-03 (half day)" in told.output
    assert "4 sessions without a bar" in told.output
    listed = CliRunner().invoke(app, ["bars", "list", "--folder", str(store.root), "--json"])
    assert json.loads(listed.stdout)["symbols"] == [
        {"symbol": "AAPL", "first": "2012-06-25", "last": "2012-07-10", "bars": 7, "gaps": 4, "splits": []}
    ]


KILLED = """
import os, signal, sys
from pathlib import Path
from adapters.cli import app
left, whole = 3, Path.replace
def replace(self, target):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, target)
Path.replace = replace
app(sys.argv[1:])
"""


def test_an_import_that_is_killed_leaves_whole_files_and_is_finished_by_the_next(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    days = [one.day for one in CALENDAR.between(date(2012, 1, 2), date(2012, 7, 10))]
    file = written(tmp_path / "a.csv", [row(day, symbol=name) for day in days for name in ("AAPL", "MSFT")])
    asked = ["bars", "import", str(file), "--folder", str(store.root)]
    died = subprocess.run(
        [sys.executable, "-B", "-c", KILLED, *asked], cwd=ROOT, capture_output=True, check=False,
        env={"PYTHONPATH": str(ROOT), "TRIVET_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL
    files = list(store.root.rglob("*.parquet"))
    assert len(files) == 2
    assert all(decoded(path, "AAPL") for path in files)
    found = report(bring, file)["symbols"]
    assert [one["new"] + one["same"] for one in found] == [len(days)] * 2
    assert len(store.between("AAPL")) == len(store.between("MSFT")) == len(days)


def test_the_sample_comes_through_export_and_import_unchanged(
    bring: Run, store: BarStore, tmp_path: Path
) -> None:
    exported = ["bars", "export", "--folder", str(tmp_path / "sample"), "--symbol", "AAPL"]
    assert CliRunner().invoke(app, exported).exit_code == 0
    assert report(bring, tmp_path / "sample")["notes"] == 3  # two splits and a profit warning
    for path in (tmp_path / "sample").rglob("*.*"):
        assert (store.root / path.relative_to(tmp_path / "sample")).read_bytes() == path.read_bytes()
