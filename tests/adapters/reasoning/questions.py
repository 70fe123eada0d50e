"""Questions and minds of the tests: a calm buy of Apple, asked about in many ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.reasoning.mind import Thought
from policy.contracts import FeatureSnapshot, MarketContext, PortfolioContext, Scalar
from policy.memo_contracts import MemoQuestion, NewsItem, NewsSummary
from tests.policy.parts import NOON
from tests.policy.signals import candidate

AT = NOON
CALM: Mapping[str, float] = {
    "close": 190.0,
    "return_1d": 0.004,
    "return_5d": 0.01,
    "return_20d": 0.03,
    "sma_10": 188.0,
    "sma_20": 186.0,
    "sma_50": 180.0,
    "deviation_20": 3.0,
    "volatility_20d": 0.22,
    "dollar_volume_20d": 9_876_543_210.0,
    "relative_volume": 0.95,
    "rsi_14": 58.0,
    "atr_14": 3.1,
}


@dataclass
class Thinking:
    """A mind that answers by ``answer`` and counts how often it was asked."""

    answer: Callable[[MemoQuestion], Thought]
    name: str = "thinking"
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    at_once: int = 1
    asked: list[MemoQuestion] = field(default_factory=list)

    def think(self, question: MemoQuestion) -> Thought:
        self.asked.append(question)
        return self.answer(question)


def news_item(number: int = 1, headline: str = "Apple ships", body: str = "", **changes: object) -> NewsItem:
    fields: dict[str, object] = {
        "item_id": f"n-{number:012x}",
        "at": AT,
        "source": "wire",
        "headline": headline,
        "body": body,
        "symbols": ("AAPL",),
    }
    return NewsItem(**{**fields, **changes})  # type: ignore[arg-type]


def question(number: int = 1, *items: NewsItem, **changes: object) -> MemoQuestion:
    fields: dict[str, object] = {
        "signal": candidate(number),
        "market_context": MarketContext(
            data_age_seconds=12, market_open=True, event_blackout_active=False, liquidity_score=0.9
        ),
        "portfolio_context": PortfolioContext(
            gross_exposure_pct=0.25, daily_drawdown_pct=0.01, correlation=0.2
        ),
        "news": NewsSummary(symbol="AAPL", as_of=AT, items=items) if items else None,
        "features": FeatureSnapshot(symbol="AAPL", at=AT, bars=250, values=CALM),
    }
    return MemoQuestion(**{**fields, **changes})  # type: ignore[arg-type]


def with_features(**values: float | None) -> MemoQuestion:
    """The calm question with some features other than calm; None takes one out."""
    mixed = {name: value for name, value in {**CALM, **values}.items() if value is not None}
    return question(features=FeatureSnapshot(symbol="AAPL", at=AT, bars=250, values=mixed))
