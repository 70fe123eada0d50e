"""A program that is killed at each commit while it obeys a trip, and goes on as a new process.

``python -m tests.flows.stop_crashing FOLDER`` writes ``1.json``, ``2.json`` and so on for each commit at
which the process got ``kill -9``, and the last for the process that was not killed: what the next process
came to.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from adapters.execution.stopping import record
from adapters.execution.tables import orders
from adapters.storage.database import open_store
from policy.store import reading
from tests.adapters.execution.parts import TradingHouse
from tests.flows.crashing import with_store
from tests.flows.dying import die_at, in_a_process


def trip_and_obey(store: Engine, deadly: int) -> None:
    """Three orders that add and an exit are at work; a stop is tripped, and obeyed until the process dies."""
    house = TradingHouse(store)
    house.hold(1, "IBM", 10)
    for number in (2, 3, 4):
        house.order(number, symbol="MSFT", qty=number)
    house.execution.flatten("IBM", "kim")
    die_at(store, deadly)
    house.halt()
    house.execution.obey()


def find_out(store: Engine) -> dict[str, Any]:
    """What was left behind, and what the next process made of it; tripped again, where it was not yet."""
    with reading(store) as connection:
        left = list(connection.scalars(select(orders.c.state).order_by(orders.c.seq)))
    house = TradingHouse(store)
    house.clock.pass_by(minutes=1)  # to where the killed one stood
    if not house.parts.stops.in_force():
        house.halt()
    house.execution.recover()
    house.execution.guard()
    with reading(store) as connection:
        states = list(connection.scalars(select(orders.c.state).order_by(orders.c.seq)))
        [told] = record.newest(connection, 10)
    return {
        "left": " ".join(left),
        "states": states,
        "outcome": told.outcome,
        "cancelled": len(told.cancelled),
        "again": house.execution.obey().asked,
        "new risk": [reason.code for reason in house.one(house.order(9, symbol="MSFT")).reasons],
    }


def main(folder: Path) -> None:
    """Kill at the first commit, the second, and so on until the process gets through."""
    template, deadly, survived = folder / "template.db", 0, False
    assert in_a_process(lambda: open_store(f"sqlite:///{template}").dispose())
    while not survived:
        deadly += 1
        file = folder / f"{deadly}.db"
        shutil.copy(template, file)
        survived = in_a_process(with_store(file, lambda store: trip_and_obey(store, deadly)))  # noqa: B023
        assert in_a_process(with_store(file, find_out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
