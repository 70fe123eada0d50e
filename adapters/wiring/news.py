"""The news that the house reads: a folder while bars are played, feeds and a folder while it is live."""

from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Engine

import adapters.news
from adapters.market.symbols import house_symbol
from adapters.news.desk import NewsDesk
from adapters.news.fetching import UnsafeFeed, feeds_of
from adapters.news.folder import FolderMissing, read_folder
from adapters.news.kept import KeptShelf
from adapters.news.mentions import read_mentions
from adapters.news.polling import Poller
from adapters.news.shelf import ReadShelf
from adapters.settings import Settings
from adapters.wiring.refusal import Refused
from policy.ports import Clock

log = structlog.get_logger(__name__)

INVENTED = Path(adapters.news.__path__[0]) / "scenario"
"""Items for the played sample that never happened, named so in their source."""


def played_news(settings: Settings) -> NewsDesk:
    """What is read while bars are played: the folder of ``TRIVET_NEWS``, or the invented items.

    No network is touched. Raises ``Refused`` where there is no such folder.
    """
    try:
        gathered = read_folder(settings.news or INVENTED, read_mentions(house_symbol))
    except FolderMissing as missing:
        raise Refused(str(missing)) from missing
    if gathered.unread:
        log.warning("news could not be read", items=len(gathered.unread), look="trivet news check FOLDER")
    return NewsDesk((ReadShelf(gathered),))


@dataclass(frozen=True)
class LiveNews:
    """The desk of a live house and what fills its shelf; ``poller`` is None where no source is set."""

    desk: NewsDesk
    poller: Poller | None


def live_news(settings: Settings, store: Engine, clock: Clock) -> LiveNews:
    """What a live house reads: the feeds of ``TRIVET_NEWS_FEEDS`` and the folder of ``TRIVET_NEWS``.

    Where neither is set there is no news, and never the invented items. Raises ``Refused`` for a feed that
    is not safe to ask.
    """
    listed = settings.news_feeds.get_secret_value() if settings.news_feeds else ""
    try:
        feeds = feeds_of(listed)
    except UnsafeFeed as unsafe:
        raise Refused(str(unsafe)) from unsafe
    if not feeds and settings.news is None:
        return LiveNews(NewsDesk(()), None)
    shelf = KeptShelf(store)
    poller = Poller(shelf, read_mentions(house_symbol), clock, feeds, settings.news)
    return LiveNews(NewsDesk((shelf,), poller.states), poller)
