"""One item from named fields, strictly: what a folder's files hold, checked field by field."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.news.arrival import Arrival, Unread, item_id, unread
from adapters.news.mentions import Mentions
from policy.memo_contracts import NewsItem
from policy.strict_yaml import did_you_mean

FIELDS = ("at", "received", "source", "headline", "body", "symbols")
MOST_SOURCE, MOST_HEADLINE, MOST_BODY, MOST_SYMBOLS = 200, 1_000, 20_000, 32
_FIRST, _LAST = 1990, 2099
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: a code, and why in words."""

    code: str
    text: str


def read_fields(fields: Mapping[str, Any], place: str, mentions: Mentions) -> Arrival | Unread:
    """The item that ``fields`` describe, or everything that is wrong with them under the first one's code."""
    faults = list(_faults(fields))
    symbols, strange = _symbols(fields.get("symbols", []), mentions)
    faults += strange
    if faults:
        text = "; ".join(fault.text for fault in faults)
        return unread(place, faults[0].code, text, json.dumps(dict(fields), ensure_ascii=False))
    at = read_time(fields["at"])
    received = read_time(fields["received"]) if "received" in fields else at
    return arrival_of(
        at, received, fields["source"], fields["headline"], fields.get("body", ""), symbols, mentions
    )


def arrival_of(
    at: datetime,
    received: datetime,
    source: str,
    headline: str,
    body: str,
    told: tuple[str, ...],
    mentions: Mentions,
) -> Arrival:
    """An item that is about the symbols it was ``told`` with and those that its headline and body name."""
    named = mentions.found(headline)
    symbols = tuple(dict.fromkeys((*told, *named, *mentions.found(body))))[:MOST_SYMBOLS]
    item = NewsItem(
        item_id=item_id(at, source, headline),
        at=at,
        source=source,
        headline=headline,
        body=body,
        symbols=symbols,
    )
    return Arrival(item, received, named)


def read_time(text: str) -> datetime:
    """The moment that ``text`` states, in UTC; raises ValueError for one that has no zone or is none."""
    if not _TIME.fullmatch(text):
        raise ValueError(f'"{text[:40]}" is no time; write one like 2012-06-04T14:30:00Z')
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f'"{text}" has no time zone; end it with Z for UTC, or with an offset')
    if not _FIRST <= at.year <= _LAST:
        raise ValueError(f'"{text}" is not from {_FIRST} to {_LAST}; correct the year')
    return at.astimezone(UTC)


def _faults(fields: Mapping[str, Any]) -> Iterator[Fault]:
    for name in fields:
        if name not in FIELDS:
            yield Fault("unknown-field", f'"{name}" is unknown here{did_you_mean(name, FIELDS)}')
    for name, most in (("source", MOST_SOURCE), ("headline", MOST_HEADLINE)):
        yield from _text_faults(name, fields.get(name), most, needed=True)
    yield from _text_faults("body", fields.get("body", ""), MOST_BODY, needed=False)
    yield from _time_faults("at", fields.get("at"))
    if "received" in fields:
        yield from _time_faults("received", fields["received"])


def _text_faults(name: str, value: object, most: int, *, needed: bool) -> Iterator[Fault]:
    if not isinstance(value, str) or (needed and not value.strip()):
        yield Fault("missing", f"{name} must be a text{'' if needed else ', or left out'}")
    elif len(value) > most:
        yield Fault("too-long", f"{name} has {len(value)} characters; {most} is the most allowed")
    elif not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        yield Fault("unreadable", f"{name} holds half a character; write it in UTF-8")


def _time_faults(name: str, value: object) -> Iterator[Fault]:
    try:
        read_time(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        code = "naive-time" if "no time zone" in str(error) else "unreadable"
        yield Fault(code, f"{name}: {error}")


def _symbols(value: object, mentions: Mentions) -> tuple[tuple[str, ...], list[Fault]]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        return (), [Fault("no-symbol", "symbols must be a list of texts; write [AAPL]")]
    try:
        return tuple(dict.fromkeys(mentions.symbol_of(one) for one in value)), []
    except ValueError as error:
        return (), [Fault("no-symbol", str(error))]
