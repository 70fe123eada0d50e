"""Fetches a feed: over https or from this machine, bounded in time and size, and only when it has changed."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from adapters.settings import LOOPBACK

SECONDS = 10.0
MOST_BYTES = 1024 * 1024
_UNCHANGED = 304


class UnsafeFeed(ValueError):
    """An address that is not asked; the text says why."""


class FeedFailed(Exception):
    """A feed that could not be had now; the text says why and names no query, which may hold a key."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's address, and what its server said of the version that was read last."""

    url: str
    etag: str | None = None
    changed: str | None = None

    @property
    def place(self) -> str:
        """The address without user, query and fragment: what may be shown."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def feeds_of(listed: str) -> tuple[Feed, ...]:
    """The feeds of a list with commas; raises ``UnsafeFeed`` for what is neither https nor this machine's."""
    urls = [url.strip() for url in listed.split(",") if url.strip()]
    for number, url in enumerate(urls, start=1):
        _refuse_unsafe(url, number)
    return tuple(Feed(url) for url in urls)


def _refuse_unsafe(url: str, number: int) -> None:
    try:
        parts = urlsplit(url)
        host, _, _ = parts.hostname, parts.port, httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        host, parts = None, urlsplit("")
    if host is None or parts.scheme not in ("http", "https"):
        raise UnsafeFeed(f"feed {number} of TRIVET_NEWS_FEEDS is no address; write https://…")
    if parts.scheme != "https" and host not in LOOPBACK:
        raise UnsafeFeed(f"feed {number} of TRIVET_NEWS_FEEDS ({host}) must be https: anybody could write it")


def fetch(feed: Feed) -> tuple[Feed, bytes | None]:
    """``feed`` as its server has it now, and its text; None where that has not changed.

    Follows no redirect and takes nothing compressed, since neither can be bounded before it is too late.
    Raises ``FeedFailed``; ``SECONDS`` bound all of it, however slowly a server says what it says.
    """
    try:
        return asyncio.run(_fetched(feed))
    except TimeoutError:
        raise FeedFailed(f"took longer than {SECONDS:g} s; it is asked again") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
        raise FeedFailed(f"does not answer ({type(error).__name__}); it is asked again") from None


async def _fetched(feed: Feed) -> tuple[Feed, bytes | None]:
    asked = {"If-None-Match": feed.etag, "If-Modified-Since": feed.changed, "Accept-Encoding": "identity"}
    headers = {name: value for name, value in asked.items() if value}
    async with (
        asyncio.timeout(SECONDS),
        httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=SECONDS) as client,
        client.stream("GET", feed.url, headers=headers) as answer,
    ):
        if answer.status_code == _UNCHANGED:
            return feed, None
        _refuse(answer)
        content = await _bounded(answer)
    return Feed(feed.url, _told(answer, "ETag"), _told(answer, "Last-Modified")), content


def _told(answer: httpx.Response, name: str) -> str | None:
    """A header that can be sent back; one that is not ASCII could not, and would end all further asking."""
    value = answer.headers.get(name)
    return value if value and value.isascii() and value.isprintable() else None


def _refuse(answer: httpx.Response) -> None:
    if answer.is_redirect:
        raise FeedFailed(f"has moved ({answer.status_code}); find its new address and set that")
    if answer.status_code != httpx.codes.OK:
        raise FeedFailed(f"answers {answer.status_code}; it is asked again")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise FeedFailed("comes compressed though it was not to; nothing of it was unpacked")


async def _bounded(answer: httpx.Response) -> bytes:
    held = bytearray()
    async for part in answer.aiter_raw():
        held += part
        if len(held) > MOST_BYTES:
            raise FeedFailed(f"is longer than {MOST_BYTES} bytes; nothing of it was read")
    return bytes(held)
