"""The sandbox broker on a stand-in, moved by a test's hand: the words in which its tests speak."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from adapters.brokers.alpaca.address import paper_address
from adapters.brokers.alpaca.broker import AlpacaBroker, Terms
from adapters.brokers.alpaca.line import Patience
from adapters.brokers.alpaca.stream import LISTENING, Rhythm
from adapters.ports import BrokerMessage, OrderTicket
from tests.adapters.brokers.alpaca_stand_in.server import KEY, SECRET, StandIn, standing_in
from tests.adapters.brokers.trading import START, number, permit
from tests.policy.parts import StillClock

SOON = 20.0
QUICK = Patience(connect=1.0, read=1.0, whole=3.0)
BRISK = Rhythm(open=5.0, ping=5.0, first_wait=0.02, longest_wait=0.1)


def terms_for(url: str, **differing: Any) -> Terms:
    """How a test reaches the stand-in at ``url``: impatiently."""
    return replace(Terms(paper_address(url), KEY, SECRET, QUICK, BRISK), **differing)


class Sandbox:
    """A stand-in and a broker on it; ``reopen`` is a restart of the house."""

    def __init__(self, store: Engine, stand_in: StandIn, clock: StillClock) -> None:
        self.store, self.alpaca, self.clock = store, stand_in, clock
        self.objection: str | None = None
        self.heard_until = 0
        self.broker: AlpacaBroker | None = None
        self.reopen()

    def reopen(self, *, streaming: bool = False, **differing: Any) -> AlpacaBroker:
        self.close()
        terms = terms_for(self.alpaca.url, **differing)
        self.broker = AlpacaBroker(self.store, self.clock, terms, lambda _permit: self.objection)
        self._streams = streaming
        if streaming:
            visits = self.alpaca.stream.visits
            self.broker.start()
            self.alpaca.stream.wait_for_a_listener(visits + 1)
            self.until(lambda: self.broker.stream_state == LISTENING)
        return self.broker

    def close(self) -> None:
        if self.broker is not None and self._streams:
            self.broker.stop()
            self.alpaca.stream.drop()

    def submit(self, order: OrderTicket) -> OrderTicket:
        self.broker.submit(permit(order), order)
        return order

    def fill(self, order: int, qty: Any, price: Any = "100.00") -> None:
        """The venue trades shares of the test's ``order``-th order."""
        self.alpaca.account.fill(number(order), qty, price)

    def news(self, *, look: bool = True) -> list[BrokerMessage]:
        """What was told since the last time the test listened; ``look`` lets the lists be due."""
        if look:
            self.clock.pass_by(seconds=4)
        messages = self.broker.heard(self.heard_until)
        self.heard_until = messages[-1].number if messages else self.heard_until
        return list(messages)

    def words(self) -> list[str]:
        return [message.word.value for message in self.news()]

    def account(self) -> Any:
        return self.broker.account(START)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until what another thread does has been done."""
        deadline = time.monotonic() + SOON
        while not holds():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.005)

    def told(self, count: int) -> list[BrokerMessage]:
        """The first ``count`` messages, waited for as they come by stream, without a look at any list."""
        frozen = self.clock.time
        self.broker._looked_at = frozen
        self.until(lambda: len(self.broker._journal.after(0)) >= count)
        return self.broker._journal.after(0)


@contextmanager
def sandbox(store: Engine) -> Iterator[Sandbox]:
    """A sandbox on ``store`` until the end of the block."""
    clock = StillClock(START + timedelta(days=7))
    with standing_in(clock.now) as stand_in:
        opened = Sandbox(store, stand_in, clock)
        yield opened
        opened.close()
