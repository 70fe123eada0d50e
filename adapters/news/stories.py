"""Which items tell the same story: the earliest is kept, the others are counted as repeats of it.

Two headlines are the same when they differ in nothing but case, punctuation and spaces, or when their pairs
of neighbouring words overlap to at least six tenths (Jaccard's index of their shingles; A. Broder, "On the
resemblance and containment of documents", 1997) and the numbers in them are equal: "up 5 %" and "up 8 %" are
two stories. Nothing is the same story as what was published more than two days before it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

from adapters.news.arrival import Arrival

ALIKE = 0.6
WITHIN = timedelta(days=2)
_WORD = re.compile(r"\w+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Story:
    """One story: the item that told it first, and those that told it again."""

    first: Arrival
    repeats: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True)
class _Print:
    words: tuple[str, ...]
    numbers: frozenset[str]
    shingles: frozenset[tuple[str, str]]


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
    one, other = _print(earlier.item.headline), _print(later.item.headline)
    return one.words == other.words or (one.numbers == other.numbers and _overlap(one, other) >= ALIKE)


def _order(arrival: Arrival) -> tuple[object, ...]:
    item = arrival.item
    return (item.at, item.source, item.item_id, arrival.received, item.body)


def _overlap(one: _Print, other: _Print) -> float:
    every = one.shingles | other.shingles
    return len(one.shingles & other.shingles) / len(every) if every else 0.0


@lru_cache(maxsize=4096)
def _print(headline: str) -> _Print:
    words = tuple(_WORD.findall(unicodedata.normalize("NFKC", headline).casefold()))
    numbers = frozenset(word for word in words if any(sign.isdigit() for sign in word))
    return _Print(words or (headline,), numbers, frozenset(pairwise(words)))
