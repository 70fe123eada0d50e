"""Items that were read once and are held in memory, found by symbol and time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.news.arrival import Arrival, Gathered, Unread


class ReadShelf:
    """Implements ``desk.Shelf`` on what was gathered once; what could not be read was so from the start."""

    def __init__(self, gathered: Gathered) -> None:
        self._unread = gathered.unread
        self._by_symbol: Mapping[str, Sequence[Arrival]] = _by_symbol(gathered.arrivals)
        self._times = {
            symbol: [one.item.at for one in arrivals] for symbol, arrivals in self._by_symbol.items()
        }

    def about(self, symbol: str, after: datetime, at: datetime) -> Sequence[Arrival]:
        """As ``desk.Shelf``."""
        times = self._times.get(symbol, [])
        held = self._by_symbol.get(symbol, [])[bisect_right(times, after) : bisect_right(times, at)]
        return [one for one in held if one.known_from <= at]

    def unread(self, at: datetime) -> Sequence[Unread]:  # noqa: ARG002 - a file is wrong at any time
        """As ``desk.Shelf``."""
        return self._unread


def _by_symbol(arrivals: Sequence[Arrival]) -> dict[str, list[Arrival]]:
    found: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in sorted(arrivals, key=lambda one: (one.item.at, one.item.item_id)):
        for symbol in arrival.item.symbols:
            found[symbol].append(arrival)
    return dict(found)
