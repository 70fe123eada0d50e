"""What is counted over files is what the evaluators say of each signal, and what is shown is confirmed."""

from collections import Counter

import pyarrow as pa
import pytest

from adapters.regress.compare import Question, compare
from adapters.regress.signals import RegressRefused
from engine import EngineFailure, Verdict
from engine.columnar import RuleColumns
from engine.columnar_surface import ColumnsUnfit
from tests.adapters.regress.parts import (
    base_pack,
    expected_cells,
    expected_rules,
    head_pack,
    judged,
    signals,
    written,
)

ROWS = signals(600)


@pytest.fixture
def report_of(tmp_path):
    """Compare the usual two versions over a file."""

    def compared(file, base=None, head=None, **options):
        asked = Question([base or base_pack()], [head or head_pack()], "file", **({"examples": 0} | options))
        return compare(asked, file, tmp_path, lambda what: lambda done: None)

    return compared


def test_cells_rules_and_matrix_are_what_the_evaluators_say(report_of, tmp_path):
    base, head = base_pack(), head_pack()
    report = report_of(written(tmp_path / "s.parquet", ROWS), base, head)
    found = {
        (cell.symbol, cell.month, cell.before, cell.after, cell.size): cell.count for cell in report.cells
    }
    expected = expected_cells(base, head, ROWS)
    assert found == expected
    assert report.by_rule == expected_rules(base, head, ROWS)
    assert len({month for _, month, *_ in found}) == 4
    matrix = Counter()
    for (_, _, before, after, _), count in expected.items():
        matrix[before, after] += count
    assert report.matrix == {pair: matrix[pair] for pair in report.matrix}
    assert sum(matrix[pair] > 0 for pair in report.matrix) >= 5


def test_examples_are_the_earliest_signals_of_each_move_as_the_evaluators_judge_them(report_of, tmp_path):
    report = report_of(written(tmp_path / "s.parquet", ROWS), examples=2)
    by_id = {row["signal_id"]: row for row in ROWS}
    moves = Counter()
    for one in report.examples:
        before, after = (judged(pack, by_id[one.signal_id]) for pack in (base_pack(), head_pack()))
        assert (one.before.verdict, one.after.verdict) == (before.verdict, after.verdict)
        assert [message for _, message in one.after.objections] == [
            found.message for found in (*after.hits, *after.caps)
        ]
        moves[before.verdict, after.verdict] += 1
    assert moves[Verdict.APPROVE, Verdict.REJECT] == 2
    first = next(one for one in report.examples if one.after.verdict > one.before.verdict)
    move = (first.before.verdict, first.after.verdict)
    earlier = [row for row in ROWS if row["signal_id"] < first.signal_id]
    assert move not in {
        tuple(judged(pack, row).verdict for pack in (base_pack(), head_pack())) for row in earlier
    }


def test_a_count_that_the_evaluators_do_not_confirm_is_a_failure(report_of, tmp_path, monkeypatch):
    monkeypatch.setattr(RuleColumns, "hit", property(lambda rule: rule.pack.source == "edited"))
    with pytest.raises(EngineFailure, match="nothing of this comparison holds"):
        report_of(written(tmp_path / "s.parquet", ROWS[:20]), examples=20)


def test_a_pack_compared_with_itself_moves_nothing(report_of, tmp_path):
    report = report_of(written(tmp_path / "s.parquet", ROWS), head=base_pack(), examples=1)
    assert not any(report.moved.values())
    assert report.count == len(ROWS)
    assert report.examples == ()


def test_a_folder_of_files_is_one_set_of_signals(report_of, tmp_path):
    whole = report_of(written(tmp_path / "s.parquet", ROWS))
    folder = tmp_path / "parts" / "2012"
    folder.mkdir(parents=True)
    for start in range(0, len(ROWS), 250):
        written(folder / f"{start}.parquet", ROWS[start : start + 250])
    assert report_of(folder.parent).to_json() == whole.to_json()


def test_signals_without_id_time_or_symbol_are_counted_together(report_of, tmp_path):
    rows = [{"confidence": row.get("confidence")} for row in ROWS]
    report = report_of(written(tmp_path / "s.parquet", rows))
    assert {(cell.symbol, cell.month) for cell in report.cells} == {("all", "all")}
    assert report.matrix[Verdict.REJECT, Verdict.REJECT] == len(ROWS)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("confidense", "confidense; did you mean confidence"),
        ("notes", "notes; drop or rename"),
    ],
)
def test_a_column_that_is_no_input_is_refused(report_of, tmp_path, column, words):
    rows = [row | {column: 1.0} for row in ROWS[:5]]
    with pytest.raises(RegressRefused, match=words):
        report_of(written(tmp_path / "s.parquet", rows))


def test_columns_of_wrong_types_and_files_without_inputs_are_refused(report_of, tmp_path):
    rows = [row | {"at": "yesterday"} for row in ROWS[:5]]
    with pytest.raises(RegressRefused, match="column at holds string"):
        report_of(written(tmp_path / "s.parquet", rows))
    rows = [row | {"confidence": "0.7"} for row in ROWS[:5]]
    with pytest.raises(ColumnsUnfit, match="column confidence holds string"):
        report_of(written(tmp_path / "s.parquet", rows))
    with pytest.raises(RegressRefused, match="no column is an input"):
        report_of(written(tmp_path / "s.parquet", [{"signal_id": "a"}], signal_id=pa.string()))


def test_what_is_no_parquet_file_is_refused(report_of, tmp_path):
    with pytest.raises(RegressRefused, match="there are no Parquet files at"):
        report_of(tmp_path / "nowhere.parquet")
    (tmp_path / "text.parquet").write_text("symbol,confidence")
    with pytest.raises(RegressRefused, match="the signals cannot be read"):
        report_of(tmp_path / "text.parquet")
