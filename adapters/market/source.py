"""Where quotes and bars come from: what a source hands in, unchecked, and what is asked of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawQuote:
    """A quote as it came: ``symbol``, ``bid``, ``ask`` and ``at`` are whatever ``source`` wrote there.

    Prices may be text, a Decimal, an int or a float, the exchange's time text or a datetime; inspection
    reads them. ``received_at`` is the time by the house's own clock at which it arrived, aware.
    """

    symbol: object
    bid: object
    ask: object
    at: object
    source: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RawBar:
    """The bar of one whole session as it came, prices and volume as traded on that day.

    ``session`` is the day: a date, or ISO text. A bar is handed in once its session has closed.
    """

    symbol: object
    session: object
    open: object
    high: object
    low: object
    close: object
    volume: object
    source: str
    received_at: datetime


class SourceAway(Exception):
    """A source does not answer, or not in a way that can be understood; what it has is not known."""


class Source(Protocol):
    """One place that quotes and bars come from. Nothing it says is believed before it is inspected."""

    @property
    def name(self) -> str:
        """What counts and quarantine call it, such as ``player`` or ``alpaca``; lower case."""
        ...

    @property
    def is_live(self) -> bool:
        """Whether its quotes are of now; false for what was recorded."""
        ...

    def quotes(self) -> Iterable[RawQuote]:
        """What has arrived since it was last asked, in the order of arrival; raises ``SourceAway``."""
        ...

    def bars(self, symbol: str, first: date, last: date) -> Iterable[RawBar]:
        """Bars of ``symbol`` from day ``first`` to day ``last``, oldest first; raises ``SourceAway``."""
        ...
