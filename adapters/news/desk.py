"""What had been published on a symbol by a moment: gathered, told once, and ranked.

Point in time: an item exists from its publication or its receipt, whichever came later. So what is added
afterwards, however it is dated, never changes what was said before. The same items give the same summary.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Protocol

from adapters.news.arrival import Arrival, SourceState, Unread
from adapters.news.stories import Story, told_once
from policy.memo_contracts import NewsSummary

DAYS = timedelta(days=7)
ROOM = 12
_FIRST_NEWS = datetime(1990, 1, 1, tzinfo=UTC)
"""No item is older; a week before the first day there is could not be counted back to."""
CONSIDERED = 500
"""So many of the newest items on a symbol are compared with each other; older ones count as beyond."""


class Shelf(Protocol):
    """Where items are kept: a folder that was read, or the store."""

    def about(self, symbol: str, after: datetime, at: datetime) -> Sequence[Arrival]:
        """Items on ``symbol`` published after ``after`` and known by ``at``, in any order."""
        ...

    def unread(self, at: datetime) -> Sequence[Unread]:
        """What had come by ``at`` and could not be read."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """The stories on a symbol, the most telling first; ``beyond`` counts items that had no more room."""

    symbol: str
    as_of: datetime
    stories: tuple[Story, ...]
    repeats: int
    beyond: int


@dataclass(frozen=True, slots=True)
class NewsDesk:
    """Reads its shelves; without any there is no news, which is not the same as quiet.

    ``sources`` tells how those fare that are read again and again; none are while bars are played.
    """

    shelves: Sequence[Shelf]
    sources: Callable[[], Sequence[SourceState]] = tuple

    def summary(self, symbol: str, at: datetime) -> NewsSummary | None:
        """What had been published on ``symbol`` by ``at``; None where the house reads no news at all."""
        if not self.shelves:
            return None
        found = self.reading(symbol, at)
        items = tuple(story.first.item for story in found.stories)
        return NewsSummary(symbol=symbol, as_of=at, items=items, repeats=found.repeats, beyond=found.beyond)

    def reading(self, symbol: str, at: datetime) -> Reading:
        """The stories of the seven days before ``at``, ranked: those whose headline names the symbol first,
        then the newest, then by source; ``ROOM`` of them at most."""
        after = max(at, _FIRST_NEWS) - DAYS
        held = chain.from_iterable(shelf.about(symbol, after, at) for shelf in self.shelves)
        newest = sorted(held, key=_newest_first)
        stories = told_once(newest[:CONSIDERED])
        ranked = sorted(
            stories, key=lambda story: (symbol not in story.first.in_headline, *_newest_first(story.first))
        )
        beyond = len(ranked[ROOM:]) + len(newest[CONSIDERED:])
        return Reading(symbol, at, tuple(ranked[:ROOM]), sum(len(one.repeats) for one in stories), beyond)

    def unread(self, at: datetime) -> tuple[Unread, ...]:
        """What had come by ``at`` and could not be read, in the order of the shelves."""
        return tuple(chain.from_iterable(shelf.unread(at) for shelf in self.shelves))


def _newest_first(arrival: Arrival) -> tuple[object, ...]:
    item = arrival.item
    return (-item.at.timestamp(), item.source, item.item_id, arrival.received)
