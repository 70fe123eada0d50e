"""The portfolio as its API and its events show it; money and quantities are decimal strings in JSON."""

from datetime import date
from typing import Any
from uuid import UUID

from adapters.portfolio.account import Account
from adapters.portfolio.figures import Figures, share
from policy.book_contracts import PortfolioView, SnapshotView
from policy.contracts import Contract, Utc
from policy.order_contracts import Amount


class SessionView(Contract):
    """The result of one session, dollars; ``realised`` and ``fees`` are those of the session alone."""

    session: date
    closed_at: Utc
    opened_with: Amount
    closed_with: Amount
    lowest_equity: Amount
    realised: Amount
    fees: Amount
    max_drawdown_pct: float | None


class PositionView(Contract):
    """Shares of one symbol that are held (negative: short), dollars a share and dollars."""

    symbol: str
    qty: Amount
    avg_cost: Amount | None
    """To a millionth; the ledger itself keeps the whole cost."""
    mark: Amount
    market_value: Amount
    unrealised: Amount
    realised: Amount
    fees: Amount
    weight_pct: float | None
    """``market_value`` / equity, a fraction."""


def portfolio_view(figures: Figures) -> PortfolioView:
    """``figures`` for the API."""
    return PortfolioView(**_shown(figures))


def snapshot_view(snapshot_id: UUID, reason: str, figures: Figures) -> SnapshotView:
    """A snapshot, new or as it was kept; ``figures`` are as of its time."""
    if figures.as_of is None:
        raise ValueError("a snapshot needs the time it was taken; set as_of")
    return SnapshotView(**_shown(figures), snapshot_id=snapshot_id, at=figures.as_of, reason=reason)


def position_views(account: Account) -> tuple[PositionView, ...]:
    """Every symbol that is held, in alphabetical order."""
    values, equity = account.market_values, account.equity
    return tuple(_position_view(account, symbol, share(values[symbol], equity)) for symbol in values)


def _position_view(account: Account, symbol: str, weight: float | None) -> PositionView:
    position, mark = account.positions[symbol], account.marks[symbol]
    return PositionView(
        symbol=symbol,
        qty=position.qty,
        avg_cost=position.average_cost,
        mark=mark,
        market_value=position.qty * mark,
        unrealised=position.unrealised(mark),
        realised=position.realised,
        fees=position.fees,
        weight_pct=weight,
    )


def _shown(figures: Figures) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in PortfolioView.model_fields}
