"""What one step of the market causes, from its quotes to the last event, told in order.

1. The board takes the quotes; the book is valued at them and fills what waited for the open.
2. Approvals that a broken-off run had recorded for this step reach the book again.
3. Reviews whose time is up expire.
4. The strategies propose; their signals go into the outbox.
5. Events are delivered until nothing is left: signals are judged, approvals reach the book.
6. The settled state is written down, so that an interrupted run goes on after this step.
"""

from datetime import datetime
from typing import Any, Literal

from adapters.market.steps import Step
from adapters.storage.checkpoints import Checkpoint, save
from adapters.wiring.house import House
from policy.contracts import Event, EventType, SignalCandidate
from policy.decisions import house_approvals_at, last_evaluation
from policy.outbox import append, withdraw
from policy.ports import derived_id
from policy.store import reading, writing

RUN = "house"
SOURCE = "/trivet/strategy"
Keep = Literal["step", "session"]


class Flow:
    """Called with each step. ``keep`` says how often the settled state is written down."""

    def __init__(self, house: House, resumed: Checkpoint | None, keep: Keep, plan: dict[str, Any]) -> None:
        self._house = house
        self._keep = keep
        self._plan = plan
        self.fills = int(resumed.state["fills"]) if resumed else 0
        self._recorded_until = _withdraw_unsettled(house, resumed)
        if resumed:
            self._recall_approvals(resumed.at)
        else:
            self._settle(house.clock.now())

    def __call__(self, step: Step) -> None:
        """Let ``step`` happen, all of it."""
        house = self._house
        house.board.put(step.quotes)
        self.fills += len(house.book.follow(step.at, step.session, step.moment == "open", step.quotes))
        if self._recorded_until and step.at <= self._recorded_until:
            self._recall_approvals(step.at)
        house.policy.reviews.expire_overdue()
        self._publish(house.desk.candidates(step.at, step.moment))
        house.relay.pump()
        if self._keep == "step" or step.moment == "close":
            self._settle(step.at)

    def _publish(self, candidates: list[SignalCandidate]) -> None:
        if candidates:
            with writing(self._house.store) as connection:
                append(connection, map(event_of, candidates))

    def _settle(self, at: datetime) -> None:
        state = {
            "board": self._house.board.to_state(),
            "book": self._house.book.to_state(),
            "fills": self.fills,
            "plan": self._plan,
        }
        save(self._house.store, RUN, Checkpoint(at, state))

    def _recall_approvals(self, at: datetime) -> None:
        with reading(self._house.store) as connection:
            approvals = house_approvals_at(connection, at)
        for approval in approvals:
            self._house.book.accept(approval)


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


def _withdraw_unsettled(house: House, resumed: Checkpoint | None) -> datetime | None:
    """Take back proposals that nobody judged before the run broke off: their step is repeated and
    proposes them again, in the market they belong to. Returns the time of the last decision on record."""
    with writing(house.store) as connection:
        if resumed:
            withdraw(connection, EventType.SIGNAL_CREATED, after=resumed.at)
        return last_evaluation(connection)
