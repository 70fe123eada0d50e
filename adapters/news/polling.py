"""Reads feeds and a folder again and again while the house is live, and keeps what is new."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx
import structlog

from adapters.news.arrival import Gathered, SourceState
from adapters.news.feed import read_feed
from adapters.news.fetching import Feed, FeedFailed, fetch
from adapters.news.folder import FolderMissing, read_folder
from adapters.news.kept import KeptShelf
from adapters.news.mentions import Mentions
from policy.ports import Clock

log = structlog.get_logger(__name__)

POLL_SECONDS = 120.0


class Poller:
    """Polls from ``start`` to ``stop``, in a thread of its own; a source that fails is asked again."""

    def __init__(
        self,
        shelf: KeptShelf,
        mentions: Mentions,
        clock: Clock,
        feeds: Iterable[Feed],
        folder: Path | None,
        client: Callable[[], httpx.Client] = lambda: httpx.Client(follow_redirects=False, trust_env=False),
    ) -> None:
        self._shelf, self._mentions, self._clock = shelf, mentions, clock
        self._feeds, self._folder, self._client = list(feeds), folder, client
        self._states = {place: SourceState(place) for place in self._places()}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)

    def states(self) -> tuple[SourceState, ...]:
        """Every source as it was last read."""
        return tuple(self._states.values())

    def start(self) -> None:
        """Poll at once, and from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Poll no more; returns when the round under way has ended."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def poll(self) -> None:
        """One round over every source."""
        with self._client() as client:
            for number, feed in enumerate(self._feeds):
                self._feeds[number] = self._read_feed(client, feed)
        if self._folder is not None:
            self._read_folder(self._folder)

    def _places(self) -> Iterator[str]:
        yield from (feed.place for feed in self._feeds)
        if self._folder is not None:
            yield str(self._folder)

    def _read_feed(self, client: httpx.Client, feed: Feed) -> Feed:
        """``feed`` as it stands afterwards; what was fetched and not kept will be fetched again."""
        try:
            fetched, content = fetch(client, feed)
        except FeedFailed as failed:
            self._failed(feed.place, str(failed))
            return feed
        now = self._clock.now()
        if content is None:
            return fetched if self._keep(feed.place, Gathered, now) else feed
        read = partial(read_feed, content, feed.place, now, self._mentions)
        return fetched if self._keep(feed.place, read, now) else feed

    def _read_folder(self, folder: Path) -> None:
        self._keep(str(folder), partial(read_folder, folder, self._mentions), self._clock.now())

    def _keep(self, place: str, read: Callable[[], Gathered], now: datetime) -> bool:
        """Whether what ``read`` gives is on record now; a source that fails holds up no other."""
        try:
            added = self._shelf.keep(read(), now)
        except FolderMissing as missing:
            self._failed(place, str(missing))
            return False
        except Exception as error:  # whatever the store or the text lacks now, the next round tries again
            self._failed(place, f"could not be read or kept ({type(error).__name__}); it is tried again")
            return False
        state = self._states[place]
        self._states[place] = replace(state, read_at=now, problem=None, items=state.items + added)
        return True

    def _failed(self, place: str, problem: str) -> None:
        if self._states[place].problem != problem:  # told once, however often it is asked
            log.warning("news could not be read", source=place, problem=problem)
        self._states[place] = replace(self._states[place], problem=problem)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self.poll()
            except Exception:  # whatever it was, the next round must come
                log.exception("news could not be polled; it is tried again")
            self._ended.wait(POLL_SECONDS)
