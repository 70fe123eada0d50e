"""The mean-reversion strategy: buys what fell far below its month's average, sells what rose far above it.

John Bollinger's bands: twenty bars, two standard deviations.
"""

from adapters.strategy.view import MarketView, candidate, two_day_moves
from policy.contracts import Action, SignalCandidate

NAME = "mean-reversion"
VERSION = "mean-reversion-1"
BAND = 2.0


class MeanReversion:
    """Asked once a session, at midday, on the price of that moment."""

    name = NAME

    def listens_at(self, moment: str) -> bool:
        """At midday only: one proposal a day for each symbol is enough."""
        return moment == "midday"

    def propose(self, view: MarketView) -> SignalCandidate | None:
        """BUY below the lower band, SELL above the upper: ``z = (mid - SMA 20) / deviation 20``, beyond 2.

        Confidence grows with the distance: ``strength = |z| - 1.8``.
        """
        mean, deviation = view.feature("sma_20"), view.feature("deviation_20")
        volatility = view.feature("volatility_20d")
        if mean is None or not deviation or not volatility:
            return None
        z = (view.mid - mean) / deviation
        if abs(z) <= BAND:
            return None
        action: Action = "BUY" if z < 0 else "SELL"
        return candidate(view, NAME, VERSION, action, abs(z) - 1.8, two_day_moves(volatility))
