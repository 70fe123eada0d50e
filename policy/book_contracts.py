"""The book as the portfolio's API and its events show it: frozen, money and quantities as decimal strings."""

from datetime import date
from uuid import UUID

from policy.contracts import Contract, Utc
from policy.order_contracts import Amount


class PortfolioView(Contract):
    """The book in numbers, dollars.

    ``_pct`` fields are fractions, exposures of equity and drawdowns of ``session_open_equity``; null when
    there is nothing to measure by. ``equity`` = ``cash`` + ``market_value`` = ``starting_cash`` +
    ``realised`` + ``unrealised`` - ``fees``.
    """

    as_of: Utc | None
    """Time of the last quotes taken."""
    equity: Amount
    cash: Amount
    starting_cash: Amount
    market_value: Amount
    gross_exposure: Amount
    gross_exposure_pct: float | None
    net_exposure_pct: float | None
    realised: Amount
    unrealised: Amount
    fees: Amount
    session: date | None
    session_open_equity: Amount
    session_low: Amount
    daily_drawdown_pct: float | None
    worst_drawdown_pct: float | None


class SnapshotView(PortfolioView):
    """The book as it was written down at one moment."""

    snapshot_id: UUID
    at: Utc
    reason: str
