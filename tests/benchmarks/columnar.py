"""Millions of signals at once: ``python -m tests.benchmarks.columnar [--signals N] [--json FILE]``.

Verdict and hit mask of trading-core's twelve rules over the same signals, by this engine on Polars
(strings as Enum and plain) and on DuckDB from a Parquet file, and by versions written by hand. Every
contender is first held against the evaluators, row by row, on a sample. Then they take turns in one
process, and the best turn of each counts: others on the machine only ever make a turn longer.
"""

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

import ibis
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from adapters.settings import Settings
from engine import RulePack, evaluate
from engine.columnar_ibis import IbisPanel
from engine.columnar_polars import PolarsPanel
from engine.compiled import compiled
from tests.benchmarks.columns import signals, with_plain_strings
from tests.benchmarks.columns_by_hand import arrays_of, numpy_by_hand, polars_by_hand
from tests.benchmarks.samples import trading_core

LEAST = {  # million signals a second on a quiet machine of two cores
    "Trivet on Polars, strings as Enum": 100.0,
    "Trivet on Polars, plain strings": 50.0,
    "Trivet on DuckDB, from Parquet": 10.0,
}
Answer = tuple[np.ndarray, np.ndarray]
"""Verdicts (0, 1, 2) and hit masks, in the order of the signals."""


class Contender(NamedTuple):
    """One way to judge all signals: ``ask`` is timed, ``read`` gives its answer in the order of the rows."""

    ask: Callable[[], object]
    read: Callable[[], Answer]


class Taken(NamedTuple):
    """Seconds of the best turn: by the clock on the wall, and of all processors together."""

    wall: float
    processor: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table; exit code 1 when a target is missed."""
    options = _options(arguments)
    console, pack, home = Console(width=100), trading_core(), Settings().home
    home.mkdir(parents=True, exist_ok=True)
    frame = signals(options.signals)
    with TemporaryDirectory(prefix="columns-", dir=home) as folder:
        contenders = contenders_of(pack, frame, Path(folder))
        console.print(f"equal to the evaluators on {check(contenders, pack, frame, options.checked):,} rows")
        taken = measure(contenders, options.turns)
    console.print(_table(options.signals, taken))
    for shortfall in (missed := shortfalls(options.signals, taken)):
        console.print(f"target missed: {shortfall}")
    if options.json:
        Path(options.json).write_text(json.dumps(_plain(options.signals, taken), indent=2) + "\n", "utf-8")
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.columnar", description=__doc__)
    whole = {"type": int, "metavar": "N"}
    parser.add_argument("--signals", default=10_000_000, help="how many (default %(default)s)", **whole)
    parser.add_argument("--checked", default=1_000_000, help="rows held against the evaluators", **whole)
    parser.add_argument("--turns", default=5, help="turns of each contender (default %(default)s)", **whole)
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON too")
    return parser.parse_args(arguments)


def contenders_of(pack: RulePack, frame: pl.DataFrame, folder: Path) -> Mapping[str, Contender]:
    """Every contender with the signals in its own form; the Parquet file goes into ``folder``."""
    plain = with_plain_strings(frame)
    file = folder / "signals.parquet"
    pq.write_table(_as_recorded(plain.with_row_index("row")), file)
    arrays = arrays_of(frame)
    return {
        "Trivet on Polars, strings as Enum": _on_polars(pack, frame),
        "Trivet on Polars, plain strings": _on_polars(pack, plain),
        "Trivet on DuckDB, from Parquet": _on_duckdb(pack, file),
        "Polars by hand, strings as Enum": _by_hand(lambda: polars_by_hand(frame)),
        "Polars by hand, plain strings": _by_hand(lambda: polars_by_hand(plain)),
        "numpy by hand, words as codes": Contender(
            lambda: numpy_by_hand(arrays), lambda: numpy_by_hand(arrays)
        ),
    }


def _as_recorded(frame: pl.DataFrame) -> pa.Table:
    """As pyarrow writes signals unless told otherwise, which is how recorded ones are written."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.cast(pa.schema([(one.name, _recorded_type(one.type)) for one in table.schema]))


