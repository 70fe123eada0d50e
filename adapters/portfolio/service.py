"""The portfolio: a projection of booked fills and quotes that measures what the rules ask of a book.

1. ``follow`` values it at the quotes of a step; a session's opening equity is taken there.
2. ``catch_up`` applies what was booked since, each line of the journal once.
3. ``take_snapshot`` and ``close_session`` write down what it then comes to.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from adapters.correlation import ReturnSource, correlation_with_book
from adapters.portfolio.account import Account, booked, followed, with_cash
from adapters.portfolio.account_state import account_from_state, state_of
from adapters.portfolio.figures import figures_of
from adapters.portfolio.store import keep_close, keep_snapshot
from adapters.ports import DayFigures, FillSource
from policy.contracts import Action, PortfolioContext, Quote
from policy.store import writing


class Portfolio:
    """Holds the account. One thread at a time moves it on, others measure it; each sees a whole state."""

    def __init__(self, store: Engine, fills: FillSource, returns_of: ReturnSource, cash: Decimal) -> None:
        self.store = store
        self._fills = fills
        self._returns_of = returns_of
        self._account = with_cash(cash)
        self._changing = threading.Lock()

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], store: Engine, fills: FillSource, returns_of: ReturnSource
    ) -> "Portfolio":
        """The portfolio that ``to_state`` described.

        Raises KeyError, TypeError or ValueError on anything else.
        """
        account = account_from_state(state)
        again = cls(store, fills, returns_of, account.starting_cash)
        again._account = account
        return again

    def to_state(self) -> dict[str, Any]:
        """Plain JSON values from which ``from_state`` makes the same portfolio."""
        return state_of(self._account)

    @property
    def account(self) -> Account:
        """The state as it is now."""
        return self._account

    def equity(self) -> Decimal:
        """Cash and positions at their last marks, in dollars."""
        return self._account.equity

    def day(self) -> DayFigures | None:
        """The session so far at its last marks, in dollars; None before the first."""
        account = self._account
        if account.session is None or account.as_of is None:
            return None
        return DayFigures(account.session, account.opened_with, account.equity, account.as_of)

    def follow(self, at: datetime, session: date, opening: bool, quotes: Sequence[Quote]) -> None:
        """Values the account at ``quotes``, the step of ``session`` at ``at``; ``opening`` is its first.

        The session's opening equity is taken here, before the step's fills. Older quotes change nothing.
        """
        with self._changing:
            self._account = followed(self._account, at, session, opening, quotes)

    def catch_up(self, until: datetime) -> int:
        """Applies every line booked by ``until`` that is not in yet; returns how many.

        Raises ValueError for a journal that contradicts itself, and then has applied none of the lines.
        """
        with self._changing:
            account = self._account
            lines = self._fills.booked(account.applied, until)
            for line in lines:
                account = booked(account, line)
            self._account = account
            return len(lines)

    def take_snapshot(self, at: datetime, reason: str) -> bool:
        """Writes the account down as of ``at`` with its event, in one transaction.

        False, and nothing is written, when that moment has a snapshot: a repeated step is harmless.
        """
        with writing(self.store) as connection:
            return keep_snapshot(connection, self._account, at, reason)

    def close_session(self, at: datetime) -> bool:
        """Writes down what the session that closes at ``at`` came to, with a snapshot; False if it is there.

        Raises ValueError for a portfolio that has seen no session.
        """
        with writing(self.store) as connection:
            return keep_close(connection, self._account, at)

    def write_down(self, at: datetime, moment: str) -> bool:
        """What ``moment`` of a session asks for: its result at the close, else a snapshot; see there."""
        return self.close_session(at) if moment == "close" else self.take_snapshot(at, moment)

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> PortfolioContext | None:
        """Exposure, drawdown and correlation as of ``at``; None when there is no equity left to measure by.

        ``gross_exposure_pct`` = dollars in positions, short ones too / equity. ``daily_drawdown_pct`` =
        (equity at the session's opening quotes - equity now) / the former, 0 when up. ``correlation`` is
        that of the trade with the book: a SELL takes risk away, so its sign is turned.
        """
        account = self._account
        figures = figures_of(account)
        gross, lost = figures.gross_exposure_pct, figures.daily_drawdown_pct
        if gross is None or lost is None:
            return None
        correlation = correlation_with_book(symbol, at, account.market_values, self._returns_of)
        return PortfolioContext(
            gross_exposure_pct=gross,
            daily_drawdown_pct=lost,
            correlation=-correlation + 0.0 if action == "SELL" and correlation is not None else correlation,
        )
