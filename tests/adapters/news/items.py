"""Items for the tests of news, and where they stand."""

from datetime import UTC, datetime, timedelta

from adapters.market.symbols import house_symbol
from adapters.news.arrival import Arrival, Gathered
from adapters.news.desk import NewsDesk
from adapters.news.fields import arrival_of
from adapters.news.mentions import read_mentions
from adapters.news.shelf import ReadShelf

NOON = datetime(2012, 6, 4, 12, 0, tzinfo=UTC)
MENTIONS = read_mentions(house_symbol)


def item(headline, *, minutes=0, source="wire", body="", symbols=("AAPL",), received=None) -> Arrival:
    """An item published ``minutes`` after noon, received then unless ``received`` says how many later."""
    at = NOON + timedelta(minutes=minutes)
    got = at if received is None else NOON + timedelta(minutes=received)
    return arrival_of(at, got, source, headline, body, tuple(symbols), MENTIONS)


def desk(*arrivals) -> NewsDesk:
    """A desk with one shelf that holds ``arrivals``."""
    return NewsDesk((ReadShelf(Gathered(tuple(arrivals))),))


def headlines(summary) -> list[str]:
    """What a summary tells, in its order."""
    return [one.headline for one in summary.items]
