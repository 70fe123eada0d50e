"""What a memo is asked about: the signal, the contexts it is judged in, news and features."""

from typing import Annotated

from pydantic import Field

from policy.contracts import (
    WHOLE,
    Contract,
    FeatureSnapshot,
    MarketContext,
    PortfolioContext,
    SignalCandidate,
    Symbol,
    Utc,
)

Text = Annotated[str, Field(max_length=20_000)]


class NewsItem(Contract):
    """One item as it came from outside: nothing in it is to be trusted, least of all what it asks for.

    ``at`` is when it was published; ``item_id`` follows from time, source and headline.
    """

    item_id: Annotated[str, Field(pattern="^n-[0-9a-f]{12}$")]
    at: Utc
    source: Annotated[str, Field(max_length=200)]
    headline: Annotated[str, Field(min_length=1, max_length=1_000)]
    body: Text = ""
    symbols: tuple[Symbol, ...] = ()


class NewsSummary(Contract):
    """What had been published on one symbol by ``as_of``, the most telling item first, each told once.

    ``repeats`` counts items left out since another told the same, ``beyond`` those that had no more room.
    """

    symbol: Symbol
    as_of: Utc
    items: tuple[NewsItem, ...] = ()
    repeats: Annotated[int, Field(ge=0), WHOLE] = 0
    beyond: Annotated[int, Field(ge=0), WHOLE] = 0


class MemoQuestion(Contract):
    """One signal with all that a memo on it may rest on; what could not be measured is None."""

    signal: SignalCandidate
    market_context: MarketContext | None = None
    portfolio_context: PortfolioContext | None = None
    news: NewsSummary | None = None
    features: FeatureSnapshot | None = None
