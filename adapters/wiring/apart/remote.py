"""What one service asks another and needs to know now: the portfolio's measures, the features' liquidity.

No answer is an error and never a measure: whoever asked decides nothing, and tries again or says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.questions import Answerer, AnswerFailed
from adapters.features.source import FeatureSource
from adapters.portfolio.service import Portfolio
from adapters.ports import DayFigures
from policy.canonical import canonical
from policy.contracts import Action, FeatureSnapshot, PortfolioContext, utc_text

MEASURE = "portfolio.measure"
EQUITY = "portfolio.equity"
DAY = "portfolio.day"
PULSE = "market.pulse"
LIQUIDITY = "features.liquidity"
SNAPSHOT = "features.snapshot"

_DAY = TypeAdapter(DayFigures)


class SumsFailed(Exception):
    """The portfolio service answers, and cannot sum up the session."""


@dataclass(frozen=True, slots=True)
class RemotePortfolio:
    """The portfolio in another process: ``parts.MeasuredPortfolio`` and ``adapters.ports.Account``.

    Every method raises ``NoAnswer`` when the portfolio service gives none.
    """

    line: NatsLine

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> PortfolioContext | None:
        """As ``Portfolio.measure``."""
        about = {"symbol": symbol, "at": utc_text(at), "action": action}
        found = self.line.request(MEASURE, about)["context"]
        return None if found is None else PortfolioContext.model_validate(found)

    def equity(self) -> Decimal:
        """Cash and positions at their last marks, in dollars."""
        return Decimal(self.line.request(EQUITY, {})["equity"])

    def day(self) -> DayFigures | None:
        """As ``Portfolio.day``; raises ``SumsFailed`` when the service is there and cannot tell.

        The watchers have to know that apart: a service that is away may be back in a moment.
        """
        try:
            found = self.line.request(DAY, {})["day"]
        except AnswerFailed as failed:
            raise SumsFailed(str(failed)) from failed
        return None if found is None else _DAY.validate_python(found, strict=False)


def pulses(line: NatsLine) -> Mapping[str, Callable[[], object]]:
    """How to ask the services without which nothing may be sent whether they are there, by name.

    Each raises ``NoAnswer`` when its service gives none. The portfolio is asked what the watchers need of it.
    """
    return {"portfolio": RemotePortfolio(line).day, "market": lambda: line.request(PULSE, {})}


@dataclass(frozen=True, slots=True)
class RemoteFeatures:
    """The features in another process, as far as others read them.

    Every method raises ``NoAnswer`` when the features service gives none.
    """

    line: NatsLine

    def liquidity(self, symbol: str, at: datetime) -> float | None:
        """As ``FeatureSource.liquidity``."""
        found: float | None = self.line.request(LIQUIDITY, {"symbol": symbol, "at": utc_text(at)})["score"]
        return found

    def snapshot(self, symbol: str, at: datetime) -> FeatureSnapshot | None:
        """As ``FeatureSource.snapshot``."""
        found = self.line.request(SNAPSHOT, {"symbol": symbol, "at": utc_text(at)})["snapshot"]
        return None if found is None else FeatureSnapshot.model_validate_json(canonical(found))


def portfolio_answers(portfolio: Portfolio) -> Mapping[str, Answerer]:
    """What ``RemotePortfolio`` asks, answered by ``portfolio``."""

    def measure(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        at = datetime.fromisoformat(asked["at"])
        context = portfolio.measure(asked["symbol"], at, asked["action"])
        return {"context": None if context is None else context.model_dump(mode="json")}

    def equity(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"equity": str(portfolio.equity())}

    def day(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
        figures = portfolio.day()
        return {"day": None if figures is None else _DAY.dump_python(figures, mode="json")}

    return {MEASURE: measure, EQUITY: equity, DAY: day}


def market_answers(quoted: Callable[[], int]) -> Mapping[str, Answerer]:
    """What a pulse asks of the market, answered by its board: ``quoted`` counts what is on it."""
    return {PULSE: lambda _: {"quoted": quoted()}}


def features_answers(features: FeatureSource) -> Mapping[str, Answerer]:
    """What ``RemoteFeatures`` asks, answered by ``features``."""

    def liquidity(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"score": features.liquidity(asked["symbol"], datetime.fromisoformat(asked["at"]))}

    def snapshot(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        found = features.snapshot(asked["symbol"], datetime.fromisoformat(asked["at"]))
        return {"snapshot": None if found is None else found.model_dump(mode="json")}

    return {LIQUIDITY: liquidity, SNAPSHOT: snapshot}
