"""A program that replays the same days twice: once undisturbed, once killed -9 again and again.

``python -m tests.flows.stumbling FOLDER FIRST LAST KILLS`` writes ``whole.json`` and ``resumed.json``, what
the two replays say of themselves, and ``kills.json``: what was at work and wrong after each kill, and the
books at the end. The stores stay in ``whole`` and ``resumed``. The bars are read once for all processes.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from adapters.brokers.paper.store import read_books
from adapters.brokers.paper.tables import paper_journal, paper_submissions
from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.tables import fills
from adapters.portfolio.tables import portfolio_snapshots, positions
from adapters.settings import Settings
from adapters.storage.database import connect
from adapters.wiring import journey
from policy.audit.verify import verify
from policy.store import reading
from tests.flows.dying import die_after, in_a_process
from tests.trivet import trivet

STARTING_CASH = Settings().starting_cash
SENT = "UPDATE orders"
"""Only orders that were handed in are ever changed; what is denied is written once."""


def replayed(home: Path, days: tuple[str, ...], *more: str) -> Callable[[], None]:
    """``trivet replay`` into ``home``; its answer goes into ``home`` with ``.json``."""

    def run() -> None:
        done = trivet(home, "replay", *days, "--store", home, "--json", *more)
        assert done.returncode == 0, done.stderr
        home.with_suffix(".json").write_text(done.stdout, "utf-8")

    return run


def killed_at_random(home: Path, days: tuple[str, ...], kills: int) -> list[dict[str, Any]]:
    """Begin and go on until killed that often, each time while something happens to an order."""
    dice, left = random.Random(20120518), []
    while len(left) < kills:
        resume = ("--resume",) if left else ()
        times, commits = dice.randint(1, 4), dice.randint(1, 3)

        def run(resume: tuple[str, ...] = resume, times: int = times, commits: int = commits) -> None:
            die_after(SENT, times, commits)
            replayed(home, days, *resume)()

        assert not in_a_process(run), "the replay came to its end before it was killed often enough"
        left.append(looked_into(home, left_behind))
    return left


def looked_into(home: Path, look: Callable[[Engine], dict[str, Any]]) -> dict[str, Any]:
    """What ``look`` finds in the store in ``home``; in this process, which plays nothing."""
    store = connect(f"sqlite:///{home / 'trivet.sqlite3'}")
    try:
        return look(store)
    finally:
        store.dispose()


def left_behind(store: Engine) -> dict[str, Any]:
    """The orders that a killed process left unfinished, and the flaws of its audit log."""
    with reading(store) as connection:
        unfinished = [*rows.never_sent(connection), *rows.working(connection)]
    return {
        "unfinished": [order.state.value for order in unfinished],
        "flaws": [str(flaw) for flaw in verify(store)],
    }


def books(store: Engine) -> dict[str, Any]:
    """What was sent and filled, and what house, broker and portfolio hold at the end, in this order."""
    with reading(store) as connection:
        sent = Counter(connection.scalars(select(paper_submissions.c.client_order_id)))
        theirs = connection.execute(select(paper_journal).where(paper_journal.c.execution_id.is_not(None)))
        broker = {row.execution_id: f"{row.qty} at {row.price}, {row.commission}" for row in theirs}
        ours = connection.execute(select(fills).where(fills.c.kind == "fill"))
        house = {row.execution_id: f"{row.qty} at {row.price}, {row.commission}" for row in ours}
        owned = held(connection)
        followed = {row.symbol: row.qty for row in connection.execute(select(positions)) if row.qty}
        newest = select(portfolio_snapshots.c.cash).order_by(portfolio_snapshots.c.as_of.desc())
        cash = connection.scalar(newest.limit(1))
        account = read_books(connection)
    change = owned.pop(CASH, Decimal(0))
    return {
        "orders": len(sent),
        "most submissions of one order": max(sent.values()),
        "fills at the broker": broker,
        "fills here": house,
        "shares": [_told(owned), _told(account.positions), _told(followed)],
        "cash": [str(STARTING_CASH + change), str(account.cash), str(cash)],
    }


def _told(shares: Mapping[str, Decimal]) -> dict[str, str]:
    return {symbol: str(qty) for symbol, qty in sorted(shares.items())}


def main(folder: Path, first: str, last: str, kills: int) -> None:
    """Play, kill, go on, compare."""
    recording = journey.read_recording(Settings())
    journey.read_recording = lambda _settings: recording
    days = ("--from", first, "--to", last)
    assert in_a_process(replayed(folder / "whole", days))
    left = killed_at_random(folder / "resumed", days, kills)
    assert in_a_process(replayed(folder / "resumed", days, "--resume"))
    found = {"kills": left, "books": looked_into(folder / "resumed", books)}
    (folder / "kills.json").write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
