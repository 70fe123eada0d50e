"""The line to Alpaca's REST API: every request is sent once, orders above all.

What a request came to is asked for by our own id of the order, never tried a second time.
"""

from typing import ClassVar

from alpaca.trading.client import TradingClient

from adapters.brokers.alpaca.address import Address
from adapters.one_try import Declined, OneTry, Patience
from adapters.ports import BrokerSilent

__all__ = ["Declined", "Line", "Patience", "TooMany"]


class TooMany(BrokerSilent):
    """Asked too often (429): nothing was done, and nothing more is asked for a while."""


class Line(OneTry, TradingClient):
    """alpaca-py's client of the Trading API; raises ``Declined``, ``TooMany`` and ``BrokerSilent``."""

    whose: ClassVar[str] = "the broker"
    silent: ClassVar[type[Exception]] = BrokerSilent
    too_many: ClassVar[type[Exception]] = TooMany

    def __init__(self, address: Address, key_id: str, secret: str, patience: Patience) -> None:
        super().__init__(key_id, secret, raw_data=True, url_override=address.rest)
        self.be_patient(patience, is_local=address.is_local)
