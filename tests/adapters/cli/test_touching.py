"""How many recorded signals a difference touches: every one is counted as both evaluators judge it."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from adapters.cli.touching import touched
from adapters.settings import STORE_FILE, Settings
from adapters.storage.database import open_store
from engine import EngineFailure, Verdict, evaluate, read_pack
from engine.difference import difference
from tests.first_rules import first_rules
from tests.policy.parts import CALM, build_house, proposal
from tests.trivet import answer, trivet

AGE = "market_context.data_age_seconds"
TEXT = Path("rules/trading-core/released/1.0.0.yaml").read_text("utf-8")
CORE = read_pack(TEXT, "core.yaml")
LOOSER = TEXT.replace("value: 30, unit: seconds", "value: 60, unit: seconds").replace(
    "0.01, unit", "0.015, unit"
)
AGES = (0.0, 30.0, 31.0, 45.0, 60.0, 61.0)
SIZES = (None, 0.01, 0.012, 0.02)
SIGNALS = [CORE.cast["calm_buy"] | {AGE: age, "size_pct": size} for age in AGES for size in SIZES]


@pytest.fixture
def looser(tmp_path):
    path = first_rules(tmp_path / "rules") / "trading-core" / "pack.yaml"
    path.write_text(LOOSER, "utf-8")
    return path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "signals.parquet"
    pl.DataFrame(SIGNALS).with_columns(signal_id=pl.lit("one")).write_parquet(path)
    return path


def diff(tmp_path, *arguments):
    return trivet(tmp_path / "var", "diff", *arguments, TRIVET_RULES=str(tmp_path / "rules"))


def judged_one_by_one(after):
    ways = Counter()
    for signal in SIGNALS:
        given = {name: value for name, value in signal.items() if value is not None}
        ways[tuple(evaluate([pack], given, partial=True).verdict for pack in (CORE, after))] += 1
    return ways


def test_every_signal_of_a_file_is_counted_as_the_evaluators_judge_it(tmp_path, looser, file):
    found = answer(diff(tmp_path, "trading-core@1.0.0", looser, "--signals", file, "--json"))
    counted = {(one["from"], one["to"]): one["signals"] for one in found["transitions"]}
    expected = judged_one_by_one(read_pack(LOOSER, "looser.yaml"))
    assert counted["REJECT", "APPROVE"] == expected[Verdict.REJECT, Verdict.APPROVE] == 9
    assert sum(counted.values()) == 9
    assert {one["move"]: one["signals"] for one in found["caps"]} == {"larger": 4, "smaller": 0}
    assert found["signals"] == {"source": str(file), "total": 24}


def test_the_count_stands_beside_each_way_to_move(tmp_path, looser, file):
    done = diff(tmp_path, "trading-core@1.0.0", looser, "--signals", file.parent)
    assert "REJECT -> APPROVE   9 of 24 signals; calm_buy with" in done.stdout
    assert "APPROVE -> REJECT   0 of 24 signals; impossible" in done.stdout
    assert "9 of 24" in diff(tmp_path, "trading-core@1.0.0", looser, "--signals", file, "--markdown").stdout


def test_decisions_of_the_store_are_counted(tmp_path, looser):
    store = open_store(f"sqlite:///{tmp_path / 'var' / STORE_FILE}")
    house = build_house(store)
    house.service.shelf.stock()
    ages = [CALM["market_context"] | {"data_age_seconds": age} for age in (12, 31, 45, 99)]
    asked = [proposal(number, market_context=context) for number, context in enumerate(ages)]
    house.service.evaluation.evaluate_batch(asked)
    store.dispose()
    found = answer(diff(tmp_path, "trading-core@1.0.0", looser, "--signals", "decisions", "--json"))
    assert found["signals"] == {"source": "decisions", "total": 4}
    moved = {(one["from"], one["to"]): one["signals"] for one in found["transitions"]}
    assert moved["REJECT", "APPROVE"] == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            {"confidense": [0.5], "symbol": ["AAPL"]},
            "columns that are no inputs of trading-core@1.0.0: confidense; did you mean confidence",
        ),
        ({"signal_id": ["one"]}, "no column is an input"),
        ({"confidence": ["high"]}, "confidence"),
    ],
)
def test_signals_that_do_not_fit_are_exit_2_in_plain_words(tmp_path, looser, columns, words):
    path = tmp_path / "odd.parquet"
    pl.DataFrame(columns).write_parquet(path)
    failed = diff(tmp_path, "trading-core@1.0.0", looser, "--signals", path)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert words in failed.stderr


@pytest.mark.parametrize(("name", "words"), [("nowhere", "no Parquet files"), ("rules", "no Parquet files")])
def test_files_that_are_not_there_are_exit_2(tmp_path, looser, name, words):
    failed = diff(tmp_path, "trading-core@1.0.0", looser, "--signals", tmp_path / name)
    assert failed.returncode == 2
    assert words in failed.stderr


def test_a_signal_that_moves_where_it_was_proved_impossible_is_a_failure(file):
    after = read_pack(LOOSER, "looser.yaml")
    with pytest.raises(EngineFailure, match="proved impossible"):
        touched(Settings(), CORE, after, str(file), difference([CORE], [CORE]))
