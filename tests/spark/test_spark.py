"""Spark, through the same expressions, counts and shows what DuckDB does: run by `make spark-test`."""

import polars as pl
import pytest

from adapters.regress.compare import Question, compare
from adapters.regress.engines import opened
from engine import Verdict
from engine.columnar import MASK_BITS
from engine.columnar_ibis import IbisPanel
from engine.tree import Arithmetic, Compare, Constant, InputRef
from tests.adapters.regress.parts import base_pack, expected_cells, head_pack, judged, signals, written
from tests.engine.random_packs import pack_of
from tests.engine.trees import NOTABLE, WORDS

pytestmark = [
    pytest.mark.spark,
    # py4j leaves sockets to the garbage collector when its session ends
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_the_same_matrix_and_the_same_examples(tmp_path):
    rows, sides = signals(600), ([base_pack()], [head_pack()])
    file = written(tmp_path / "signals.parquet", rows)
    found = {
        engine: compare(
            Question(*sides, "signals", examples=1, engine=engine),
            file,
            tmp_path,
            lambda what: lambda done: None,
        )
        for engine in ("duckdb", "spark")
    }
    assert found["spark"].to_json() == found["duckdb"].to_json()
    cells = found["spark"].cells
    counted = {(one.symbol, one.month, one.before, one.after, one.size): one.count for one in cells}
    assert counted == expected_cells(*sides[0], *sides[1], rows)


def test_awkward_numbers_and_words_mean_what_the_evaluators_say(tmp_path):
    number, other, word = (InputRef("n0", "number"), InputRef("n2", "number"), InputRef("s0", "string"))
    rules = [Compare("==", word, Constant(one)) for one in WORDS]
    rules += [Compare(op, number, Constant(one)) for one in NOTABLE for op in ("<", "==")]
    rules.append(Compare(">", Arithmetic("*", number, other), Constant(1.0)))
    pack = pack_of([(condition, Verdict.REVIEW) for condition in rules])
    values = [*NOTABLE, float("nan"), float("inf"), None]
    rows = [
        {"row": at, "n0": value, "n2": 10.0 if at % 2 else None, "s0": (*WORDS, None)[at % (len(WORDS) + 1)]}
        for at, value in enumerate(values * 3)
    ]
    file = tmp_path / "rows.parquet"
    pl.DataFrame(rows).write_parquet(file)
    with opened("spark", [file], tmp_path) as found:
        panel = IbisPanel([pack], found.table)
        masks = {f"hits_{at}": mask for at, mask in enumerate(panel.hits)}
        answers = panel.select("row", verdict=panel.verdict, **masks).order_by("row")
        said = found.run(answers, lambda done: None).to_pylist()
    assert [answer["verdict"] for answer in said] == [judged(pack, row).verdict for row in rows]
    assert [hits_of(answer) for answer in said] == [expected_hits(pack, row) for row in rows]


def hits_of(answer):
    masks = [mask for name, mask in sorted(answer.items()) if name.startswith("hits_")]
    return sum(mask << MASK_BITS * at for at, mask in enumerate(masks))


def expected_hits(pack, row):
    results = judged(pack, row).rules
    return sum(1 << at for at, report in enumerate(results) if report.result == "hit")
