"""What the house's own books say of a trade, alike in one process and in many."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from adapters.execution.controls.standing import free_to_leave
from adapters.execution.store import promised
from adapters.execution.unexplained import sure_shares
from adapters.ports import Account, Market
from policy.contracts import Scalar
from policy.ports import Subject

ONLY_REDUCES = "house.only_reduces"
TRADE_VALUE = "house.trade_value"
DAILY_LOSS = "house.daily_loss"
MINUTES_TO_CLOSE = "house.minutes_to_close"

Told = dict[str, Scalar]


@dataclass(frozen=True, slots=True)
class Books:
    """Implements ``policy.ports.HouseFacts`` on execution's books, the portfolio and the market."""

    account: Account
    market: Market

    def measure(
        self, connection: Connection, names: frozenset[str], subjects: Sequence[Subject], at: datetime
    ) -> Sequence[Told]:
        """Of each of ``subjects`` those facts of ``names`` that can be told at ``at``.

        - ``house.only_reduces``: whether the trade takes shares off a position and, with all orders that do
          so already, never more than there are.
        - ``house.trade_value``: dollars, size times equity.
        - ``house.daily_loss``: dollars lost since the session's opening quotes, unrealised included.
        - ``house.minutes_to_close``: minutes until the session closes; absent outside sessions.
        """
        of_day = self._of_day(names, at)
        told: list[Told] = [dict(of_day) for _ in subjects]
        if ONLY_REDUCES in names:
            shares, orders = sure_shares(connection), promised(connection)
            free = [free_to_leave(one.symbol, one.side, shares, orders) for one in subjects]
            _add(told, ONLY_REDUCES, list(map(self._only_reduces, subjects, free)))
        if TRADE_VALUE in names:
            equity = self.account.equity()
            _add(told, TRADE_VALUE, [_value(one, equity) for one in subjects])
        return told

    def _of_day(self, names: frozenset[str], at: datetime) -> Told:
        """What is the same for every trade of this moment."""
        ways: Mapping[str, Callable[[datetime], float | None]] = {
            DAILY_LOSS: self._daily_loss,
            MINUTES_TO_CLOSE: self._minutes_to_close,
        }
        told = {name: way(at) for name, way in ways.items() if name in names}
        return {name: value for name, value in told.items() if value is not None}

    def _daily_loss(self, at: datetime) -> float | None:
        """None where the portfolio has not seen the session that is open at ``at``."""
        day, closes = self.account.day(), self.market.closes_at(at)
        if day is None or (closes is not None and closes.date() != day.session):
            return None
        return float(day.lost)

    def _minutes_to_close(self, at: datetime) -> float | None:
        closes = self.market.closes_at(at)
        return None if closes is None else (closes - at).total_seconds() / 60

    def _only_reduces(self, trade: Subject, free: Decimal) -> bool | None:
        """By size: a signal of the house will be cut to what is free, anybody else's is counted whole."""
        if free <= 0:
            return False
        if trade.qty is not None:
            return trade.qty <= free
        return True if trade.source == "house" else self._fits(trade, free)

    def _fits(self, trade: Subject, free: Decimal) -> bool | None:
        """Whether all that the size allows is no more than ``free`` shares; None where that has no price."""
        price, equity = self.market.reference_price(trade.symbol, trade.side), self.account.equity()
        if price is None or equity is None:
            return None
        return _dollars(trade, equity) <= free * price


def _add(told: Sequence[Told], name: str, values: Sequence[Scalar | None]) -> None:
    for one, value in zip(told, values, strict=True):
        if value is not None:
            one[name] = value


def _value(trade: Subject, equity: Decimal | None) -> float | None:
    return None if equity is None else float(_dollars(trade, equity))


def _dollars(trade: Subject, equity: Decimal) -> Decimal:
    return Decimal(repr(trade.size_pct)) * equity
