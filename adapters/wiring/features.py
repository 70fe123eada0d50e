"""The feature service as the house has it: with the last quotes, and the book that is held now."""

from datetime import datetime

from adapters.features.service import FeatureService
from adapters.features.source import FeatureSource
from adapters.ports import LatestQuotes
from adapters.wiring.parts import MeasuredPortfolio
from policy.ports import Clock


def feature_service(
    features: FeatureSource, clock: Clock, quotes: LatestQuotes, portfolio: MeasuredPortfolio
) -> FeatureService:
    """Tells ``features`` by ``clock``; the portfolio measures its own correlation, here or elsewhere."""

    def correlation(symbol: str, at: datetime) -> float | None:
        measured = portfolio.measure(symbol, at)
        return measured.correlation if measured is not None else None

    return FeatureService(features, clock, quotes, correlation)
