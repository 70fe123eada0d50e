"""What one step of the market causes, from its quotes to the last event: told once, for one process and many.

0. What people did since the last step settles, while the clock still stands there.
1. The market inspects the quotes and shows those that it lets in; the portfolio is valued at them.
2. The broker trades what came in before; its messages are heard and what was filled is booked.
3. Execution's watchers look; whatever is stopped, by them or by people, is obeyed before anything new, and
   what may not be held overnight is left.
4. At an open and a close, reviews whose time is up expire.
5. The strategies propose; their signals go into the outbox.
6. Events are delivered until nothing is left: signals are judged, approvals become orders.
7. Where orders are at work, the books are compared with the broker's.
8. The portfolio is written down; events of this step are delivered to the last.
9. The settled state is written down, so that an interrupted run goes on after this step.
"""

from datetime import datetime
from typing import Literal, Protocol

from adapters.market.steps import Step

Keep = Literal["step", "session"]
_SWEPT = ("open", "close", "start")
"""Moments at which reviews are closed for good whose time is over; to be answered they need not be."""


class Cast(Protocol):
    """Who does what in a step. What is done twice at the same step changes nothing the second time."""

    def show(self, step: Step) -> Step:
        """The market has the quotes of ``step`` that it lets in; returns the step with what was let in."""
        ...

    def follow(self, step: Step) -> None:
        """The portfolio is valued at the quotes of ``step``."""
        ...

    def trade(self, step: Step) -> int:
        """The broker trades and is heard; returns how many messages it had, at least 1 where unknown."""
        ...

    def catch_up(self, at: datetime) -> None:
        """The portfolio has every fill that was booked by ``at``."""
        ...

    def guard(self, step: Step) -> int:
        """Watchers have looked, stops are obeyed, positions left that are due before the close.

        Returns how much that changed, at least 1 where unknown.
        """
        ...

    def expire(self) -> int:
        """Reviews whose time is over are closed; returns how many, at least 1 where unknown."""
        ...

    def propose(self, step: Step) -> int:
        """The strategies' signals are in the outbox; returns how many, at least 1 where unknown."""
        ...

    def deliver(self) -> None:
        """Every event has been delivered, and every event that this caused."""
        ...

    def reconcile(self) -> bool:
        """Where orders are at work, the books follow the broker's; False where certainly nothing changed."""
        ...

    def write_down(self, step: Step) -> bool:
        """The portfolio as of ``step`` is on record; False where certainly nothing was written."""
        ...

    def settle(self, at: datetime) -> None:
        """It is on record that everything up to ``at`` is settled."""
        ...


def move_market(cast: Cast, step: Step) -> Step:
    """Number 1: the market moves on, and nothing follows from that yet; returns the step as it was let in."""
    let_in = cast.show(step)
    cast.follow(let_in)
    return let_in


def let_happen(cast: Cast, step: Step, keep: Keep, *, stirred: int = 0) -> None:
    """Numbers 2 to 9; where nothing stirs, nothing is read or written. ``stirred``: something has already.

    ``keep`` says how often portfolio and settled state are written down.
    """
    stirred += cast.trade(step)
    if stirred or keep == "step":
        cast.catch_up(step.at)
    if guarded := cast.guard(step):
        stirred += guarded
        cast.catch_up(step.at)
    if step.moment in _SWEPT:
        stirred += cast.expire()
    stirred += cast.propose(step)
    if stirred:
        cast.deliver()
    if cast.reconcile():
        cast.catch_up(step.at)
        cast.deliver()
    if (keep == "step" or step.moment == "close") and cast.write_down(step):
        cast.deliver()
    if keep == "step" or step.moment == "close":
        cast.settle(step.at)
