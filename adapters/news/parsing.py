"""Parses a feed in a process of its own: what others wrote may hang a parser or fill memory, and ends there.

``python -m adapters.news.parsing`` reads a feed and writes what it found as JSON. It is given none of the
house's settings, so many seconds of the processor, and so much memory.
"""

import io
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import feedparser
from feedparser.encodings import convert_to_utf8

SECONDS = 10
MOST_MEMORY = 512 * 1024 * 1024
MOST_ITEMS = 500
MOST_TEXT = 20_001
"""So many characters of a text are handed on: one more than any item may have."""
_REFERENCE = re.compile(rb"&#(x[0-9a-f]+|[0-9]+);?", re.IGNORECASE)
_HALVES = (0xD800, 0xDFFF)
_NO_CHARACTER = "\N{REPLACEMENT CHARACTER}".encode()
_HANDED_ON = ("PATH", "PYTHONPATH")
_FOUND = ("title", "published", "updated", "summary", "link", "id", "author")


class ParsingFailed(ValueError):
    """A feed that could not be parsed at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's texts by the names that ``feedparser`` gives them; ``body`` is the longest there is."""

    texts: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed's entries; ``broken`` says why there may be more, ``beyond`` how many had no more room."""

    title: str = ""
    entries: tuple[Entry, ...] = ()
    broken: str | None = None
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """What comes over from the other process: a feed, or why there is none."""

    feed: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None


def parsed_apart(content: bytes) -> ParsedFeed:
    """The feed ``content``, parsed in another process; raises ``ParsingFailed``."""
    given = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - this very module
            [sys.executable, "-P", "-m", __name__],
            input=content,
            capture_output=True,
            env=given,
            timeout=2 * SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise ParsingFailed(f"takes more time or memory than a feed may ({type(error).__name__})") from None
    told = _Told(**json.loads(done.stdout))
    if told.refused is not None:
        raise ParsingFailed(told.refused)
    entries = tuple(Entry(**entry) for entry in told.feed["entries"])
    return ParsedFeed(**{**told.feed, "entries": entries})


def parsed(content: bytes) -> ParsedFeed:
    """The feed ``content``, however it is made; raises ``ParsingFailed`` for what is none.

    A feed that defines entities is not read at all, whatever it is encoded in: a few lines of them can
    stand for gigabytes.
    """
    found: dict[str, Any] = {}
    text = convert_to_utf8({}, content, found)
    if b"<!entity" in text.replace(b"\0", b"").lower():
        raise ParsingFailed("defines entities, which no feed needs")
    text = _REFERENCE.sub(_character, text)
    read = feedparser.parse(io.BytesIO(text), sanitize_html=False, resolve_relative_uris=False)
    if not read.get("version"):
        raise ParsingFailed("is neither RSS nor Atom")
    wrong = read.get("bozo_exception", found.get("bozo_exception"))
    return ParsedFeed(
        title=str(read.feed.get("title") or "")[:MOST_TEXT],
        entries=tuple(map(_entry, read.entries[:MOST_ITEMS])),
        broken=str(wrong)[:MOST_TEXT] if wrong is not None else None,
        beyond=len(read.entries[MOST_ITEMS:]),
    )


def _character(reference: re.Match[bytes]) -> bytes:
    """``reference`` where it is to a character: others would end the parser, and with it the whole feed."""
    stated = reference[1].lower()
    number = int(stated[1:], 16) if stated.startswith(b"x") else int(stated[:8])
    return reference[0] if number < _HALVES[0] or _HALVES[1] < number <= sys.maxunicode else _NO_CHARACTER


def _entry(entry: dict[str, Any]) -> Entry:
    found = {name: dict.get(entry, name) for name in _FOUND}  # its own get warns of a time told by another
    texts = {name: text[:MOST_TEXT] for name, text in found.items() if isinstance(text, str)}
    contents = [str(part.get("value") or "") for part in entry.get("content", ())]
    return Entry(texts, max([texts.get("summary", ""), *contents], key=len)[:MOST_TEXT])


def _told(content: bytes) -> _Told:
    try:
        return _Told(feed=asdict(parsed(content)))
    except ParsingFailed as failed:
        return _Told(refused=str(failed))
    except Exception as error:  # whatever a parser stumbles over is a fault of the feed
        return _Told(refused=f"cannot be parsed ({type(error).__name__})")


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with suppress(ValueError, OSError):  # not every system can bound memory; all can bound time
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    json.dump(asdict(_told(sys.stdin.buffer.read())), sys.stdout)


if __name__ == "__main__":
    _main()