def _recorded_type(held: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_large_string(held) else held


def _on_polars(pack: RulePack, frame: pl.DataFrame) -> Contender:
    def ask() -> pl.DataFrame:
        panel = PolarsPanel([pack], frame)
        return panel.select(verdict=panel.verdict, hits=panel.hits[0]).collect()

    return _by_hand(ask)


def _by_hand(ask: Callable[[], pl.DataFrame]) -> Contender:
    return Contender(ask, lambda: _arrays(ask()))


def _on_duckdb(pack: RulePack, file: Path) -> Contender:
    """Two threads hand the rows back in any order, so the answer that is read carries their numbers."""
    table = ibis.duckdb.connect().read_parquet(file)
    panel = IbisPanel([pack], table)
    answer = {"verdict": panel.verdict.cast("uint8"), "hits": panel.hits[0].cast("uint16")}
    whole, numbered = panel.select(**answer), panel.select("row", **answer)
    return Contender(
        whole.to_pyarrow,
        lambda: _arrays(pl.from_arrow(numbered.to_pyarrow()).sort("row")),
    )


def _arrays(answers: pl.DataFrame) -> Answer:
    # By hand an absent fact makes a rule NULL, which is no hit.
    hits = answers["hits"].fill_null(0)
    return answers["verdict"].to_numpy(), hits.to_numpy()


def check(contenders: Mapping[str, Contender], pack: RulePack, frame: pl.DataFrame, rows: int) -> int:
    """Hold every contender against the evaluators on ``rows`` rows spread evenly; how many those were."""
    places = np.unique(np.linspace(0, frame.height - 1, min(rows, frame.height)).astype(int))
    verdicts, hits = evaluated(pack, with_plain_strings(frame[places]))
    for name, contender in contenders.items():
        answer = contender.read()
        assert (answer[0][places] == verdicts).all(), f"{name} gives other verdicts than the evaluators"
        assert (answer[1][places] == hits).all(), f"{name} gives other hits than the evaluators"
    return len(places)


def evaluated(pack: RulePack, frame: pl.DataFrame) -> Answer:
    """What the evaluators say of each row, one signal at a time."""
    reference, verdicts, hits = compiled(pack).reference, [], []
    for row in frame.iter_rows(named=True):
        facts = {name: value for name, value in row.items() if value is not None}
        verdicts.append(evaluate([pack], facts).verdict)
        hits.append(reference(facts)[0])
    return np.array(verdicts, np.uint8), np.array(hits, np.uint16)


def measure(contenders: Mapping[str, Contender], turns: int) -> dict[str, Taken]:
    """The best of ``turns`` turns, by contender."""
    taken: dict[str, list[Taken]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, contender in contenders.items():
            taken[name].append(_turn(contender.ask))
    return {name: min(turns) for name, turns in taken.items()}


def _turn(ask: Callable[[], object]) -> Taken:
    wall, processor = perf_counter(), process_time()
    ask()
    return Taken(perf_counter() - wall, process_time() - processor)


def shortfalls(count: int, taken: Mapping[str, Taken]) -> list[str]:
    """The targets that were missed, in words, with what else the machine was doing."""
    load = f"the machine's load is {os.getloadavg()[0]:.1f}"
    speeds = {name: count / taken[name].wall / 1e6 for name in LEAST}
    return [
        f"{name} judges {speeds[name]:.0f} million signals a second; {least:.0f} are the aim ({load})"
        for name, least in LEAST.items()
        if speeds[name] < least
    ]


def _plain(count: int, taken: Mapping[str, Taken]) -> dict[str, dict[str, float]]:
    return {
        name: {"million_per_second": count / one.wall / 1e6, **one._asdict()} for name, one in taken.items()
    }


def _table(count: int, taken: Mapping[str, Taken]) -> Table:
    table = Table(title=f"{count:,} signals, 12 rules: verdict and hit mask", title_justify="left")
    for heading in ("how", "million/s", "million per processor s", "Polars with Enum is"):
        table.add_column(heading, justify="left" if heading == "how" else "right")
    ours = next(iter(taken.values()))
    for name, one in taken.items():
        factor = one.wall / ours.wall
        ratio = f"{factor:.1f}x faster" if factor >= 1 else f"{1 / factor:.1f}x slower"
        speeds = (f"{count / seconds / 1e6:.0f}" for seconds in one)
        table.add_row(name, *speeds, "" if one is ours else ratio)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
