"""The paper broker's books: cash, positions, working orders and messages that are held back, all frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from uuid import UUID

from adapters.brokers.paper.orders import Entry, PaperOrder, after, cash_moved, shares_moved

Journal = tuple[PaperOrder, tuple[Entry, ...]]
"""An order as it came in, and everything that happened to it, in order."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One telling of a journal entry; a duplicate is a second one of the same.

    ``place`` counts tellings as they are made, ``due`` is the step at which it is told, counted as
    ``Books.steps`` counts, and ``behind`` whether only after that step's own news. Until it is told it has
    neither ``number`` nor ``told_at``.
    """

    place: int
    client_order_id: UUID
    sequence: int
    due: int
    behind: bool
    made_at: datetime
    number: int | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """Everything the broker must know to go on.

    ``steps`` counts the steps at which anything could happen, ``stepped_at`` is the last of them;
    ``arrivals``, ``placed`` and ``numbered`` are the last numbers given to orders, to tellings made and to
    messages told; ``latest`` is the last moment the broker knows of. ``working`` is in order of arrival.
    """

    cash: Decimal
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    working: Mapping[UUID, PaperOrder] = field(default_factory=dict)
    held: tuple[Delivery, ...] = ()
    arrivals: int = 0
    placed: int = 0
    numbered: int = 0
    steps: int = 0
    stepped_at: datetime | None = None
    latest: datetime | None = None

    def time(self, now: datetime) -> datetime:
        """The broker's time when its clock says ``now``: never before anything it has on record."""
        return max(now, self.latest) if self.latest else now

    def is_ahead_of(self, now: datetime) -> bool:
        """Whether there is anything on record from after ``now``, as when steps are repeated."""
        return self.latest is not None and self.latest > now

    def concerned_by(self, at: datetime) -> bool:
        """Whether a step at ``at`` can change anything: it is new, and something waits from before it."""
        if self.stepped_at is not None and at <= self.stepped_at:
            return False
        waiting = (order.taken_at for order in self.working.values())
        return any(since < at for since in (*waiting, *(one.made_at for one in self.held)))

    def reserved_cash(self) -> Decimal:
        """Dollars that resting buys set aside, without their commission."""
        buys = (order for order in self.working.values() if order.ticket.side == "BUY")
        return sum((order.leaves_qty * order.reserve_price for order in buys), _ZERO)

    def free_shares(self, symbol: str) -> Decimal:
        """Shares of ``symbol`` that are held and not promised to a resting sell."""
        resting = (order for order in self.working.values() if order.ticket.symbol == symbol)
        promised = sum((order.leaves_qty for order in resting if order.ticket.side == "SELL"), _ZERO)
        return self.positions.get(symbol, _ZERO) - promised


def entered(books: Books, order: PaperOrder, entry: Entry) -> tuple[Books, PaperOrder]:
    """``books`` and ``order`` once ``entry`` is on record."""
    then = after(order, entry)
    others = {key: one for key, one in books.working.items() if key != order.client_order_id}
    working = dict(books.working) | {order.client_order_id: then} if then.is_working else others
    books = replace(books, working=working, latest=books.time(entry.at))
    return _booked(books, order, entry), then


def opened(cash: Decimal, journals: Iterable[Journal]) -> Books:
    """The books of an account that began with ``cash``, as the ``journals`` of its orders leave them."""
    books = Books(cash)
    for order, entries in journals:
        books = replace(books, arrivals=max(books.arrivals, order.arrival))
        books = _replayed(books, order, entries)
    return books


def as_left(journal: Journal) -> PaperOrder:
    """The order of ``journal`` after everything that happened to it."""
    order, entries = journal
    return reduce(after, entries, order)


def _replayed(books: Books, order: PaperOrder, entries: Iterable[Entry]) -> Books:
    for entry in entries:
        books, order = entered(books, order, entry)
    return books


def _booked(books: Books, order: PaperOrder, entry: Entry) -> Books:
    if entry.trade is None:
        return books
    symbol = order.ticket.symbol
    position = books.positions.get(symbol, _ZERO) + shares_moved(order, entry.trade)
    others = {name: qty for name, qty in books.positions.items() if name != symbol}
    positions = {**others, symbol: position} if position else others
    return replace(books, cash=books.cash + cash_moved(order, entry.trade), positions=positions)
