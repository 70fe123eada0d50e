"""The equity of a played run, session by session: a line for the terminal and a table for whoever plots."""

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from adapters.portfolio.store import sessions
from adapters.portfolio.views import SessionView
from adapters.wiring.journey import Journey
from policy.store import reading

MOST_SESSIONS = 100_000
_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = ("session", "opened_with", "closed_with", "lowest_equity", "realised", "fees", "max_drawdown_pct")


def curve_of(done: Journey) -> list[SessionView]:
    """What every session of the run came to, oldest first."""
    with reading(done.house.store) as connection:
        return sessions(connection, None, MOST_SESSIONS)[::-1]


def sparkline(values: Sequence[Decimal], width: int) -> str:
    """``values`` as at most ``width`` bars of eight heights, each the last of its share; empty for none."""
    if not values:
        return ""
    count = min(width, len(values))
    shown = [values[(place + 1) * len(values) // count - 1] for place in range(count)]
    low, high = min(shown), max(shown)
    if low == high:
        return _BARS[0] * count
    return "".join(_BARS[int((value - low) / (high - low) * (len(_BARS) - 1))] for value in shown)


def write_csv(path: Path, curve: Sequence[SessionView]) -> None:
    """One line per session: day, dollars at the open and the close, the least, results, fees, drawdown."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        table.writerows([str(getattr(one, name)) for name in _COLUMNS] for one in curve)
