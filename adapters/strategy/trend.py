"""The trend strategy: buys new four-week highs in a rising market, sells new lows in a falling one.

Richard Donchian's four-week rule, with his moving averages as a filter.
"""

from adapters.strategy.view import MarketView, candidate, two_day_moves
from policy.contracts import Action, SignalCandidate

NAME = "trend"
VERSION = "trend-1"


class Trend:
    """Asked once a session, at the open, on what the session before did."""

    name = NAME

    def listens_at(self, moment: str) -> bool:
        """At the open only: its features move once a day."""
        return moment == "open"

    def propose(self, view: MarketView) -> SignalCandidate | None:
        """BUY when the last close broke the high of the 20 bars before and SMA 20 > SMA 50; SELL mirrored.

        Confidence grows with the break: ``strength = |close / level - 1| / daily volatility + 0.1``.
        """
        close, high, low = view.feature("close"), view.feature("prior_high_20"), view.feature("prior_low_20")
        short, long = view.feature("sma_20"), view.feature("sma_50")
        if close is None or high is None or low is None or short is None or long is None:
            return None
        if close > high and short > long:
            return _candidate(view, "BUY", close / high - 1)
        if close < low and short < long:
            return _candidate(view, "SELL", 1 - close / low)
        return None


def _candidate(view: MarketView, action: Action, break_: float) -> SignalCandidate | None:
    volatility = view.feature("volatility_20d")
    if not volatility:
        return None
    stop = two_day_moves(volatility)
    return candidate(view, NAME, VERSION, action, 0.1 + 2 * break_ / stop, stop)
