"""A step of the market in one process: the house's own parts act, as ``cast.py`` tells it.

A run that goes on from a checkpoint is led through the steps that had settled since without causing
anything again: what they caused is on record. The step it broke off in happens anew; whatever of it is
on record stays, since everything is named after what it follows from.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from adapters.market.steps import Step
from adapters.storage.checkpoints import HOUSE, Checkpoint, save
from adapters.wiring.cast import Keep, let_happen, move_market
from adapters.wiring.house import House
from adapters.wiring.signals import publish
from policy.outbox import last_event
from policy.store import reading


@dataclass(frozen=True)
class HouseCast:
    """Implements ``cast.Cast`` with the parts of one house; ``plan`` is kept with its checkpoints."""

    house: House
    plan: dict[str, Any]

    def show(self, step: Step) -> Step:
        """The board takes the quotes that the door lets in."""
        let_in = self.house.let_in(step)
        self.house.board.put(let_in.quotes)
        return let_in

    def follow(self, step: Step) -> None:
        """The portfolio is valued at them."""
        self.house.portfolio.follow(step.at, step.session, step.moment == "open", step.quotes)

    def trade(self, step: Step) -> int:
        """The broker trades and is heard."""
        self.house.trade(step)
        return self.house.execution.hear()

    def catch_up(self, at: datetime) -> None:
        """The portfolio takes in what was booked."""
        self.house.portfolio.catch_up(at)

    def guard(self, step: Step) -> int:  # noqa: ARG002 - the clock stands at the step
        """Execution looks and obeys."""
        return self.house.execution.guard()

    def expire(self) -> int:
        """Reviews end whose time is over."""
        return self.house.policy.reviews.expire_overdue()

    def propose(self, step: Step) -> int:
        """The desk's candidates go into the outbox."""
        return publish(self.house.store, self.house.desk.candidates(step.at, step.moment))

    def deliver(self) -> None:
        """The relay hands events over until none is left."""
        self.house.relay.pump()

    def reconcile(self) -> bool:
        """Execution compares, where an order is at work."""
        return bool(self.house.execution.reconcile_if_working())

    def write_down(self, step: Step) -> bool:
        """At a close what the session came to, else the portfolio as it stands."""
        return self.house.portfolio.write_down(step.at, step.moment)

    def settle(self, at: datetime) -> None:
        """The run's checkpoint is replaced."""
        state = {
            "board": self.house.board.to_state(),
            "portfolio": self.house.portfolio.to_state(),
            "plan": self.plan,
        }
        save(self.house.store, HOUSE, Checkpoint(at, state))


class Flow:
    """Called with each step. ``keep`` says how often the settled state is written down."""

    def __init__(self, house: House, resumed: Checkpoint | None, keep: Keep, plan: dict[str, Any]) -> None:
        self._house = house
        self._keep = keep
        self._cast = HouseCast(house, plan)
        with reading(house.store) as connection:
            self.broke_off: datetime | None = last_event(connection, _played_by(house)) if resumed else None
            """The time of the last thing on record before this run went on; None for a new one."""
        if resumed is None:
            house.execution.recover()
            self._cast.settle(house.clock.now())
        elif not self._is_settled(resumed.at):
            self._go_on(resumed.at)

    def __call__(self, step: Step) -> None:
        """Let ``step`` happen, all of it, unless it is settled; then only the market moves on."""
        step = move_market(self._cast, step)
        if self._is_settled(step.at):
            self._cast.catch_up(step.at)
            return
        again = step.at == self.broke_off
        if again or not self._house.execution.is_settled:
            self._house.execution.recover()
        let_happen(self._cast, step, self._keep, stirred=int(again))

    def before_step(self) -> None:
        """What people did since the last step settles at its time, in the market that they saw."""
        if self._keep == "step" and not self._is_settled(self._house.clock.now()):
            self._cast.deliver()
            self._cast.catch_up(self._house.clock.now())

    def _is_settled(self, at: datetime) -> bool:
        """Whether something on record came after ``at``: nothing begins before a step has settled."""
        return self.broke_off is not None and at < self.broke_off

    def _go_on(self, at: datetime) -> None:
        """Finish what was begun after the last settled step and before the next."""
        self._house.execution.recover()
        self._cast.catch_up(at)


def _played_by(house: House) -> datetime:
    """When everything is over that a run can have put on record.

    What was done at a terminal before the store had a time of its own, a pack or a stop, bears the real
    time, and says nothing about how far the run has come.
    """
    return datetime.combine(house.recording.tape.last_day + timedelta(days=1), time(), UTC)
