"""The book in numbers at a scrape, from the portfolio's own state: no store is asked."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.portfolio.figures import figures_of
from adapters.portfolio.service import Portfolio
from policy.watching.gauges import gauge


class BookGauges(Collector):
    """Gauges of one portfolio: dollars, and fractions of equity; those that cannot be told are left out."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio

    def collect(self) -> Iterator[Metric]:
        """Equity, cash, exposure and drawdown as they are now."""
        figures = figures_of(self._portfolio.account)
        yield gauge("trivet_equity_dollars", "cash and positions at their last marks", float(figures.equity))
        yield gauge("trivet_cash_dollars", "cash", float(figures.cash))
        if figures.gross_exposure_pct is not None:
            yield gauge(
                "trivet_gross_exposure_ratio",
                "dollars in positions, short ones too, by equity",
                figures.gross_exposure_pct,
            )
        if figures.daily_drawdown_pct is not None:
            yield gauge(
                "trivet_daily_drawdown_ratio",
                "equity lost since the session's opening quotes, by equity then",
                figures.daily_drawdown_pct,
            )
