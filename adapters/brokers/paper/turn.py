"""What changes at once in the paper broker: journal entries, the books after them, and who is told when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from adapters.brokers.paper.books import Books, Delivery, entered
from adapters.brokers.paper.faults import Fault, Faults
from adapters.brokers.paper.orders import Entry, PaperOrder, Trade
from adapters.ports import BrokerWord


@dataclass(frozen=True, slots=True)
class Turn:
    """The books after a change at ``at`` and everything to be written for it, in one transaction.

    ``deliveries`` are new, ``released`` were held back until now. ``traded`` counts the shares that were
    taken out of the step's volume, by symbol.
    """

    books: Books
    at: datetime
    faults: Faults
    entries: tuple[Entry, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    released: tuple[Delivery, ...] = ()
    traded: Mapping[str, Decimal] = field(default_factory=dict)


def happened(
    turn: Turn, order: PaperOrder, word: BrokerWord, trade: Trade | None = None, reason: str | None = None
) -> tuple[Turn, PaperOrder]:
    """``turn`` and ``order`` once ``word`` is on record, and told unless a fault keeps it back."""
    entry = Entry(order.client_order_id, order.sequence + 1, word, turn.at, trade, reason)
    books, then = entered(turn.books, order, entry)
    turn = replace(turn, books=books, entries=(*turn.entries, entry))
    for steps, behind in _routes(turn.faults, entry):
        place, due = turn.books.placed + 1, turn.books.steps + steps
        delivery = Delivery(place, entry.client_order_id, entry.sequence, due, behind, turn.at)
        turn = _held(turn, delivery) if steps else _told(turn, delivery)
    return turn, then


def released(turn: Turn, *, behind: bool) -> Turn:
    """``turn`` with those messages told that were held back for this step, ahead of its news or behind."""
    due = [one for one in turn.books.held if one.due <= turn.books.steps and one.behind is behind]
    for delivery in due:
        if delivery.made_at < turn.at:
            turn = _let_go(turn, delivery)
    return turn


def _let_go(turn: Turn, delivery: Delivery) -> Turn:
    told = replace(delivery, number=turn.books.numbered + 1, told_at=turn.at)
    held = tuple(one for one in turn.books.held if one is not delivery)
    books = replace(turn.books, numbered=turn.books.numbered + 1, held=held)
    return replace(turn, books=books, released=(*turn.released, told))


def _told(turn: Turn, delivery: Delivery) -> Turn:
    number = turn.books.numbered + 1
    told = replace(delivery, number=number, told_at=turn.at)
    books = replace(turn.books, placed=delivery.place, numbered=number)
    return replace(turn, books=books, deliveries=(*turn.deliveries, told))


def _held(turn: Turn, delivery: Delivery) -> Turn:
    books = replace(turn.books, placed=delivery.place, held=(*turn.books.held, delivery))
    return replace(turn, books=books, deliveries=(*turn.deliveries, delivery))


def _routes(faults: Faults, entry: Entry) -> Iterable[tuple[int, bool]]:
    """For each time that ``entry`` is told: how many steps late, and whether behind that step's news."""
    if entry.word is BrokerWord.ACCEPTED:
        return _routes_of_acknowledgement(faults, entry.client_order_id)
    if entry.trade is not None:
        return _routes_of_fill(faults, entry.client_order_id)
    return ((0, False),)


def _routes_of_acknowledgement(faults: Faults, order: UUID) -> Iterable[tuple[int, bool]]:
    if faults.strikes(Fault.LOST_ACKNOWLEDGEMENT, order):
        return ()
    if faults.strikes(Fault.EARLY_FILL, order):
        return ((1, True),)
    return ((1, False),) if faults.strikes(Fault.DELAYED_ACKNOWLEDGEMENT, order) else ((0, False),)


def _routes_of_fill(faults: Faults, order: UUID) -> Iterable[tuple[int, bool]]:
    late = 0
    if faults.strikes(Fault.LATE_FILL, order):
        late = 1 if faults.draw("how-late", order) < 0.5 else 2
    return ((late, False),) * (2 if faults.strikes(Fault.DUPLICATE_FILL, order) else 1)
