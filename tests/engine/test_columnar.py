"""Packs as columns say of every row what the evaluators say of it, with Polars and with DuckDB."""

import subprocess
import sys
from itertools import count

import ibis
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Verdict, evaluate, read_pack
from engine.columnar import MASK_BITS
from engine.columnar_ibis import IbisPanel
from engine.columnar_polars import PolarsPanel
from engine.columnar_surface import ColumnsUnfit
from engine.tree import Compare, Constant, InputRef
from tests.engine.random_packs import pack_of, packs
from tests.engine.trees import BOOLEANS, NUMBERS, STRINGS, facts

SIZES = st.sampled_from(({}, {"size_pct": 0.02}, {"size_pct": 0.7}, {"size_pct": 1.5}))
CASES = st.lists(st.builds(lambda case, size: case | size, facts, SIZES), min_size=1, max_size=12)
JUDGES = st.lists(packs, min_size=1, max_size=2, unique_by=id)
TYPES = {
    **dict.fromkeys((*NUMBERS, "size_pct"), pl.Float64),
    **dict.fromkeys(BOOLEANS, pl.Boolean),
    **dict.fromkeys(STRINGS, pl.String),
}
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SOME = settings(MANY, max_examples=15)  # each takes DuckDB a quarter of a second to plan


def frame_of(cases, as_enum=False):
    frame = pl.DataFrame([{name: case.get(name) for name in TYPES} for case in cases], schema=TYPES)
    if not as_enum:
        return frame
    words = {name: pl.Enum(frame[name].drop_nulls().unique(maintain_order=True)) for name in STRINGS}
    return frame.with_columns(pl.col(name).cast(kind) for name, kind in words.items())


def outputs(panel):
    masks = [(f"hits_{at}", mask) for at, mask in enumerate(panel.hits)]
    masks += [(f"unknowns_{at}", mask) for at, mask in enumerate(panel.unknowns)]
    return {"verdict": panel.verdict, "size": panel.approved_size_pct, **dict(masks)}


def by_polars(judges, frame):
    return selected(judges, frame).collect().to_dicts()


def selected(judges, frame):
    panel = PolarsPanel(judges, frame)
    return panel.select(**outputs(panel))


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory):
    connection = ibis.duckdb.connect(threads=1)
    connection.folder, connection.numbers = tmp_path_factory.mktemp("rows"), count()
    yield connection
    connection.disconnect()


def by_duckdb(connection, judges, frame):
    file = connection.folder / f"{next(connection.numbers)}.parquet"
    pq.write_table(frame.with_row_index("row").to_arrow(), file)  # with statistics, which DuckDB reads
    panel = IbisPanel(judges, connection.read_parquet(file))
    return panel.select("row", **outputs(panel)).order_by("row").drop("row").to_pyarrow().to_pylist()


def by_evaluators(judges, case):
    outcome = evaluate(judges, declared(judges, case), partial=True)
    results = [report.result for report in outcome.rules]
    words = {word: mask_columns(word, results) for word in ("hit", "unknown")}
    masks = {f"{word}s_{at}": mask for word, found in words.items() for at, mask in enumerate(found)}
    return {"verdict": outcome.verdict, "size": outcome.approved_size_pct, **masks}


def declared(judges, case):
    return {name: value for name, value in case.items() if any(name in one.inputs for one in judges)}


def mask_columns(word, results):
    parts = [results[at : at + MASK_BITS] for at in range(0, len(results), MASK_BITS)]
    return [sum(1 << at for at, result in enumerate(part) if result == word) for part in parts]


@MANY
@given(JUDGES, CASES)
def test_polars_says_what_the_evaluators_say(judges, cases):
    expected = [by_evaluators(judges, case) for case in cases]
    assert by_polars(judges, frame_of(cases)) == expected
    assert by_polars(judges, frame_of(cases, as_enum=True)) == expected


@SOME
@given(judges=JUDGES, cases=CASES)
def test_duckdb_says_what_the_evaluators_say(duckdb, judges, cases):
    assert by_duckdb(duckdb, judges, frame_of(cases)) == [by_evaluators(judges, case) for case in cases]


PACK = """
pack: small
version: 1.0.0
inputs:
  word: {type: string, one_of: [red, green, blue]}
  name: {type: string, min_length: 2, max_length: 3, absent: skip}
  age: {type: number, unit: seconds, min: 0, absent: REVIEW}
  size_pct: {type: number, unit: fraction, min: 0, max: 1, absent: skip}
rules:
  - {id: red, when: 'word == "red"', then: REJECT}
  - {id: old, when: "age > 30", then: REJECT}
  - {id: long, when: 'name != "ab"', then: REVIEW}
  - {id: large, when: "size_pct * 1e300 * 1e10 > 0.01", cap: 0.01}
"""
SMALL = read_pack(PACK, source="small")
ROWS = {
    "word": ["green", "green", "pink", "green", None, "red"],
    "name": ["ab", "abcd", "ab", "äöü", None, "ab"],
    "age": [30.0, 30.0, float("nan"), None, -0.0, float("inf")],
    "size_pct": [0.0, 0.0, 0.0, None, 0.0, 0.5],
}
VERDICTS = ["APPROVE", "REJECT", "REJECT", "REVIEW", "REJECT", "REJECT"]


