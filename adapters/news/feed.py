"""News from the text of an RSS or Atom feed, however it is made; what cannot be read is given back."""

from collections.abc import Callable
from datetime import datetime

from adapters.news.arrival import Arrival, Gathered, Unread, unread
from adapters.news.feed_times import NoZone, feed_time
from adapters.news.fields import MOST_BODY, MOST_HEADLINE, MOST_SOURCE, arrival_of
from adapters.news.mentions import Mentions
from adapters.news.parsing import MOST_ITEMS, Entry, ParsedFeed, ParsingFailed, parsed_apart
from policy.canonical import canonical


def read_feed(
    content: bytes,
    place: str,
    received: datetime,
    mentions: Mentions,
    parse: Callable[[bytes], ParsedFeed] = parsed_apart,
) -> Gathered:
    """The items of the feed ``content``, which came at ``received`` from ``place`` (told in what is unread).

    A text that is too long for an item is cut, and ends in an ellipsis.
    """
    try:
        feed = parse(content)
    except ParsingFailed as failed:
        return Gathered(
            unread=(unread(place, "unreadable", str(failed), content.decode("utf-8", "replace")),)
        )
    source = _cut(feed.title.strip() or place, MOST_SOURCE)
    read = [
        _item(entry, f"{place}#{number}", source, received, mentions)
        for number, entry in enumerate(feed.entries, start=1)
    ]
    faults = [one for one in read if isinstance(one, Unread)]
    if feed.broken is not None:
        faults.append(unread(place, "unreadable", f"is cut off or broken: {feed.broken}"))
    if feed.beyond:
        faults.append(unread(place, "too-long", f"has {feed.beyond} items beyond the first {MOST_ITEMS}"))
    return Gathered(tuple(one for one in read if isinstance(one, Arrival)), tuple(faults))


def _item(entry: Entry, place: str, source: str, received: datetime, mentions: Mentions) -> Arrival | Unread:
    headline = _cut(entry.texts.get("title", "").strip(), MOST_HEADLINE)
    written = entry.texts.get("published") or entry.texts.get("updated", "")
    came = canonical(dict(entry.texts))
    if not headline:
        return unread(place, "missing", "has no title", came)
    if not written:
        return unread(place, "missing", "does not say when it was published", came)
    try:
        at = feed_time(written)
    except ValueError as error:
        return unread(place, "naive-time" if isinstance(error, NoZone) else "unreadable", str(error), came)
    return arrival_of(at, received, source, headline, _cut(entry.body, MOST_BODY), (), mentions)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
