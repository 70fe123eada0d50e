"""A real house in phase sandbox on the sandbox broker: policy, a person's answers, execution, stand-in."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from adapters.brokers.alpaca.wire import WireUpdate
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.controls.limits_file import read_limits
from adapters.execution.tables import execution_alerts, fills
from policy.contracts import Decision, Quote
from policy.order_contracts import OrderView, decimal_text
from policy.rollout.phases import Phase
from policy.service import build_policy
from policy.store import reading
from tests.adapters.brokers.alpaca_stand_in.server import StandIn
from tests.adapters.brokers.sandbox import Sandbox
from tests.adapters.execution.controls.attempts import enter
from tests.adapters.execution.parts import PRICES, STARTING_CASH, ByHand, TradingHouse
from tests.policy.parts import DaySession, StillClock, Texts

UNSURE = 0.5
"""A confidence at which the rules want a person."""


class SandboxHouse(TradingHouse):
    """A house whose broker is Alpaca, as the stand-in plays it; its quotes are the test's, as are trades."""

    def __init__(self, store: Engine, alpaca: StandIn, clock: StillClock, *, streaming: bool = True) -> None:
        self.store, self.clock, self.alpaca = store, clock, alpaca
        self.limits = dict(read_limits(Path("rules")))
        self.market = ByHand(clock)
        self.policy = build_policy(store, clock, DaySession(), self, Texts())
        self.policy.shelf.stock()
        enter(self, Phase.SANDBOX)
        alpaca.account.cash = STARTING_CASH
        self.box = Sandbox(store, alpaca, clock)
        self.streaming = streaming
        self._taken = 0
        self.restart()
        self.quote()

    def restart(self) -> None:
        """A new process of the house; the broker's own goes on."""
        self.broker = self.box.reopen(streaming=self.streaming)
        self._count_what_is_taken_in()
        self.reopen()

    def quote(self) -> None:
        """New quotes, at the prices of before."""
        at = self.market.last_quote = self.clock.now()
        quotes = [
            Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=at)
            for symbol, (bid, ask) in sorted(PRICES.items())
        ]
        self.market.exchange.prices |= {one.symbol: (one.bid, one.ask) for one in quotes}
        self.portfolio.follow(at, date(2012, 6, 1), False, quotes)

    def approved(self, number: int, symbol: str = "MSFT", side: str = "BUY", **changes: Any) -> Decision:
        """A person's approval of signal ``number``."""
        asked = self.decide(number, symbol=symbol, candidate_action=side, confidence=UNSURE, **changes)
        assert asked.review_id is not None, asked
        self.policy.reviews.approve(asked.review_id, "ada", "a small trade in the sandbox")
        return asked

    def buy(self, number: int = 1, qty: int = 3, **changes: Any) -> OrderView:
        """An order for three shares of MSFT, 90 dollars, that a person has approved."""
        self.approved(number)
        return self.place(number, symbol="MSFT", qty=qty, **changes)

    def trade(self, order: OrderView, qty: int, price: str = "30.00") -> None:
        """The venue trades shares of ``order``."""
        self.alpaca.account.fill(order.client_order_id, qty, price)
        self.listen()

    def listen(self) -> None:
        """What the stream said by now is taken in, and heard; no list is due for it."""
        said = self.alpaca.stream.said()
        self.box.until(lambda: self._taken >= said)
        self.hear()

    def settle(self, looks: int = 4) -> None:
        """Time passes, lists are looked at, the books are compared every twelve seconds."""
        for _ in range(looks):
            self.listen()
            self.reconcile(after=12)
        self.quote()

    def result(self) -> dict[str, Any]:
        """Where everything stands: orders, bookings, the books on both sides, what a person has to see."""
        with reading(self.store) as connection:
            booked = connection.execute(select(fills).order_by(fills.c.seq)).all()
            alerts = connection.scalars(select(execution_alerts.c.what).order_by(execution_alerts.c.id)).all()
            ours = held(connection)
        cash = STARTING_CASH + ours.pop(CASH, Decimal(0))
        account = self.alpaca.account
        listed = self.execution.listed(state=None, before=None, limit=100)
        return {
            "orders": [_end_of(one) for _, one in reversed(listed)],
            "booked": [f"{row.kind} {decimal_text(row.qty)} at {decimal_text(row.price)}" for row in booked],
            "shares": {
                "house": {name: decimal_text(qty) for name, qty in sorted(ours.items())},
                "broker": {name: decimal_text(qty) for name, qty in sorted(account.positions.items())},
            },
            "cash is equal": cash == account.cash,
            "sent": self.alpaca.script.seen.count("POST /v2/orders"),
            "orders at the broker": len(account.orders),
            "alerts": sorted(set(alerts)),
        }

    def _count_what_is_taken_in(self) -> None:
        stream, take = self.broker._stream, self.broker._take

        def counted(update: WireUpdate) -> None:
            take(update)
            self._taken += 1

        stream._hear = counted
        self._taken = self.alpaca.stream.said()

    def _account(self) -> Any:
        return self.broker.account(self.clock.now() - timedelta(days=1))


def _end_of(order: OrderView) -> str:
    """An order's state, whose it is where it is not ours, and why it was denied or rejected."""
    codes = [reason.code for reason in order.reasons if order.state_detail.value in ("DENIED", "REJECTED")]
    origin = [] if order.origin == "LOCAL" else [order.origin]
    return " ".join([order.state_detail.value, *origin, *codes])
