"""One item of news as the house has it: when it was published, when it came, and what could not be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from policy.canonical import canonical, digest
from policy.contracts import utc_text
from policy.memo_contracts import NewsItem

MOST_KEPT = 2_000
"""Characters of an unreadable item that are kept to look at."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item, when it was ``received``, and the symbols that its headline names (``item.symbols`` has all).

    It exists for the house from the later of its publication and its receipt.
    """

    item: NewsItem
    received: datetime
    in_headline: tuple[str, ...] = ()

    @property
    def known_from(self) -> datetime:
        """The first moment at which the house could know of it."""
        return max(self.item.at, self.received)


@dataclass(frozen=True, slots=True)
class Unread:
    """What was no item: where it stood, a code, why in words, and what came, cut to ``MOST_KEPT``."""

    place: str
    code: str
    text: str
    came: str = ""

    def __str__(self) -> str:
        return f"{self.place} {self.code} {self.text}"


def unread(place: str, code: str, text: str, came: str = "") -> Unread:
    """An ``Unread`` that can be kept and shown: cut to its lengths, half characters as their escapes."""
    return Unread(_whole(place[:MOST_KEPT]), code, _whole(text[:MOST_KEPT]), _whole(came[:MOST_KEPT]))


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class SourceState:
    """How reading a source went: when it last worked, what is wrong since, and how many items were new."""

    place: str
    read_at: datetime | None = None
    problem: str | None = None
    items: int = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one reading of a source brought; together ``arrivals`` and ``unread`` are all that was there."""

    arrivals: tuple[Arrival, ...] = ()
    unread: tuple[Unread, ...] = ()


def together(parts: Iterable[Gathered]) -> Gathered:
    """All of ``parts``, in their order."""
    held = tuple(parts)
    return Gathered(
        tuple(one for part in held for one in part.arrivals),
        tuple(one for part in held for one in part.unread),
    )


def item_id(at: datetime, source: str, headline: str) -> str:
    """The id of an item: ``n-`` and twelve hexadecimal digits that follow from time, source and headline."""
    return f"n-{digest(canonical([utc_text(at), source, headline]))[:12]}"
