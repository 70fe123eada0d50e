"""A program that is killed at each commit of an order's way to its fill, and goes on as a new process.

``python -m tests.flows.crashing FOLDER`` writes ``1.json``, ``2.json`` and so on for each commit at which the
process got ``kill -9``, and the last for the process that was not killed: what the next process found.
In ``1.left`` and so on is the state of the order that was left behind, and whether the broker had it.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from adapters.brokers.paper.tables import paper_orders
from adapters.execution.keys import Key
from adapters.execution.tables import orders
from adapters.storage.database import connect, open_store
from policy.audit.verify import verify
from policy.store import reading
from tests.adapters.execution.parts import SCOPE, TradingHouse
from tests.flows.dying import die_at, in_a_process

KEY = Key(SCOPE, "key 1")


def order_and_fill(store: Engine, deadly: int) -> None:
    """Place an order and let it fill; get killed at that commit, counted from the approval on."""
    house = TradingHouse(store)
    house.decide()
    die_at(store, deadly)
    house.place()
    house.step()


def left_behind(store: Engine) -> str:
    """How far the killed process had come."""
    with reading(store) as connection:
        state = connection.scalar(select(orders.c.state)) or "nothing"
        has_it = connection.scalar(select(func.count()).select_from(paper_orders))
    return f"{state}, {'at' if has_it else 'not at'} the broker"


def recover(store: Engine, deadly: int) -> None:
    """What a new process does first; it may be killed as well."""
    house = TradingHouse(store)
    die_at(store, deadly)
    house.execution.recover()


def find_out(store: Engine) -> dict[str, Any]:
    """What a new process makes of it, and what the books then hold."""
    house = TradingHouse(store)
    house.execution.recover()
    answer = house.place()
    house.step()
    house.reconcile()
    return {
        "answer": answer.model_dump(mode="json"),
        "orders": len(house.execution.listed(state=None, before=None, limit=10)),
        "end": house.one(answer.order_id).model_dump(mode="json", exclude={"events"}),
        "submissions": house.broker.inner.submissions(KEY.client_order_id),
        "cash": {name: str(amount) for name, amount in house.cash().items()},
        "shares": {name: str(held) for name, held in house.shares().items()},
        "books_agree": house.books_agree(),
        "flaws": [str(flaw) for flaw in verify(store)],
    }


def with_store(file: Path, work: Callable[[Engine], object]) -> Callable[[], None]:
    """``work`` on connections of its own to ``file``; what it returns is written beside it."""

    def run() -> None:
        store = connect(f"sqlite:///{file}")
        found = work(store)
        store.dispose()
        if found is not None:
            suffix, text = (".left", found) if isinstance(found, str) else (".json", json.dumps(found))
            file.with_suffix(suffix).write_text(text, "utf-8")

    return run


def main(folder: Path) -> None:
    """Kill at the first commit, the second, and so on until the process gets through."""
    template, deadly, survived = folder / "template.db", 0, False
    assert in_a_process(lambda: open_store(f"sqlite:///{template}").dispose())
    while not survived:
        deadly += 1
        file = folder / f"{deadly}.db"
        shutil.copy(template, file)
        survived = in_a_process(with_store(file, lambda store: order_and_fill(store, deadly)))  # noqa: B023
        assert in_a_process(with_store(file, left_behind))
        in_a_process(with_store(file, lambda store: recover(store, 1 + deadly % 6)))  # noqa: B023
        assert in_a_process(with_store(file, find_out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
