"""A live house in a process of its own, to be killed: told by lines what time it is, it answers with facts.

``python -m tests.flows.live_child SETTINGS NOW [WHERE]``: settings as JSON, the time it begins, and the place
at which it kills itself: ``proposed``, ``decided``, ``sent`` or ``settling``.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.listener import LISTENING
from adapters.settings import Settings
from adapters.wiring.flow import HouseCast
from adapters.wiring.live.house import Live, live_house
from policy.contracts import ReviewStatus
from tests.flows.live_house import DrivenClock, facts_of, until


def killed(*_: Any) -> None:
    """As a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(act: Callable[..., Any]) -> Callable[..., Any]:
    """``act``, and the end."""

    def done(*given: Any, **named: Any) -> None:
        act(*given, **named)
        killed()

    return done


def doom(live: Live, where: str) -> None:
    """Let the process die at that place, the next time it comes there."""
    execution, broker = live.house.execution, live.house.broker
    if where == "proposed":
        HouseCast.deliver = killed
    elif where == "decided":
        execution.follow = killed
    elif where == "sent":
        broker.submit = after(broker.submit)
    elif where == "settling":
        HouseCast.settle = killed


def step(live: Live, clock: DrivenClock, at: datetime) -> None:
    """The quotes of a second ago come in, then the step is taken."""
    fresh, board = at - timedelta(seconds=2), live.market.board

    def heard() -> bool:
        live.feed.turn()
        quotes = (board.latest(symbol) for symbol in live.market.scene.tape.symbols)
        return all(quote is not None and quote.at >= fresh for quote in quotes)

    until(heard)
    clock.at = at + timedelta(milliseconds=20)
    live.pacer.turn()


def turn_to(_: Live, clock: DrivenClock, at: datetime) -> None:
    """So late it is; what comes from now on is received then."""
    clock.at = at


def settle(live: Live, clock: DrivenClock, at: datetime) -> None:
    """The books are compared with the broker's."""
    clock.at = max(clock.at, at)
    live.house.execution.reconcile()
    live.house.portfolio.catch_up(at)


def approve(live: Live, *_: Any) -> None:
    """A person approves whatever waits."""
    reviews = live.house.policy.reviews
    for review in reviews.listed(ReviewStatus.PENDING, None, 100):
        reviews.approve(review.review_id, "ada", "looked at")
    live.house.relay.pump()


def main(settings: str, now: str, where: str = "") -> None:
    """Open the house, and do as told."""
    told = json.loads(settings)
    clock = DrivenClock(datetime.fromisoformat(now))
    acts = {"time": turn_to, "step": step, "settle": settle, "approve": approve}
    with live_house(Settings(**{**told, "home": Path(told["home"])}), clock) as live:
        live.market.source.start()
        until(lambda: live.market.source.state == LISTENING)
        print("open", flush=True)
        for line in sys.stdin:
            act, at, *doomed = line.split()
            if doomed:
                doom(live, where)
            acts[act](live, clock, datetime.fromisoformat(at))
            print(json.dumps(facts_of(live.house)), flush=True)
        live.market.source.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
