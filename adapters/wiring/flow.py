"""What one step of the market causes, from its quotes to the last event, told in order.

0. What people did since the last step settles, while the clock still stands there.
1. The board takes the quotes; the portfolio is valued at them.
2. The broker trades what came in before; its messages are heard and what was filled is booked.
3. At an open and a close, reviews whose time is up expire.
4. The strategies propose; their signals go into the outbox.
5. Events are delivered until nothing is left: signals are judged, approvals become orders.
6. Where orders are at work, the books are compared with the broker's.
7. The portfolio is written down; events of this step are delivered to the last.
8. The settled state is written down, so that an interrupted run goes on after this step.

A run that goes on from a checkpoint is led through the steps that had settled since without causing
anything again: what they caused is on record. The step it broke off in happens anew; whatever of it is
on record stays, since everything is named after what it follows from.
"""

from datetime import datetime
from typing import Any, Literal

from adapters.market.steps import Step
from adapters.storage.checkpoints import Checkpoint, save
from adapters.wiring.house import House
from policy.contracts import Event, EventType, SignalCandidate
from policy.outbox import append, last_event
from policy.ports import derived_id
from policy.store import reading, writing

RUN = "house"
SOURCE = "/trivet/strategy"
Keep = Literal["step", "session"]
_SWEPT = ("open", "close", "start")
"""Moments at which reviews are closed for good whose time is over; to be answered they need not be."""


class Flow:
    """Called with each step. ``keep`` says how often the settled state is written down."""

    def __init__(self, house: House, resumed: Checkpoint | None, keep: Keep, plan: dict[str, Any]) -> None:
        self._house = house
        self._keep = keep
        self._plan = plan
        with reading(house.store) as connection:
            self.broke_off: datetime | None = last_event(connection) if resumed else None
            """The time of the last thing on record before this run went on; None for a new one."""
        if resumed is None:
            self._settle(house.clock.now())
        elif not self._is_settled(resumed.at):
            self._go_on(resumed.at)

    def __call__(self, step: Step) -> None:
        """Let ``step`` happen, all of it, unless it is settled; then only the market moves on."""
        house = self._house
        house.board.put(step.quotes)
        house.portfolio.follow(step.at, step.session, step.moment == "open", step.quotes)
        if self._is_settled(step.at):
            house.portfolio.catch_up(step.at)
            return
        if again := step.at == self.broke_off:
            house.execution.recover()
        self._trade(step, again)
        if self._write_down(step):
            house.relay.pump()
        if self._keep == "step" or step.moment == "close":
            self._settle(step.at)

    def before_step(self) -> None:
        """What people did since the last step settles at its time, in the market that they saw."""
        if self._keep == "step" and not self._is_settled(self._house.clock.now()):
            self._house.relay.pump()
            self._house.portfolio.catch_up(self._house.clock.now())

    def _trade(self, step: Step, again: bool) -> None:
        """Steps 2 to 6; where nothing stirs, nothing is read or written. ``again``: it broke off in here."""
        house = self._house
        house.broker.trade(step)
        stirred = house.execution.hear() + again
        if stirred or self._keep == "step":
            house.portfolio.catch_up(step.at)
        if step.moment in _SWEPT:
            stirred += house.policy.reviews.expire_overdue()
        stirred += self._publish(house.desk.candidates(step.at, step.moment))
        if stirred:
            house.relay.pump()
        if house.execution.reconcile_if_working():
            house.portfolio.catch_up(step.at)
            house.relay.pump()

    def _write_down(self, step: Step) -> bool:
        """At a close what the session came to; between closes the portfolio, where every step is kept."""
        if step.moment == "close":
            return self._house.portfolio.close_session(step.at)
        return self._keep == "step" and self._house.portfolio.take_snapshot(step.at, step.moment)

    def _is_settled(self, at: datetime) -> bool:
        """Whether something on record came after ``at``: nothing begins before a step has settled."""
        return self.broke_off is not None and at < self.broke_off

    def _go_on(self, at: datetime) -> None:
        """Finish what was begun after the last settled step and before the next."""
        self._house.execution.recover()
        self._house.portfolio.catch_up(at)

    def _publish(self, candidates: list[SignalCandidate]) -> int:
        if candidates:
            with writing(self._house.store) as connection:
                append(connection, map(event_of, candidates))
        return len(candidates)

    def _settle(self, at: datetime) -> None:
        state = {
            "board": self._house.board.to_state(),
            "portfolio": self._house.portfolio.to_state(),
            "plan": self._plan,
        }
        save(self._house.store, RUN, Checkpoint(at, state))


def event_of(candidate: SignalCandidate) -> Event:
    """The event that tells of a strategy's proposal."""
    return Event(
        id=derived_id("event", EventType.SIGNAL_CREATED.value, candidate.signal_id),
        type=EventType.SIGNAL_CREATED,
        source=SOURCE,
        subject=str(candidate.signal_id),
        time=candidate.created_at,
        data=candidate.model_dump(mode="json"),
    )
