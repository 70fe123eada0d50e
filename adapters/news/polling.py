"""Reads feeds and a folder again and again while the house is live, and keeps what is new."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

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
    ) -> None:
        self._shelf, self._mentions, self._clock = shelf, mentions, clock
        self._feeds, self._folder = list(feeds), folder
        self._states = [SourceState(place) for place in self._places()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)

    def states(self) -> tuple[SourceState, ...]:
        """Every source as it was last read."""
        return tuple(self._states)

    def start(self) -> None:
        """Poll at once, and from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Poll no more; returns when the round under way has ended."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def poll(self) -> None:
        """One round over every source, as long as nobody says ``stop``."""
        for number, feed in enumerate(self._feeds):
            if self._ended.is_set():
                return
            self._feeds[number] = self._read_feed(number, feed)
        if self._folder is not None:
            self._keep(len(self._feeds), partial(read_folder, self._folder, self._mentions))

    def _places(self) -> Iterator[str]:
        yield from (feed.place for feed in self._feeds)
        if self._folder is not None:
            yield str(self._folder)

    def _read_feed(self, number: int, feed: Feed) -> Feed:
        """``feed`` as it stands afterwards; what was fetched and not kept will be fetched again."""
        try:
            fetched, content = fetch(feed)
        except FeedFailed as failed:
            self._failed(number, str(failed))
            return feed
        if content is None:
            return fetched if self._keep(number, Gathered) else feed
        read = partial(read_feed, content, feed.place, self._clock.now(), self._mentions)
        return fetched if self._keep(number, read) else feed

    def _keep(self, number: int, read: Callable[[], Gathered]) -> bool:
        """Whether what ``read`` gives is on record now; a source that fails holds up no other.

        What could be known of it before it was read was nothing, so it is received when it has been.
        """
        try:
            gathered = read()
            now = self._clock.now()
            added = self._shelf.keep(gathered, now)
        except FolderMissing as missing:
            self._failed(number, str(missing))
            return False
        except Exception as error:  # whatever the store or the text lacks now, the next round tries again
            self._failed(number, f"could not be read or kept ({type(error).__name__}); it is tried again")
            return False
        state = self._states[number]
        self._states[number] = replace(state, read_at=now, problem=None, items=state.items + added)
        return True

    def _failed(self, number: int, problem: str) -> None:
        state = self._states[number]
        if state.problem != problem:  # told once, however often it is asked
            log.warning("news could not be read", source=state.place, problem=problem)
        self._states[number] = replace(state, problem=problem)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self.poll()
            except Exception:  # whatever it was, the next round must come
                log.exception("news could not be polled; it is tried again")
            self._ended.wait(POLL_SECONDS)
