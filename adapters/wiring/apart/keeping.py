"""What market and portfolio keep on record, so that a process that dies goes on where it was.

Both are written down before the conductor has his answer: what was answered once is never lost, and a
phase that is asked for again finds it done.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Engine

from adapters.correlation import ReturnSource
from adapters.events.jetstream.publisher import Publisher
from adapters.market.board import QuoteBoard
from adapters.market.door import Door, Refused
from adapters.market.steps import Step
from adapters.portfolio.service import Portfolio
from adapters.ports import FillSource
from adapters.storage.checkpoints import MARKET, PORTFOLIO, Checkpoint, load, save
from adapters.storage.latest import RedisQuotes
from adapters.wiring.apart.market_events import market_events
from policy.contracts import Quote

DoorTo = Callable[[Iterable[Quote], Refused | None], Door]
"""Makes the door to a board: it goes on with the last quotes, and with what came of the last step."""


class KeptBoard:
    """The market's quotes: on record here, in Redis for all, and as events for whoever listens."""

    def __init__(self, store: Engine, quotes: RedisQuotes, publisher: Publisher, door: DoorTo) -> None:
        self._store = store
        self._quotes = quotes
        self._publisher = publisher
        kept = load(store, MARKET)
        self._board = QuoteBoard.from_state(kept.state["board"]) if kept else QuoteBoard()
        self._shown = kept.at if kept else None
        refused = kept.state.get("refused") if kept else None
        self.refused = None if refused is None else Refused.from_state(refused)
        """What was not let in of the last step."""
        self.door = door(self._board.all(), self.refused)
        self._one_writer = threading.Lock()

    def show(self, step: Step) -> int:
        """Show of ``step`` what the door lets in; returns how many quotes and bars that are.

        A question for an older step that comes late changes nothing.
        """
        if self._shown is not None and step.at < self._shown:
            return 0
        refused = self.door.let_in(step)
        let_in = refused.taken_from(step)
        self._board.put(let_in.quotes)
        state = {"board": self._board.to_state(), "refused": refused.to_state()}
        save(self._store, MARKET, Checkpoint(step.at, state))
        self._shown, self.refused = step.at, refused
        self.put_again()
        self._publisher.publish(market_events(let_in))
        return len(let_in.quotes) + len(let_in.closed_bars)

    def quoted(self) -> int:
        """How many symbols have a quote here."""
        return len(self._board.all())

    def put_again(self) -> None:
        """Put every quote into Redis, which may have lost it; what is there afterwards is the newest."""
        with self._one_writer:  # two threads come here, and the older look must not be written last
            self._quotes.put(self._board.all())


class KeptPortfolio:
    """A portfolio whose every change is on record before anybody hears of it."""

    def __init__(self, store: Engine, fills: FillSource, returns_of: ReturnSource, cash: Decimal) -> None:
        self._store = store
        self._moving = threading.Lock()
        kept = load(store, PORTFOLIO)
        self.now = (
            Portfolio.from_state(kept.state["portfolio"], store, fills, returns_of)
            if kept
            else Portfolio(store, fills, returns_of, cash)
        )
        """The portfolio as it stands."""
        self._kept = self.now.account

    def follow_step(self, step: Step) -> int:
        """Value it at the quotes of ``step``, once; returns 1 where that was new."""
        with self._moving:
            seen = self.now.account.as_of
            is_new = seen is None or step.at > seen
            if is_new:
                self.now.follow(step.at, step.session, step.moment == "open", step.quotes)
            self._keep(step.at)
            return int(is_new)

    def caught_up(self, until: datetime) -> int:
        """Apply what was booked by ``until``; returns how many lines were new."""
        with self._moving:
            lines = self.now.catch_up(until)
            self._keep(until)
            return lines

    def written_down(self, step: Step) -> int:
        """Write the book down as of ``step``; returns 1 where that was new."""
        return int(self.now.write_down(step.at, step.moment))

    def _keep(self, at: datetime) -> None:
        """Put on record what is not yet, also where that failed before."""
        account = self.now.account
        if account is not self._kept:
            save(self._store, PORTFOLIO, Checkpoint(at, {"portfolio": self.now.to_state()}))
            self._kept = account
