"""The arithmetic of a long-only book: positions, equity, fills, as pure functions of frozen values.

Money is Decimal dollars, quantities are whole shares. A book is marked at the middle of bid and ask and
trades at the far side: buys at the ask, sells at the bid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from policy.contracts import Action, Quote


@dataclass(frozen=True, slots=True)
class Approval:
    """An approved signal that waits for the next open; ``size_pct`` is a fraction of equity."""

    decision_id: str
    symbol: str
    action: Action
    size_pct: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade of the book: whole shares at dollars a share."""

    decision_id: str
    symbol: str
    action: Action
    qty: int
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """The whole state of a book.

    ``opened_with`` is the equity at the open of ``session``, from which the day's drawdown counts;
    ``filled_at`` is the last open at which approvals were filled.
    """

    cash: Decimal
    opened_with: Decimal
    session: date | None = None
    filled_at: datetime | None = None
    positions: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    waiting: Mapping[str, Approval] = field(default_factory=dict)

    @property
    def market_values(self) -> Mapping[str, Decimal]:
        """Dollars in each position at its last mark, by symbol in alphabetical order."""
        return {symbol: self.positions[symbol] * self.marks[symbol] for symbol in sorted(self.positions)}

    @property
    def equity(self) -> Decimal:
        """Cash and positions in dollars, unrealised gains included."""
        return self.cash + sum(self.market_values.values(), Decimal(0))


def marked(ledger: Ledger, quotes: Iterable[Quote]) -> Ledger:
    """``ledger`` with the symbols of ``quotes`` valued anew."""
    mids = {quote.symbol: (quote.bid + quote.ask) / 2 for quote in quotes}
    return replace(ledger, marks={**ledger.marks, **mids})


def in_session(ledger: Ledger, session: date) -> Ledger:
    """``ledger`` in ``session``; a new session starts counting its drawdown from the equity of now."""
    if session == ledger.session:
        return ledger
    return replace(ledger, session=session, opened_with=ledger.equity)


def awaiting(ledger: Ledger, approval: Approval) -> Ledger:
    """``ledger`` with ``approval`` waiting; unchanged when it waits already or its open is past."""
    if ledger.filled_at is not None and approval.at < ledger.filled_at:
        return ledger
    return replace(ledger, waiting={**ledger.waiting, approval.decision_id: approval})


def filled(ledger: Ledger, quotes: Iterable[Quote], at: datetime) -> tuple[Ledger, tuple[Fill, ...]]:
    """Fills every approval from before ``at`` at the opening quotes, oldest first.

    One whose symbol is not quoted goes on waiting; one that comes to no shares is dropped.
    """
    by_symbol = {quote.symbol: quote for quote in quotes}
    due = sorted((a for a in ledger.waiting.values() if a.at < at), key=lambda a: (a.at, a.decision_id))
    fills: list[Fill] = []
    for approval in due:
        if (quote := by_symbol.get(approval.symbol)) is not None:
            ledger, fill = _settled(ledger, approval, quote, at)
            fills += [fill] if fill else []
    return replace(ledger, filled_at=at), tuple(fills)


def _settled(ledger: Ledger, approval: Approval, quote: Quote, at: datetime) -> tuple[Ledger, Fill | None]:
    waiting = {key: value for key, value in ledger.waiting.items() if key != approval.decision_id}
    ledger = replace(ledger, waiting=waiting)
    price = quote.ask if approval.action == "BUY" else quote.bid
    qty = _shares(ledger, approval, price)
    if qty == 0:
        return ledger, None
    fill = Fill(approval.decision_id, approval.symbol, approval.action, qty, price, at)
    return _booked(ledger, fill), fill


def _shares(ledger: Ledger, approval: Approval, price: Decimal) -> int:
    """A SELL closes the position; a BUY takes its share of equity, and never more than the cash there is."""
    if approval.action == "SELL":
        return ledger.positions.get(approval.symbol, 0)
    return int(max(Decimal(0), min(approval.size_pct * ledger.equity, ledger.cash)) / price)


def _booked(ledger: Ledger, fill: Fill) -> Ledger:
    signed = fill.qty if fill.action == "BUY" else -fill.qty
    left = ledger.positions.get(fill.symbol, 0) + signed
    others = {symbol: qty for symbol, qty in ledger.positions.items() if symbol != fill.symbol}
    return replace(
        ledger,
        cash=ledger.cash - signed * fill.price,
        positions={**others, fill.symbol: left} if left else others,
        marks={fill.symbol: fill.price, **ledger.marks},
    )
