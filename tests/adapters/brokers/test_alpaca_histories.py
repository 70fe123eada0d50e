"""Any history at the sandbox broker, told anyhow: each share is told once, and the account is whole."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from adapters.brokers.alpaca.wire import read_update
from adapters.ports import BrokerSilent
from policy.order_contracts import FINAL
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.brokers.sandbox import Sandbox, sandbox
from tests.adapters.brokers.trading import number, ticket

LINES = ["GET /v2/orders", "GET /v2/account", "GET /v2/positions", "POST /v2/orders", "DELETE /v2/orders"]
FAULTS = [faults.BROKEN, faults.GARBLED, faults.CUT, faults.GATEWAY_AFTER, faults.GATEWAY_INSTEAD]
orders = st.integers(1, 3)
acts = st.one_of(
    st.tuples(st.just("buy"), orders),
    st.tuples(st.just("fill"), orders, st.integers(1, 4)),
    st.tuples(st.just("cancel"), orders),
    st.tuples(st.just("expire"), orders),
    st.tuples(st.just("tell"), st.integers(0, 30)),
    st.tuples(st.just("listen")),
    st.tuples(st.just("ask")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("fault"), st.sampled_from(LINES), st.sampled_from(FAULTS)),
)


class Story:
    """Plays acts one by one; the stream's messages wait until a ``tell`` hands on any of them, or again."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.said = box, []
        box.alpaca.account.emit = self.said.append

    def play(self, act: tuple[Any, ...]) -> None:
        kind, *terms = act
        try:
            getattr(self, kind)(*terms)
        except BrokerSilent:
            self.box.clock.pass_by(seconds=1)

    def buy(self, order: int) -> None:
        self.box.submit(ticket(order, qty=10))

    def fill(self, order: int, qty: int) -> None:
        taken = self.box.alpaca.account.by_client(str(number(order)))
        if taken is not None and taken.status != "expired" and taken.qty - taken.filled_qty >= qty:
            self.box.fill(order, qty, f"{100 + len(self.said)}.00")

    def cancel(self, order: int) -> None:
        self.box.broker.cancel(number(order))

    def expire(self, order: int) -> None:
        taken = self.box.alpaca.account.by_client(str(number(order)))
        if taken is not None and taken.status in ("new", "partially_filled"):
            self.box.alpaca.account.end(number(order), "expired")

    def tell(self, place: int) -> None:
        if self.said:
            self.box.broker._take(read_update(self.said[place % len(self.said)]))

    def listen(self) -> None:
        self.box.news()

    def ask(self) -> None:
        self.box.clock.pass_by(seconds=5)
        self.box.account()

    def restart(self) -> None:
        self.box.reopen()

    def fault(self, line: str, fault: faults.Fault) -> None:
        self.box.alpaca.script.next(line, fault)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(acts, max_size=14))
def test_any_history_ends_in_one_message_for_each_thing_and_a_whole_account(
    make_store: Callable[[], Engine], history: list[tuple[Any, ...]]
) -> None:
    with sandbox(make_store()) as box:
        story = Story(box)
        for act in [("buy", 1), *history]:
            story.play(act)
        box.alpaca.script.forget()
        box.news()
        account, messages = box.account(), box.broker.heard(0)
        venue = box.alpaca.account
        fills = [message for message in messages if message.word == "filled"]
        assert sum(fill.qty for fill in fills) == venue.positions.get("IBM", 0)
        assert len({fill.execution_id for fill in fills}) == len(fills) == len(venue.activities)
        assert venue.cash == account.cash == 100_000 - sum(fill.qty * fill.price for fill in fills)
        assert account.positions == venue.positions
        assert [message.number for message in messages] == list(range(1, len(messages) + 1))
        for order in account.orders:
            theirs = venue.orders[order.external_order_id]
            assert (order.cum_qty, order.notional) == (theirs.filled_qty, theirs.notional)
            assert (order.state in FINAL) == (theirs.status in ("filled", "canceled", "expired", "rejected"))
        assert len(account.orders) == len(venue.orders)
