"""Orders and the portfolio together: what execution booked is what the portfolio holds, in any order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from sqlalchemy import Engine

from adapters.execution.bookkeeping import CASH, Journal, held
from adapters.execution.lifecycle import Happened, Happening, Order, after, created
from adapters.execution.store import write
from adapters.portfolio.service import Portfolio
from adapters.storage.database import open_store
from policy.order_contracts import OrderState
from policy.ports import derived_id
from policy.store import reading, writing
from tests.adapters.execution.order_events import LATER, NEW_ORDER, SEND, ack, fill, seen
from tests.adapters.portfolio.journal import no_returns

STARTING_CASH = Decimal(100_000)
FILLS = [
    fill("F-1", 4, "100.01", "1.00", 2),
    fill("F-2", 3, "99.97", "0.50", 3),
    fill("F-3", 3, "100.03", "1", 4),
]
FOUND = replace(
    ack(), what=Happening.FOUND, seen=seen(OrderState.PARTIALLY_FILLED, 7, "699.95", "1.50", sequence=3)
)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_store(str(request.getfixturevalue(f"{request.param}_url")))
    yield opened
    opened.dispose()


def live(store: Engine, name: str, events: Sequence[Happened], portfolio: Portfolio) -> None:
    """An order of its own, from its creation through ``events``, followed by ``portfolio`` event by event."""
    ids = {"order_id": derived_id("order", name), "client_order_id": derived_id("client", name)}
    first = created(replace(NEW_ORDER, **ids), "caller")
    with writing(store) as connection:
        kept = write(connection, None, [first], LATER)
    for event in events:
        with writing(store) as connection:
            kept = write(connection, kept, [after(kept.order, _told_of(kept.order, event))], LATER)
        portfolio.catch_up(LATER)


def _told_of(order: Order, event: Happened) -> Happened:
    """``event`` as it would be told of ``order``: executions have names of their own at a broker."""
    if event.execution_id is not None:
        return replace(event, execution_id=f"{order.order_id}/{event.execution_id}")
    if event.seen is not None:
        return replace(event, seen=replace(event.seen, client_order_id=order.client_order_id))
    return event


def test_fills_and_snapshots_of_a_broker_in_any_order_come_to_the_same_book(store: Engine) -> None:
    portfolio = Portfolio(store, Journal(store), no_returns, STARTING_CASH)
    kinds = set()
    for number, events in enumerate(permutations([*FILLS, FOUND]), start=1):
        live(store, f"order {number}", [SEND, ack(1), *events], portfolio)
        account = portfolio.account
        with reading(store) as connection:
            assets = held(connection)
        kinds |= {line.kind for line in Journal(store).booked(0, LATER)}
        assert account.positions["AAPL"].qty == assets["AAPL"] == 10 * number
        assert account.cash - STARTING_CASH == assets[CASH] == number * Decimal("-1002.54")
        assert account.positions["AAPL"].cost == number * Decimal("1000.04")
        assert (account.realised, account.fees) == (0, number * Decimal("2.50"))
        assert account.provisional == {}
    assert kinds == {"fill", "synthetic", "reversal"}
