"""Bars in Parquet: kept as traded, never half written, one data set for everybody who reads."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from adapters.cli import app
from adapters.market.calendar import TradingCalendar
from adapters.market.sample import load_bars
from adapters.storage import bar_files as module
from adapters.storage.bar_files import BarsRefused
from adapters.storage.bar_notes import Correction
from adapters.storage.bars import Added, BarsClash, BarStore
from policy.contracts import Bar

ROOT = Path(__file__).parents[3]
OPEN = datetime(2012, 5, 30, 13, 30, tzinfo=UTC)


def series(symbol: str = "AAPL", start: int = 0, count: int = 5) -> tuple[Bar, ...]:
    """Daily bars from the ``start``-th day on."""
    opens = [OPEN + timedelta(days=day) for day in range(start, start + count)]
    price = {
        "open": Decimal("82.675000"),
        "high": Decimal("83.1"),
        "low": Decimal(82),
        "close": Decimal("82.5"),
    }
    ends = timedelta(hours=6, minutes=30)
    return tuple(Bar(symbol=symbol, volume=1000, opened_at=at, closed_at=at + ends, **price) for at in opens)


def moved(bars: Sequence[Bar], hours: int) -> tuple[Bar, ...]:
    return tuple(bar.model_copy(update={"opened_at": bar.opened_at + timedelta(hours=hours)}) for bar in bars)


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path / "bars")


def all_of(store: BarStore, symbol: str = "AAPL") -> tuple[Bar, ...]:
    return store.between(symbol, date(2000, 1, 1), date(2030, 1, 1))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bars_come_back_as_they_went(store: BarStore, tmp_path: Path) -> None:
    store.add("AAPL", series())
    store.add("AAPL", series(start=5, count=40))
    assert all_of(store) == series(count=45)
    assert store.between("AAPL", date(2012, 5, 31), date(2012, 6, 2)) == series(start=1, count=3)
    assert (store.first("AAPL"), store.last("AAPL")) == (series(count=45)[0], series(count=45)[-1])
    months = sorted(path.name for path in (tmp_path / "bars" / "symbol=AAPL").glob("*.parquet"))
    assert months == ["2012-05.parquet", "2012-06.parquet", "2012-07.parquet"]


def test_unknown_symbols_have_no_bars(store: BarStore) -> None:
    assert (all_of(store, "NONE"), store.last("NONE"), store.symbols()) == ((), None, ())


def test_everybody_reads_one_data_set(store: BarStore, tmp_path: Path) -> None:
    for symbol in ("AAPL", "BRK/B"):
        store.add(symbol, series(symbol))
    assert store.symbols() == ("AAPL", "BRK/B")
    assert all_of(store, "BRK/B") == series("BRK/B")
    pattern = f"{tmp_path}/bars/*/*.parquet"
    source = "read_parquet(?, hive_partitioning = true)"
    query = f"SELECT symbol, count(*), max(volume) FROM {source} GROUP BY symbol ORDER BY symbol"
    with duckdb.connect() as connection:
        assert connection.execute(query, [pattern]).fetchall() == [("AAPL", 5, 1000), ("BRK/B", 5, 1000)]
    frame = pl.read_parquet(pattern, hive_partitioning=True)
    assert frame["open"].to_list() == [Decimal("82.675")] * 10


@pytest.mark.parametrize(
    ("bars", "words"),
    [
        (
            moved(series(start=4, count=1), hours=1),
            "the bar of 2012-06-03 does not follow that of 2012-06-03",
        ),
        (series(start=5)[::-1], "does not follow that of 2012-06-08"),
        ((*series(start=5, count=1), *series(start=5, count=1)), "leave out repeats"),
        (series("MSFT", start=5), "a bar of MSFT was handed in for AAPL"),
        ((series(start=5)[0].model_copy(update={"open": Decimal("1.123456789")}),), "more than 8 places"),
    ],
)
def test_what_does_not_follow_is_refused_and_nothing_written(
    store: BarStore, tmp_path: Path, bars: Sequence[Bar], words: str
) -> None:
    store.add("AAPL", series())
    before = files(tmp_path)
    with pytest.raises(BarsRefused, match=words):
        store.add("AAPL", bars)
    assert files(tmp_path) == before


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(
    store: BarStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    store.add("AAPL", series(start=5, count=2))
    before = files(tmp_path)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt  # as little is cleaned up as when the process dies

    with monkeypatch.context() as broken:
        broken.setattr(module.os if where == "fsync" else Path, where, crash)
        with pytest.raises(KeyboardInterrupt):
            store.add("AAPL", series(start=7))
    assert before.items() <= files(tmp_path).items()
    assert all_of(store) == series(start=5, count=2)
    store.add("AAPL", series(start=7))
    assert all_of(store) == series(start=5, count=7)


FULL = """
import resource, sys
from pathlib import Path
from adapters.storage.bar_files import BarsRefused
from adapters.storage.bars import BarStore
from tests.adapters.storage.test_bars import series
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    BarStore(Path(sys.argv[1])).add("AAPL", series(start=7))
except BarsRefused as refused:
    print(refused)
