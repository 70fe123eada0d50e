"""Signals in Parquet and two versions of a pack, and what the evaluators make of them one by one."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from engine import Verdict, evaluate, read_pack
from tests.benchmarks.samples import RULES, trading_requests

TEXT = (RULES / "trading-core" / "released" / "1.0.0.yaml").read_text("utf-8")
STARTS = datetime(2012, 5, 18, 14, 0, tzinfo=UTC)
EDITS = (
    ("value: 30, unit: seconds", "value: 20, unit: seconds"),
    ("min_confidence:      {value: 0.6", "min_confidence:      {value: 0.55"),
    ("max_size:            {value: 0.01,", "max_size:            {value: 0.012,"),
    ("one_of: [OK, FAILED, SKIPPED], absent: skip}", "one_of: [OK, FAILED], absent: REVIEW}"),
    ("  - id: crowded-portfolio", "  - id: busy-portfolio"),
)


def edited(*edits, text=TEXT):
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def base_pack():
    return read_pack(TEXT, source="trading-core@1.0.0")


def head_pack(*edits):
    return read_pack(edited(*(edits or EDITS)), source="edited")


def signals(count, seed=7):
    """Signals as rows: facts, an id and a time; a few lack a fact that is required or hold a wrong one."""
    rows = [dict(facts) for facts in trading_requests(count, seed)]
    for number, row in enumerate(rows):
        row |= {"signal_id": f"s{number:05}", "at": STARTS + timedelta(hours=3 * number)}
        if number % 50 == 3:
            del row["confidence"]
        if number % 50 == 4:
            row["size_pct"] = float("nan")
    return rows


def written(path, rows, **columns):
    """``rows`` as a Parquet file; ``columns`` replaces the types of some."""
    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.table({name: pa.array([row.get(name) for row in rows], columns.get(name)) for name in names})
    pq.write_table(table, path)
    return path


def expected_cells(base, head, rows):
    """What ``Comparison.cells`` has to count, one signal at a time."""
    cells = Counter()
    for row in rows:
        before, after = (judged(pack, row) for pack in (base, head))
        symbol, month = row.get("symbol", ""), f"{row['at']:%Y-%m}"
        size = 0
        if Verdict.REJECT not in (before.verdict, after.verdict):
            old, new = before.approved_size_pct, after.approved_size_pct
            size = (new > old) - (new < old)
        cells[symbol, month, before.verdict, after.verdict, size] += 1
    return cells


def expected_rules(base, head, rows):
    """How many signals each rule objects to before and after, only after, and only before."""
    found = {rule.id: [0, 0, 0] for pack in (base, head) for rule in pack.rules}
    for row in rows:
        before, after = (objecting(judged(pack, row)) for pack in (base, head))
        for kind, rules in enumerate((before & after, after - before, before - after)):
            for rule in rules:
                found[rule][kind] += 1
    return {rule: tuple(counts) for rule, counts in found.items()}


def judged(pack, row):
    facts = {name: row[name] for name in pack.inputs if row.get(name) is not None}
    return evaluate([pack], facts, partial=True)


def objecting(outcome):
    names = (one.rule.partition("/") for one in (*outcome.hits, *outcome.caps))
    return {rule for pack, _, rule in names if pack != "trivet"}
