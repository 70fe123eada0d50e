"""What must be true of a store whatever befell the processes that wrote it: nothing lost, nothing twice."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Connection, Engine, select

from adapters.brokers.paper.store import read_books
from adapters.brokers.paper.tables import paper_journal, paper_submissions
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.tables import fills, orders
from adapters.portfolio.tables import positions
from policy.audit.verify import verify
from policy.contracts import EventType
from policy.store import reading
from policy.tables import decided_signals, outbox, policy_evaluations


def broken(store: Engine) -> list[str]:
    """Every promise that the store breaks, in words; empty when it keeps them all."""
    with reading(store) as connection:
        found = [
            *_signals_without_their_decision(connection),
            *_orders_sent_twice(connection),
            *_fills_that_differ(connection),
            *_shares_that_differ(connection),
            *_events_left(connection),
        ]
    return [*(f"audit log: {flaw}" for flaw in verify(store)), *found]


def _signals_without_their_decision(connection: Connection) -> Iterator[str]:
    """Every signal that was published has one claim and one decision, and nothing else has any."""
    created = select(outbox.c.subject).where(outbox.c.type == EventType.SIGNAL_CREATED.value)
    published = Counter(connection.scalars(created))
    first = select(policy_evaluations.c.signal_id).where(
        policy_evaluations.c.purpose.is_(None), policy_evaluations.c.supersedes.is_(None)
    )
    decided = Counter(str(signal) for signal in connection.scalars(first))
    claimed = {str(signal) for signal in connection.scalars(select(decided_signals.c.signal_id))}
    yield from (f"signal {one} has no decision" for one in published if one not in decided)
    yield from (f"signal {one} was decided {times} times" for one, times in decided.items() if times > 1)
    yield from (f"signal {one} is claimed or decided, not both" for one in claimed ^ set(decided))


def _orders_sent_twice(connection: Connection) -> Iterator[str]:
    sent = Counter(connection.scalars(select(paper_submissions.c.client_order_id)))
    yield from (f"order {one} was handed in {times} times" for one, times in sent.items() if times > 1)
    made = Counter(connection.scalars(select(orders.c.signal_id).where(orders.c.signal_id.is_not(None))))
    yield from (f"signal {one} has {times} orders" for one, times in made.items() if times > 1)


def _fills_that_differ(connection: Connection) -> Iterator[str]:
    """Each fill of the broker's is booked once, to the cent, and no other is."""
    told = select(paper_journal).where(paper_journal.c.execution_id.is_not(None))
    theirs = {row.execution_id: (row.qty, row.price, row.commission) for row in connection.execute(told)}
    booked = connection.execute(select(fills).where(fills.c.kind == "fill"))
    ours = {row.execution_id: (row.qty, row.price, row.commission) for row in booked}
    for one in sorted(theirs.keys() | ours.keys()):
        if theirs.get(one) != ours.get(one):
            yield f"fill {one}: the broker has {theirs.get(one)}, the house {ours.get(one)}"


def _shares_that_differ(connection: Connection) -> Iterator[str]:
    """House, broker and portfolio hold the same shares."""
    house = {symbol: qty for symbol, qty in held(connection).items() if qty and symbol != CASH}
    broker = {symbol: qty for symbol, qty in read_books(connection).positions.items() if qty}
    portfolio = {row.symbol: row.qty for row in connection.execute(select(positions)) if row.qty}
    for name, shares in (("broker", broker), ("portfolio", portfolio)):
        if _plain(shares) != _plain(house):
            yield f"the {name} holds {_plain(shares)}, the house {_plain(house)}"


def _events_left(connection: Connection) -> Iterator[str]:
    left = connection.scalars(select(outbox.c.type).where(~outbox.c.delivered)).all()
    if left:
        yield f"{len(left)} events were never delivered: {Counter(left)}"


def _plain(shares: dict[str, Decimal]) -> dict[str, str]:
    return {symbol: format(qty.normalize(), "f") for symbol, qty in sorted(shares.items())}
