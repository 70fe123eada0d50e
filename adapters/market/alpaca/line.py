"""The line to Alpaca's market data API: every request is sent once and read exactly."""

from typing import Any, ClassVar

from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.stock import StockHistoricalDataClient

from adapters.market.alpaca.address import Place
from adapters.market.source import SourceAway
from adapters.one_try import OneTry, Patience


class AskedTooOften(SourceAway):
    """Asked too often (429): nothing more is asked for a while."""


class _MarketLine(OneTry):
    whose: ClassVar[str] = "the market"
    silent: ClassVar[type[Exception]] = SourceAway
    too_many: ClassVar[type[Exception]] = AskedTooOften

    def get(self, path: str, data: Any = None, **further: Any) -> Any:
        """As alpaca-py's, which follows a list from page to page, but not in a circle."""
        answer = super().get(path, data, **further)
        token = data.get("page_token") if isinstance(data, dict) else None
        if token is not None and isinstance(answer, dict) and answer.get("next_page_token") == token:
            raise SourceAway("a list of the market does not come to an end; nothing of it counts")
        return answer


class StockLine(_MarketLine, StockHistoricalDataClient):
    """alpaca-py's client of stock prices; raises ``Declined`` and ``SourceAway``."""

    def __init__(self, place: Place, keys: tuple[str, str], patience: Patience) -> None:
        super().__init__(*keys, raw_data=True, url_override=place.url)
        self.be_patient(patience, is_local=place.is_local)


class ActionsLine(_MarketLine, CorporateActionsClient):
    """alpaca-py's client of corporate actions; raises ``Declined`` and ``SourceAway``."""

    def __init__(self, place: Place, keys: tuple[str, str], patience: Patience) -> None:
        super().__init__(*keys, raw_data=True, url_override=place.url)
        self.be_patient(patience, is_local=place.is_local)
