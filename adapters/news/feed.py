"""News from the text of an RSS or Atom feed, however it is made; what cannot be read is given back."""

import io
import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from adapters.news.arrival import MOST_KEPT, Arrival, Gathered, Unread
from adapters.news.fields import MOST_BODY, MOST_HEADLINE, MOST_SOURCE, arrival_of
from adapters.news.mentions import Mentions
from policy.canonical import canonical

_ZONE = re.compile(r"(?:Z|UTC?|GMT|[ECMP][SD]T|[+-]\d\d:?\d\d)\s*$", re.IGNORECASE)
_MOST_ITEMS = 500


def read_feed(content: bytes, place: str, received: datetime, mentions: Mentions) -> Gathered:
    """The items of the feed ``content``, which came at ``received`` from ``place`` (told in what is unread).

    A text that is too long for an item is cut, and ends in an ellipsis. A feed that defines entities is
    not read at all: a few lines of them can stand for gigabytes.
    """
    if b"<!entity" in content.replace(b"\0", b"").lower():
        return Gathered(unread=(_unread(place, "unreadable", "defines entities, which no feed needs", ""),))
    read = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False)
    if not read.get("version"):
        came = content[:MOST_KEPT].decode("utf-8", "replace")
        return Gathered(unread=(_unread(place, "unreadable", "is neither RSS nor Atom", came),))
    source = _cut(read.feed.get("title") or place, MOST_SOURCE)
    entries = [
        _entry(entry, f"{place}#{number}", source, received, mentions)
        for number, entry in enumerate(read.entries[:_MOST_ITEMS], start=1)
    ]
    unread = [one for one in entries if isinstance(one, Unread)]
    if read.bozo:
        unread.append(_unread(place, "unreadable", f"is cut off or broken: {read.get('bozo_exception')}", ""))
    if more := len(read.entries[_MOST_ITEMS:]):
        unread.append(_unread(place, "too-long", f"has {more} items beyond the first {_MOST_ITEMS}", ""))
    return Gathered(tuple(one for one in entries if isinstance(one, Arrival)), tuple(unread))


def _entry(
    entry: Mapping[str, Any], place: str, source: str, received: datetime, mentions: Mentions
) -> Arrival | Unread:
    headline = _cut(str(entry.get("title") or "").strip(), MOST_HEADLINE)
    kind = "published" if entry.get("published") else "updated"
    written, parsed = str(entry.get(kind) or ""), entry.get(f"{kind}_parsed")
    if not headline:
        return _unread(place, "missing", "has no title", canonical(_texts(entry)))
    if not written:
        return _unread(place, "missing", "does not say when it was published", canonical(_texts(entry)))
    if not _ZONE.search(written):
        return _unread(place, "naive-time", f'"{written}" has no time zone', canonical(_texts(entry)))
    if parsed is None:
        return _unread(place, "unreadable", f'"{written}" is no time', canonical(_texts(entry)))
    at = datetime.fromtimestamp(timegm(parsed), UTC)
    return arrival_of(at, received, source, headline, _cut(_body(entry), MOST_BODY), (), mentions)


def _body(entry: Mapping[str, Any]) -> str:
    """The longest text there is: a feed may tell everything in its summary, or a line of it."""
    contents = [str(part.get("value") or "") for part in entry.get("content", ())]
    return max([str(entry.get("summary") or ""), *contents], key=len)


def _texts(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in entry.items() if isinstance(value, str)}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _unread(place: str, code: str, text: str, came: str) -> Unread:
    return Unread(place, code, text, came[:MOST_KEPT])
