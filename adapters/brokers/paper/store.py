"""How the paper broker's books are written down and read back, each function within a transaction."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, select, update

from adapters.brokers.paper.books import Books, Journal, opened
from adapters.brokers.paper.orders import PaperOrder
from adapters.brokers.paper.rows import (
    delivery_of,
    delivery_row,
    entry_of,
    entry_row,
    message_of,
    order_of,
    order_row,
)
from adapters.brokers.paper.tables import (
    paper_account,
    paper_deliveries,
    paper_journal,
    paper_orders,
    paper_submissions,
)
from adapters.brokers.paper.turn import Turn
from adapters.ports import BrokerMessage
from policy.store import insert_new

ACCOUNT = "paper"

_account = paper_account.c.name == ACCOUNT
_HELD = select(paper_deliveries).where(paper_deliveries.c.number.is_(None)).order_by(paper_deliveries.c.place)
_LAST = select(
    func.coalesce(func.max(paper_deliveries.c.place), 0),
    func.coalesce(func.max(paper_deliveries.c.number), 0),
)
_RELEASE = (
    update(paper_deliveries)
    .where(paper_deliveries.c.place == bindparam("at_place"))
    .values(number=bindparam("its_number"), told_at=bindparam("told"))
)
_TOLD = and_(
    paper_journal.c.client_order_id == paper_deliveries.c.client_order_id,
    paper_journal.c.sequence == paper_deliveries.c.sequence,
)
_MESSAGES = (
    select(paper_deliveries.c.number, paper_journal)
    .join(paper_journal, _TOLD)
    .where(paper_deliveries.c.number > bindparam("after"), paper_deliveries.c.told_at <= bindparam("now"))
    .order_by(paper_deliveries.c.number)
)


def open_account(connection: Connection, cash: Decimal) -> None:
    """Begin the account with ``cash`` dollars; one that was begun before stays what it is."""
    row = {"name": ACCOUNT, "opened_with": cash, "steps": 0, "stepped_at": None}
    connection.execute(insert_new(connection, paper_account), [row])


def read_books(connection: Connection) -> Books:
    """The books as they stand."""
    account = connection.execute(select(paper_account).where(_account)).one()
    placed, numbered = connection.execute(_LAST).one()
    books = opened(account.opened_with, _journals(connection, select(paper_orders)))
    return replace(
        books,
        held=tuple(map(delivery_of, connection.execute(_HELD))),
        placed=placed,
        numbered=numbered,
        steps=account.steps,
        stepped_at=account.stepped_at,
        latest=books.time(account.stepped_at) if account.stepped_at else books.latest,
    )


def read_books_of(connection: Connection, until: datetime) -> Books:
    """Cash, positions and working orders as they stood at ``until``; nothing else is filled in."""
    cash = connection.execute(select(paper_account.c.opened_with).where(_account)).scalar_one()
    return opened(cash, _journals(connection, select(paper_orders), until))


def journal_of(connection: Connection, client_order_id: UUID, until: datetime) -> Journal | None:
    """One order and what happened to it by ``until``; None when it had not come in by then."""
    asked = select(paper_orders).where(paper_orders.c.client_order_id == client_order_id)
    return next(_journals(connection, asked, until), None)


def journals_since(connection: Connection, since: datetime, until: datetime) -> Iterator[Journal]:
    """Orders to which anything happened from ``since`` to ``until``, with all that happened by then."""
    changed = select(paper_journal.c.client_order_id).where(paper_journal.c.at.between(since, until))
    asked = select(paper_orders).where(paper_orders.c.client_order_id.in_(changed))
    return _journals(connection, asked, until)


def has_order(connection: Connection, client_order_id: UUID) -> bool:
    """Whether the broker has ever taken the order."""
    asked = select(paper_orders.c.arrival).where(paper_orders.c.client_order_id == client_order_id)
    return connection.scalar(asked) is not None


def messages(connection: Connection, after: int, now: datetime) -> list[BrokerMessage]:
    """What was told by ``now`` under a number above ``after``, in the order of telling."""
    return [message_of(row) for row in connection.execute(_MESSAGES, {"after": after, "now": now})]


def note_submission(connection: Connection, client_order_id: UUID, at: datetime, outcome: str) -> None:
    """Write down that an order was handed in, and what came of it."""
    row = {"client_order_id": client_order_id, "at": at, "outcome": outcome}
    connection.execute(insert(paper_submissions), [row])


def count_submissions(connection: Connection, client_order_id: UUID) -> int:
    """How often the order was handed in, whatever came of it."""
    its_own = paper_submissions.c.client_order_id == client_order_id
    return connection.scalar(select(func.count()).where(its_own)) or 0


def write_order(connection: Connection, order: PaperOrder) -> None:
    """Write down an order as it came in."""
    connection.execute(insert(paper_orders), [order_row(order)])


def write_turn(connection: Connection, turn: Turn) -> None:
    """Write down everything that ``turn`` changed; its orders must be there already."""
    if turn.entries:
        connection.execute(insert(paper_journal), [entry_row(entry) for entry in turn.entries])
    if turn.deliveries:
        connection.execute(insert(paper_deliveries), [delivery_row(one) for one in turn.deliveries])
    if turn.released:
        let_go = [
            {"at_place": one.place, "its_number": one.number, "told": one.told_at} for one in turn.released
        ]
        connection.execute(_RELEASE, let_go)
    steps = {"steps": turn.books.steps, "stepped_at": turn.books.stepped_at}
    connection.execute(update(paper_account).where(_account).values(steps))


def _journals(connection: Connection, asked: Select[Any], until: datetime | None = None) -> Iterator[Journal]:
    """The orders of ``asked`` that had come in by ``until``, oldest first, with their entries by then."""
    ids = asked.with_only_columns(paper_orders.c.client_order_id)
    entries = select(paper_journal).where(paper_journal.c.client_order_id.in_(ids))
    orders = asked.order_by(paper_orders.c.arrival)
    if until is not None:
        entries = entries.where(paper_journal.c.at <= until)
        orders = orders.where(paper_orders.c.taken_at <= until)
    ordered = connection.execute(entries.order_by(paper_journal.c.client_order_id, paper_journal.c.sequence))
    grouped = groupby(ordered, key=lambda row: row.client_order_id)
    by_order = {key: tuple(map(entry_of, rows)) for key, rows in grouped}
    for row in connection.execute(orders):
        yield order_of(row), by_order[row.client_order_id]
