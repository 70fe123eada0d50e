"""A step of a live house: what the same step causes in play, while quotes and time go on.

A house that was broken off goes on: what is on record stays, what waits in the outbox is delivered with the
first step, and a step that is taken again names everything as the first time.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from adapters.market.steps import Step
from adapters.storage.checkpoints import Checkpoint
from adapters.wiring.cast import let_happen, move_market
from adapters.wiring.flow import HouseCast
from adapters.wiring.house import House


class LiveCast(HouseCast):
    """A house's parts where time goes on during a step: what was booked meanwhile counts at once."""

    def catch_up(self, at: datetime) -> None:
        """The portfolio takes in everything that was booked by now."""
        super().catch_up(max(at, self.house.clock.now()))


class LiveDuties:
    """Implements ``market.pacer.Duties`` for ``house``; ``idle`` is done while the market is closed."""

    def __init__(
        self, house: House, resumed: Checkpoint | None, plan: dict[str, Any], idle: Callable[[], None]
    ) -> None:
        """``plan`` is kept with every settled step."""
        self._house = house
        self._cast = LiveCast(house, plan)
        self._idle = idle
        self._left_over = 1
        house.execution.recover()
        now = house.clock.now()
        self._cast.catch_up(now)
        if resumed is None:
            self._cast.settle(now)

    def step(self, step: Step) -> None:
        """The market moves on, and everything follows from it that does in play."""
        let_in = move_market(self._cast, step)
        if not self._house.execution.is_settled:
            self._house.execution.recover()
        let_happen(self._cast, let_in, "step", stirred=self._left_over)
        self._left_over = 0

    def glance(self, at: datetime, session: date) -> None:
        """The book is valued at the newest quotes, so that a loss is seen within seconds."""
        board = self._house.board
        quotes = [quote for one in self._house.recording.tape.symbols if (quote := board.latest(one))]
        self._house.portfolio.follow(at, session, False, [quote for quote in quotes if quote.at <= at])

    def idle(self, at: datetime) -> None:  # noqa: ARG002 - what is idle asks the clock itself
        """Bars close and are filled in."""
        self._idle()
