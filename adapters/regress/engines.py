"""Where signals are judged by the million: DuckDB on this machine, or Spark with the same expressions."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ibis
import pyarrow as pa

from adapters.regress.signals import RegressRefused, Told

EngineName = Literal["duckdb", "spark"]
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Signals:
    """A table of signals and how to have an expression over it computed."""

    table: Any
    run: Callable[[Any, Told], pa.Table]


@contextmanager
def opened(engine: EngineName, files: Sequence[Path], folder: Path) -> Iterator[Signals]:
    """The signals in ``files`` on ``engine``; what does not fit into memory goes to ``folder`` meanwhile.

    Raises:
        RegressRefused: a file is not Parquet, or the engine is not installed.
    """
    with (_duckdb if engine == "duckdb" else _spark)(files, folder) as signals:
        yield signals


@contextmanager
def _duckdb(files: Sequence[Path], folder: Path) -> Iterator[Signals]:
    from duckdb import Error  # noqa: PLC0415

    connection = ibis.duckdb.connect(temp_directory=str(folder))
    try:
        connection.raw_sql("SET TimeZone = 'UTC'")
        connection.raw_sql("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        yield Signals(connection.read_parquet(list(files)), _watched(connection.con))
    except Error as error:
        words = str(error).splitlines()[0]
        raise RegressRefused(f"the signals cannot be read: {words}; give Parquet files") from error
    finally:
        connection.disconnect()


def _watched(connection: Any) -> Callable[[Any, Told], pa.Table]:
    """Runs a query in a thread of its own and tells how far DuckDB says it is."""

    def run(expression: Any, told: Told) -> pa.Table:
        with ThreadPoolExecutor(1) as worker:
            answer = worker.submit(expression.to_pyarrow)
            while not wait([answer], timeout=_LOOK_SECONDS).done:
                told(max(connection.query_progress(), 0.0) / 100)
            told(1.0)
            return answer.result()

    return run


@contextmanager
def _spark(files: Sequence[Path], folder: Path) -> Iterator[Signals]:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as missing:
        raise RegressRefused(
            "Spark is not installed; `make spark-test` installs it, Java it needs"
        ) from missing
    settings: dict[str, bool | float | int | str | None] = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master("local[*]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        session.read.parquet(*map(str, files)).createOrReplaceTempView("signals")
        yield Signals(ibis.pyspark.connect(session).table("signals"), _computed(session))
    finally:
        session.stop()


def _computed(session: Any) -> Callable[[Any, Told], pa.Table]:
    """Hands Spark the query as text and takes Arrow back, without a detour through pandas."""

    def run(expression: Any, told: Told) -> pa.Table:
        table = session.sql(ibis.to_sql(expression, dialect="pyspark")).toArrow()
        told(1.0)
        return table

    return run
