"""Turns the source's CSV of daily bars into the Parquet file that ships with Trivet.

    python -m adapters.market.convert_sample stocks.csv.gz adapters/market/sample-bars.parquet

Run once per change of the source (sample-bars.md says where it comes from). It downloads nothing.
"""

import argparse
import csv
import gzip
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

# The splits that fall inside the file: shares after for one share before, from that session on.
SPLITS: Mapping[str, Mapping[date, int]] = {
    "AAPL": {date(2000, 6, 21): 2, date(2005, 2, 28): 2},
    "MSFT": {date(2003, 2, 18): 2},
}


def split_factor(symbol: str, session: date) -> int:
    """How many shares of the file's last day one share of ``session`` became."""
    factor = 1
    for day, ratio in SPLITS.get(symbol, {}).items():
        factor *= ratio if session < day else 1
    return factor


def read_source(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of the source CSV (plain or gzip), typed; raises ValueError on a column it does not know."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            yield _typed(row)


def write_parquet(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Writes ``rows`` sorted by symbol and session; returns how many there were."""
    price = pa.decimal128(12, 4)
    fields: list[tuple[str, pa.DataType]] = [("symbol", pa.string()), ("session", pa.date32())]
    fields += [(name, price) for name in ("open", "high", "low", "close")]
    fields += [("volume", pa.int64()), ("split_factor", pa.int16())]
    fields += [("source_adjusted_close", pa.decimal128(20, 15))]
    ordered = sorted(rows, key=lambda row: (row["symbol"], row["session"]))
    table = pa.Table.from_pylist(ordered, schema=pa.schema(fields))
    parquet.write_table(table, path, compression="zstd", compression_level=19)
    return len(ordered)


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    session = date.fromisoformat(row["Date"])
    prices = {name.lower(): Decimal(row[name]) for name in ("Open", "High", "Low", "Close")}
    return {
        "symbol": row["Ticker"],
        "session": session,
        **prices,
        "volume": int(row["Volume"]),
        "split_factor": split_factor(row["Ticker"], session),
        "source_adjusted_close": Decimal(row["Adj Close"]),
    }


def main() -> None:
    """Command line: source CSV, target Parquet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    asked = parser.parse_args()
    count = write_parquet(read_source(asked.source), asked.target)
    sys.stdout.write(f"{count} bars written to {asked.target}\n")


if __name__ == "__main__":
    main()