def verdicts(answers):
    return [Verdict(answer["verdict"]).name for answer in answers]


def test_refused_and_missing_facts_reject_and_absent_ones_give_what_they_declare(duckdb):
    frame = pl.DataFrame(ROWS)
    assert verdicts(by_polars([SMALL], frame)) == VERDICTS
    assert verdicts(by_duckdb(duckdb, [SMALL], frame)) == VERDICTS
    words = frame.with_columns(pl.col("word", "name").cast(pl.Categorical))
    assert verdicts(by_polars([SMALL], words)) == VERDICTS


def test_a_word_that_no_row_holds_is_no_fault_of_the_enum():
    frame = pl.DataFrame(ROWS).with_columns(word=pl.lit("green", pl.Enum(["green"])))
    assert verdicts(by_polars([SMALL], frame[:1])) == ["APPROVE"]


def test_whole_numbers_are_judged_as_doubles(duckdb):
    frame = pl.DataFrame({"word": ["green"] * 3, "age": [30, 31, 2**62 + 1], "size_pct": [0, 1, 0]})
    expected = ["APPROVE", "REJECT", "REJECT"]
    assert verdicts(by_polars([SMALL], frame)) == expected
    assert verdicts(by_duckdb(duckdb, [SMALL], frame)) == expected


def test_calculations_that_are_not_finite_reject(duckdb):
    frame = pl.DataFrame({"word": ["green"] * 2, "age": [1.0] * 2, "size_pct": [0.0, 1.0]})
    for answers in (by_polars([SMALL], frame), by_duckdb(duckdb, [SMALL], frame)):
        assert verdicts(answers) == ["APPROVE", "REJECT"]
        assert [answer["unknowns_0"] for answer in answers] == [0b100, 0b1100]


def test_a_number_that_is_none_is_refused_though_the_statistics_of_its_file_hide_it(duckdb):
    frame = pl.DataFrame({"word": ["green"] * 2, "age": [1.0] * 2, "size_pct": [0.0, float("nan")]})
    assert verdicts(by_duckdb(duckdb, [SMALL], frame)) == ["APPROVE", "REJECT"]


def test_an_input_without_a_column_is_absent_in_every_row(duckdb):
    required = pl.DataFrame({"age": [1.0, 2.0]})
    optional = pl.DataFrame({"word": ["green", "red"]})
    assert verdicts(by_polars([SMALL], required)) == ["REJECT", "REJECT"]
    assert verdicts(by_duckdb(duckdb, [SMALL], required)) == ["REJECT", "REJECT"]
    assert verdicts(by_polars([SMALL], optional)) == ["REVIEW", "REJECT"]
    assert verdicts(by_duckdb(duckdb, [SMALL], optional)) == ["REVIEW", "REJECT"]


@pytest.mark.parametrize("column", [["1"], [[1.0]], [True]])
def test_a_column_of_another_type_is_refused_by_name(duckdb, column):
    frame = pl.DataFrame({"word": ["green"], "age": column})
    with pytest.raises(ColumnsUnfit, match=r"column age holds .*; its input is a number"):
        by_polars([SMALL], frame)
    with pytest.raises(ColumnsUnfit, match=r"column age holds .*; its input is a number"):
        by_duckdb(duckdb, [SMALL], frame)


def test_masks_go_on_in_the_next_column_after_32_rules(duckdb):
    above = [Compare(">", InputRef("n0", "number"), Constant(float(n))) for n in range(70)]
    pack = pack_of([(condition, Verdict.REVIEW) for condition in above])
    frame = pl.DataFrame({"n0": [33.5]})
    expected = {"hits_0": 2**32 - 1, "hits_1": 0b11, "hits_2": 0}
    for answers in (by_polars([pack], frame), by_duckdb(duckdb, [pack], frame)):
        assert {name: answers[0][name] for name in expected} == expected


def test_streaming_says_the_same_as_in_memory():
    frame = pl.concat([pl.DataFrame(ROWS)] * 50_000, rechunk=True)
    answers = selected([SMALL], frame)
    assert answers.collect(engine="streaming").equals(answers.collect())


def test_nothing_to_judge_by_is_an_error():
    with pytest.raises(ValueError, match="give at least one"):
        PolarsPanel([], pl.DataFrame({"word": ["green"]}))


def test_columnar_libraries_are_not_imported_to_judge_a_request():
    script = "import sys, engine; assert not {'polars', 'ibis', 'duckdb'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