"""


def test_a_write_that_finds_no_room_leaves_the_old_file(store: BarStore, tmp_path: Path) -> None:
    store.add("AAPL", series(start=5, count=2))
    before = files(tmp_path / "bars")
    told = subprocess.run(
        [sys.executable, "-B", "-c", FULL, str(tmp_path / "bars")],
        cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "2012-06.parquet could not be written: file too large; what was there is as it was" in told.stdout
    assert files(tmp_path / "bars") == before


def test_two_writers_of_the_same_bars_leave_them_once(tmp_path: Path) -> None:
    added: list[Added] = []

    def write() -> None:
        added.append(BarStore(tmp_path).add("AAPL", series(count=60)))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added, key=lambda one: one.new) == [Added(same=60)] * 3 + [Added(new=60)]
    assert all_of(BarStore(tmp_path)) == series(count=60)


def test_a_missing_bar_finds_its_place_among_those_that_are_there(store: BarStore) -> None:
    whole = series(count=40)
    store.add("AAPL", [*whole[:10], *whole[12:]])
    assert store.add("AAPL", whole) == Added(new=2, same=38)
    assert all_of(store) == whole


def test_other_numbers_for_a_stored_session_are_refused_with_both_shown(
    store: BarStore, tmp_path: Path
) -> None:
    store.add("AAPL", series())
    before = files(tmp_path)
    other = series()[2].model_copy(update={"close": Decimal("82.75"), "volume": 900})
    with pytest.raises(BarsClash) as refused:
        store.add("AAPL", [other, *series(start=40)])
    assert "AAPL 2012-06-01: stored 82.675 83.1 82 82.5 1000, came 82.675 83.1 82 82.75 900" in str(
        refused.value
    )
    assert "replace it with --correct" in str(refused.value)
    assert files(tmp_path) == before


def test_a_correction_keeps_what_was_there(store: BarStore, tmp_path: Path) -> None:
    store.add("AAPL", series())
    other = series()[2].model_copy(update={"close": Decimal("82.75")})
    correction = Correction("vendor.csv", datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    assert store.add("AAPL", [other, *series(start=3)], correction) == Added(3, 2, 1)
    assert store.add("AAPL", [other], correction) == Added(same=1)
    assert all_of(store)[2] == other
    kept = (tmp_path / "bars" / "symbol=AAPL" / "corrections.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in kept] == [
        {
            "session": "2012-06-01",
            "was": {"open": "82.675", "high": "83.1", "low": "82", "close": "82.5", "volume": 1000},
            "now": {"open": "82.675", "high": "83.1", "low": "82", "close": "82.75", "volume": 1000},
            "source": "vendor.csv",
            "at": "2026-01-02T03:04:00Z",
        }
    ]


def test_the_same_bars_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        BarStore(tmp_path / name).add("AAPL", series(count=40))
    assert files(tmp_path / "one") == files(tmp_path / "other")


def export(folder: Path, symbol: str) -> Result:
    return CliRunner().invoke(app, ["bars", "export", "--folder", str(folder), "--symbol", symbol, "--json"])


def test_the_sample_is_exported_once_as_traded_and_reads_as_it_is_played(tmp_path: Path) -> None:
    played = load_bars(TradingCalendar())["MSFT"]
    assert json.loads(export(tmp_path, "MSFT").stdout)["bars"] == {"MSFT": len(played)}
    assert json.loads(export(tmp_path, "MSFT").stdout)["bars"] == {"MSFT": 0}
    store = BarStore(tmp_path)
    adjusted = store.adjusted("MSFT", played[-1].opened_at.date())
    assert adjusted == played
    assert str(adjusted) == str(played)  # digit for digit, not only in value
    assert store.first("MSFT").close == 2 * played[0].close


def test_other_bars_than_the_sample_are_never_overwritten_by_it(tmp_path: Path) -> None:
    adjusted = load_bars(TradingCalendar())["MSFT"]
    BarStore(tmp_path).add("MSFT", adjusted)
    refused = export(tmp_path, "MSFT")
    assert (refused.exit_code, "holds other bars than the sample: MSFT 2000-03-01" in refused.output) == (
        1,
        True,
    )
    assert all_of(BarStore(tmp_path), "MSFT") == adjusted
    assert BarStore(tmp_path).splits("MSFT") == ()


def test_a_symbol_without_sample_bars_is_refused(tmp_path: Path) -> None:
    refused = export(tmp_path, "NONE")
    assert (refused.exit_code, "the sample has no NONE" in refused.output) == (1, True)
