"""The news that the house reads: a folder's items in a played house, with the invented ones by default."""

from pathlib import Path

import adapters.news
from adapters.market.symbols import house_symbol
from adapters.news.desk import NewsDesk
from adapters.news.folder import FolderMissing, read_folder
from adapters.news.mentions import read_mentions
from adapters.news.shelf import ReadShelf
from adapters.settings import Settings
from adapters.wiring.refusal import Refused

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
    return NewsDesk((ReadShelf(gathered),))
