"""The numbers that rules, screens and snapshots read of an account, worked out at one moment."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from adapters.portfolio.account import Account


@dataclass(frozen=True, slots=True)
class Figures:
    """An account in numbers, dollars; ``gross_exposure`` counts short positions as much as long ones."""

    as_of: datetime | None
    starting_cash: Decimal
    cash: Decimal
    market_value: Decimal
    gross_exposure: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    session: date | None
    session_open_equity: Decimal
    session_low: Decimal

    @property
    def equity(self) -> Decimal:
        """Cash and positions at their marks."""
        return self.cash + self.market_value

    @property
    def gross_exposure_pct(self) -> float | None:
        """Dollars in positions / equity; None without equity to measure by."""
        return share(self.gross_exposure, self.equity)

    @property
    def net_exposure_pct(self) -> float | None:
        """Long less short dollars / equity; None without equity to measure by."""
        return share(self.market_value, self.equity)

    @property
    def daily_drawdown_pct(self) -> float | None:
        """(equity at the session's opening quotes - equity now) / the former; 0 when up."""
        return drawdown(self.session_open_equity, self.equity)

    @property
    def worst_drawdown_pct(self) -> float | None:
        """The largest ``daily_drawdown_pct`` of the session so far."""
        return drawdown(self.session_open_equity, self.session_low)


def figures_of(account: Account) -> Figures:
    """The numbers of ``account`` as it stands."""
    return Figures(
        as_of=account.as_of,
        starting_cash=account.starting_cash,
        cash=account.cash,
        market_value=account.market_value,
        gross_exposure=sum(map(abs, account.market_values.values()), Decimal(0)),
        realised=account.realised,
        unrealised=account.unrealised,
        fees=account.fees,
        session=account.session,
        session_open_equity=account.opened_with,
        session_low=account.session_low,
    )


def drawdown(opened_with: Decimal, equity: Decimal) -> float | None:
    """(``opened_with`` - ``equity``) / ``opened_with``, 0 when up; None when it opened with nothing."""
    return share(max(Decimal(0), opened_with - equity), opened_with)


def share(part: Decimal, whole: Decimal) -> float | None:
    """``part / whole``; None unless ``whole`` is positive."""
    return float(part / whole) if whole > 0 else None
