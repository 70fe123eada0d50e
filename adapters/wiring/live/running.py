"""A live house at work: what moves it, in threads of their own, and what is served of it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from adapters.execution.service import Execution
from adapters.execution.stopping.lookout import Lookout
from adapters.execution.stopping.obeying import Obeyed
from adapters.market.pace_gauges import PaceGauges
from adapters.market.pacer import Pacer
from adapters.settings import Settings
from adapters.wiring.live.house import Live
from adapters.wiring.serving import Say, Where, compare, serve_house
from policy.contracts import utc_text
from policy.ports import Clock
from policy.rollout.phases import phase_in_force
from policy.store import reading


@dataclass(frozen=True, slots=True)
class BetweenLiveSteps:
    """Implements ``lookout.Guarded`` for a live house: once its market was looked at, its silence counts."""

    execution: Execution
    pacer: Pacer
    clock: Clock

    def stops_standing(self) -> tuple[int, ...]:
        """The trips that stand, by number."""
        return self.execution.stops_standing()

    def obey(self) -> Obeyed:
        """Cancel what they forbid."""
        return self.execution.obey()

    def watch(self) -> None:
        """Let the watchers look once the step that is under way has settled."""
        self.pacer.between_steps(self._look)

    def _look(self) -> None:
        self.execution.watch(settled=self.pacer.has_settled_in(self.clock.now()))


@contextmanager
def moving(live: Live) -> Iterator[None]:
    """Quotes come in, events flow, steps are taken when their time has come, until the end of the block."""
    house, pacer, ended = live.house, live.pacer, threading.Event()
    lookout = Lookout(BetweenLiveSteps(house.execution, pacer, house.clock))
    comparing = threading.Thread(
        target=compare, args=(house, pacer.between_steps, ended), name="reconciliation"
    )
    with ExitStack() as stack:
        for part in (house.relay, live.outside, live.market.poller, live.feed, pacer, lookout):
            if part is not None:
                part.start()
                stack.callback(part.stop)
        comparing.start()
        stack.callback(comparing.join)
        stack.callback(ended.set)
        yield


def serve_live(live: Live, settings: Settings, where: Where, say: Say) -> None:
    """Serve every API of the house and its screens while it is at work, until Ctrl-C."""
    due = live.pacer.status.next
    for symbol, words in sorted(live.market.lacking.items()):
        say(f"missing: {symbol}: {words}")
    with reading(live.house.store) as connection:
        phase = phase_in_force(connection)
    say(f"in phase {phase}, orders go to {live.house.broker.name}")
    say(f"the next step is {due.moment} at {utc_text(due.at)}")
    pace = PaceGauges(live.pacer, live.market.source, live.house.clock)
    serve_house(live.house, settings, where, say, moving(live), gauges=[pace])
