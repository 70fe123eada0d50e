"""Which items tell the same story: the earliest is kept, the others are counted as repeats of it.

Two headlines are the same when they differ in nothing but case, punctuation, spaces and words such as
"update" before or behind them. One word more can turn a headline around ("will not recall", "falls" for
"rises"), so what merely looks alike is told twice rather than hidden; a minus before a number counts, too.
Nothing is the same story as what was published more than two days before it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from adapters.news.arrival import Arrival

WITHIN = timedelta(days=2)
_WORD = re.compile(r"(?:(?<!\w)-(?=\d))?\w+(?:[.,]\d+)*")
_TOLD_AGAIN = frozenset({"breaking", "exclusive", "update", "updated"})


@dataclass(frozen=True, slots=True)
class Story:
    """One story: the item that told it first, and those that told it again."""

    first: Arrival
    repeats: tuple[Arrival, ...] = ()


def told_once(arrivals: Iterable[Arrival]) -> list[Story]:
    """The stories that ``arrivals`` tell, earliest first; what is the same follows from them alone."""
    stories: list[tuple[Arrival, list[Arrival]]] = []
    for arrival in sorted(arrivals, key=_order):
        repeated = next((story for story in stories if same_story(story[0], arrival)), None)
        if repeated is None:
            stories.append((arrival, []))
        else:
            repeated[1].append(arrival)
    return [Story(first, tuple(repeats)) for first, repeats in stories]


def same_story(earlier: Arrival, later: Arrival) -> bool:
    """Whether ``later`` tells nothing in its headline that ``earlier`` had not told."""
    if earlier.item.item_id == later.item.item_id:
        return True
    if later.item.at - earlier.item.at > WITHIN:
        return False
    return _words(earlier.item.headline) == _words(later.item.headline)


def _order(arrival: Arrival) -> tuple[object, ...]:
    item = arrival.item
    return (item.at, item.source, item.item_id, arrival.received, item.body)


@lru_cache(maxsize=4096)
def _words(headline: str) -> tuple[str, ...]:
    """What ``headline`` says, in the words that count; itself where it has none."""
    plain = unicodedata.normalize("NFKC", headline).casefold().replace("\N{MINUS SIGN}", "-")
    words = _WORD.findall(plain)
    while words and words[-1] in _TOLD_AGAIN:
        words.pop()
    while words and words[0] in _TOLD_AGAIN:
        words.pop(0)
    return tuple(words) or (headline,)
