"""How the crew's status is shown: a live table on a terminal, one line per change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from adapters.together.crew import Row
from adapters.together.member import State

Show = Callable[[Sequence[Row]], None]
_COLOURS = {
    State.HEALTHY.value: "green",
    State.DONE.value: "green",
    State.DIED.value: "red",
    State.SILENT.value: "yellow",
}


@contextmanager
def shown_rows(*, quiet: bool = False) -> Iterator[Show]:
    """A function that shows rows, again and again, in the way that fits standard output; or not at all."""
    console = Console()
    if quiet or not console.is_terminal:
        yield _nothing if quiet else _Lines().show
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda rows: live.update(table(rows), refresh=True)


def table(rows: Sequence[Row]) -> Table:
    """The rows as a table; a process that died says when it is started again."""
    drawn = Table(box=None, pad_edge=False)
    for heading in ("process", "state", "pid", "address", "restarts"):
        drawn.add_column(heading, no_wrap=heading != "address")
    for row in rows:
        colour = _COLOURS.get(row.state, "dim")
        pid, restarts = str(row.pid or ""), str(row.restarts or "")
        drawn.add_row(row.name, f"[{colour}]{words(row)}[/]", pid, row.address or "", restarts)
    return drawn


def words(row: Row) -> str:
    """The state in words: ``died (code -9), again in 4 s``."""
    if row.retry_in is None:
        return row.state
    return f"{row.state} (code {row.last_code}), again in {row.retry_in:.0f} s"


def _nothing(_rows: Sequence[Row]) -> None:
    """Where one document is printed, nothing else is."""


class _Lines:
    """A line for each change, with the seconds since the start, for logs and pipes."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last: dict[str, str] = {}

    def show(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if self._last.get(row.name) == row.state:
                continue
            self._last[row.name] = row.state
            seconds = time.monotonic() - self._started
            sys.stdout.write(
                f"{seconds:6.1f} s  {row.name:<10}  {words(row)}  {row.address or ''}".rstrip() + "\n"
            )
            sys.stdout.flush()
