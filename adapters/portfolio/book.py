"""A simple paper book: approvals fill at the next open, and it measures what the rules ask of a portfolio."""

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.portfolio.correlation import ReturnSource, correlation_with_book
from adapters.portfolio.ledger import Approval, Fill, Ledger, awaiting, filled, in_session, marked
from adapters.portfolio.state import ledger_from_state, state_of
from policy.contracts import Action, Decision, PortfolioContext, Quote

STARTING_CASH = Decimal(1_000_000)


class Book:
    """Holds the ledger. The player's thread moves it on, others measure it; each sees a whole state.

    It stands in for orders and a broker: every approval is assumed to fill, long only.
    """

    def __init__(self, ledger: Ledger, returns_of: ReturnSource) -> None:
        self._ledger = ledger
        self._returns_of = returns_of
        self._changing = threading.Lock()

    @classmethod
    def with_cash(cls, returns_of: ReturnSource, cash: Decimal = STARTING_CASH) -> "Book":
        """A book that holds nothing but ``cash`` dollars."""
        return cls(Ledger(cash=cash, opened_with=cash), returns_of)

    @classmethod
    def from_state(cls, state: Mapping[str, Any], returns_of: ReturnSource) -> "Book":
        """The book that ``to_state`` described."""
        return cls(ledger_from_state(state), returns_of)

    def to_state(self) -> dict[str, Any]:
        """Plain JSON values from which ``from_state`` makes the same book."""
        return state_of(self._ledger)

    @property
    def ledger(self) -> Ledger:
        """The state as it is now."""
        return self._ledger

    def follow(self, at: datetime, session: date, opening: bool, quotes: Sequence[Quote]) -> tuple[Fill, ...]:
        """Values the book at ``quotes``; at the opening step of a session fills what waited for it.

        The session's opening equity is taken at the opening quotes, before those fills.
        """
        with self._changing:
            ledger = in_session(marked(self._ledger, quotes), session)
            ledger, fills = filled(ledger, quotes, at) if opening else (ledger, ())
            self._ledger = ledger
            return fills

    def accept(self, decision: Decision) -> None:
        """Lets an approval of the house's own signal wait for the next open.

        Any other decision, and one that waits already, changes nothing. Raises ValueError for an
        approval that was never recorded or has no size.
        """
        if decision.decision != "APPROVE" or decision.source != "house":
            return
        if decision.decision_id is None or decision.approved_size_pct is None:
            raise ValueError(f"the approval of {decision.signal_id} has no id or no size; send recorded ones")
        approval = Approval(
            decision_id=str(decision.decision_id),
            symbol=decision.symbol,
            action=decision.candidate_action,
            size_pct=Decimal(repr(decision.approved_size_pct)),
            at=decision.evaluated_at,
        )
        with self._changing:
            self._ledger = awaiting(self._ledger, approval)

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> PortfolioContext | None:
        """Exposure, drawdown and correlation as of ``at``; None when there is no equity left to measure by.

        ``gross_exposure_pct`` = dollars in positions / equity. ``daily_drawdown_pct`` = (equity at the
        session's open - equity now) / equity at the session's open, 0 when up. ``correlation`` is that of
        the trade with the book: a SELL takes risk away, so its sign is turned.
        """
        ledger = self._ledger
        equity, values = ledger.equity, ledger.market_values
        if equity <= 0 or ledger.opened_with <= 0:
            return None
        correlation = correlation_with_book(symbol, at, values, self._returns_of)
        return PortfolioContext(
            gross_exposure_pct=float(sum(values.values(), Decimal(0)) / equity),
            daily_drawdown_pct=float(max(Decimal(0), ledger.opened_with - equity) / ledger.opened_with),
            correlation=-correlation + 0.0 if action == "SELL" and correlation is not None else correlation,
        )
