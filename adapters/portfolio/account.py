"""The whole book as one frozen value: cash, positions, marks, the session; moved on by pure functions.

Positions are marked at the middle of bid and ask. At any moment, to the last digit:

    equity = cash + market value = starting cash + realised + unrealised - fees
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from adapters.portfolio.position import FLAT, Position, change, traded, undone
from adapters.ports import BookedFill, reversal_id
from policy.contracts import Quote


@dataclass(frozen=True, slots=True)
class Provisional:
    """What a synthetic fill did to the position in ``symbol``, to be taken back when the real one comes."""

    symbol: str
    effect: Position


@dataclass(frozen=True, slots=True)
class Account:
    """Everything the portfolio knows; money in dollars, ``marks`` in dollars a share.

    ``positions`` keeps symbols that are no longer held, for their profit and fees. ``applied`` is the
    journal line up to which fills are in. ``provisional`` has what synthetic fills did, by the execution_id
    of the reversal that would take it back. Of ``session``: ``opened_at`` and ``opened_with``, the time and
    equity of its opening quotes; ``lowest``, the least equity at quotes before these; ``realised_before``
    and ``fees_before``, the totals at its start. ``as_of`` is the time of the last quotes taken.
    """

    starting_cash: Decimal
    cash: Decimal
    opened_with: Decimal
    lowest: Decimal
    positions: Mapping[str, Position] = field(default_factory=dict)
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    provisional: Mapping[str, Provisional] = field(default_factory=dict)
    applied: int = 0
    as_of: datetime | None = None
    session: date | None = None
    opened_at: datetime | None = None
    realised_before: Decimal = Decimal(0)
    fees_before: Decimal = Decimal(0)

    @property
    def market_values(self) -> Mapping[str, Decimal]:
        """Dollars in each position that is held, negative when short, by symbol in alphabetical order."""
        held = ((symbol, one.qty) for symbol, one in sorted(self.positions.items()) if one.qty)
        return {symbol: qty * self.marks[symbol] for symbol, qty in held}

    @property
    def market_value(self) -> Decimal:
        """Dollars in all positions, short ones counted against long ones."""
        return sum(self.market_values.values(), Decimal(0))

    @property
    def equity(self) -> Decimal:
        """Cash and positions, unrealised profit included."""
        return self.cash + self.market_value

    @property
    def realised(self) -> Decimal:
        """Profit of everything that was closed, fees not taken off."""
        return sum((one.realised for one in self.positions.values()), Decimal(0))

    @property
    def unrealised(self) -> Decimal:
        """Profit that is still in the positions at their marks."""
        return self.market_value - sum((one.cost for one in self.positions.values()), Decimal(0))

    @property
    def fees(self) -> Decimal:
        """Commissions paid."""
        return sum((one.fees for one in self.positions.values()), Decimal(0))

    @property
    def session_low(self) -> Decimal:
        """The least equity of the session so far, at the quotes of any step with all of its fills."""
        return min(self.lowest, self.equity)


def with_cash(cash: Decimal) -> Account:
    """An account that holds nothing but ``cash`` dollars."""
    return Account(starting_cash=cash, cash=cash, opened_with=cash, lowest=cash)


def followed(
    account: Account, at: datetime, session: date, opening: bool, quotes: Iterable[Quote]
) -> Account:
    """``account`` valued at ``quotes``; one that is older than the last taken changes nothing.

    A session starts at the first quotes seen of it, and anew at its ``opening`` quotes: a run that is put
    on the market between the bell and those counts its drawdown from the same place as any other.
    """
    if account.as_of is not None and at < account.as_of:
        return account
    mids = {quote.symbol: (quote.bid + quote.ask) / 2 for quote in quotes}
    valued = replace(account, marks={**account.marks, **mids}, as_of=at)
    if session != account.session or (opening and at != account.opened_at):
        return _session_started(valued, at, session)
    # Taken here and not fill by fill: between a reversal and the fill that replaces it the book is
    # short of both, which is no loss.
    return replace(valued, lowest=min(account.session_low, valued.equity))


def booked(account: Account, fill: BookedFill) -> Account:
    """``account`` with the next line of the journal in it; a symbol without a quote is marked at its fill.

    Raises ValueError for a line that is in already or a reversal of nothing.
    """
    if fill.seq <= account.applied:
        raise ValueError(f"journal line {fill.seq} comes after {account.applied}; give lines in order, once")
    if fill.kind == "reversal":
        return _taken_back(account, fill)
    before = account.positions.get(fill.symbol, FLAT)
    after = traded(before, _signed(fill), fill.price, fill.commission)
    if fill.kind == "synthetic":
        one = Provisional(fill.symbol, change(before, after))
        account = replace(account, provisional={**account.provisional, reversal_id(fill.execution_id): one})
    paid = _signed(fill) * fill.price + fill.commission
    return _with_position(account, fill, after, account.cash - paid)


def _taken_back(account: Account, fill: BookedFill) -> Account:
    if fill.execution_id not in account.provisional:
        raise ValueError(
            f'journal line {fill.seq}, "{fill.execution_id}", takes back no open synthetic fill; '
            f"look at the fills of order {fill.order_id}"
        )
    others = dict(account.provisional)
    after = undone(account.positions[fill.symbol], others.pop(fill.execution_id).effect)
    repaid = _signed(fill) * fill.price + fill.commission
    return _with_position(replace(account, provisional=others), fill, after, account.cash + repaid)


def _with_position(account: Account, fill: BookedFill, position: Position, cash: Decimal) -> Account:
    return replace(
        account,
        cash=cash,
        positions={**account.positions, fill.symbol: position},
        marks={fill.symbol: fill.price, **account.marks},
        applied=fill.seq,
    )


def _session_started(account: Account, at: datetime, session: date) -> Account:
    equity = account.equity
    return replace(
        account,
        session=session,
        opened_at=at,
        opened_with=equity,
        lowest=equity,
        realised_before=account.realised,
        fees_before=account.fees,
    )


def _signed(fill: BookedFill) -> Decimal:
    return fill.qty if fill.side == "BUY" else -fill.qty
