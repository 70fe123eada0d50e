"""Asks the strategies: all of them at each step, or one of them when somebody wants a proposal now."""

from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.strategy.view import MarketView, Strategy
from policy.contracts import FeatureSnapshot, Quote, SignalCandidate
from policy.ports import derived_id

LatestQuote = Callable[[str], Quote | None]
Features = Callable[[str, datetime], FeatureSnapshot | None]
Fit = Callable[[Sequence[SignalCandidate]], list[SignalCandidate]]
"""Cuts proposals to what the house may ask for now; strategies do not know of it."""


class UnknownSymbol(LookupError):
    """The desk follows no such symbol."""


class UnknownStrategy(LookupError):
    """The desk has no such strategy."""


class Desk:
    """The strategies with what they look at. It proposes; whether anything comes of it is not its concern."""

    def __init__(
        self,
        strategies: Sequence[Strategy],
        symbols: Sequence[str],
        quotes: LatestQuote,
        features: Features,
        fit: Fit = list,
    ) -> None:
        self._strategies = {strategy.name: strategy for strategy in strategies}
        self._symbols = tuple(symbols)
        self._quotes = quotes
        self._features = features
        self._fit = fit

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that the strategies look at, in the order in which they are shown."""
        return self._symbols

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies in the order in which they are asked."""
        return tuple(self._strategies)

    def candidates(self, at: datetime, moment: str) -> list[SignalCandidate]:
        """What all strategies propose at this step, by strategy and symbol; nothing without a quote."""
        listening = [one for one in self._strategies.values() if one.listens_at(moment)]
        if not listening:
            return []
        views = [view for symbol in self._symbols if (view := self._view(symbol, at, moment))]
        proposals = (strategy.propose(view) for strategy in listening for view in views)
        return self._fit([proposal for proposal in proposals if proposal is not None])

    def generate(self, symbol: str, strategy: str | None, at: datetime) -> SignalCandidate | None:
        """What ``strategy`` proposes for ``symbol`` at ``at``, whatever the step; it is not published.

        Without a strategy the first that has a proposal answers. The candidate's id is not the one of
        the desk's own signal of that time, so that a caller may have it judged. None when there is no
        proposal or no quote; raises ``UnknownSymbol`` and ``UnknownStrategy``.
        """
        asked = self._asked(strategy)
        if symbol not in self._symbols:
            raise UnknownSymbol(symbol)
        view = self._view(symbol, at, None)
        proposals = (one.propose(view) for one in asked) if view else ()
        proposal = next((found for found in proposals if found is not None), None)
        return _renamed(self._fit([proposal])[0]) if proposal else None

    def _asked(self, strategy: str | None) -> list[Strategy]:
        if strategy is None:
            return list(self._strategies.values())
        if strategy not in self._strategies:
            raise UnknownStrategy(strategy)
        return [self._strategies[strategy]]

    def _view(self, symbol: str, at: datetime, moment: str | None) -> MarketView | None:
        quote, features = self._quotes(symbol), self._features(symbol, at)
        return MarketView(symbol, at, quote, features, moment) if quote and features else None


def _renamed(proposal: SignalCandidate) -> SignalCandidate:
    asked = derived_id("signal-on-request", proposal.signal_id)
    return proposal.model_copy(update={"signal_id": asked})
