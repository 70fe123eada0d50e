"""What every use case of the execution service stands on, and the moves they all make."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine

from adapters.execution import store as rows
from adapters.execution.anomalies import Anomaly
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.controls.account import AccountFlags
from adapters.execution.controls.limits import LimitsByPhase
from adapters.execution.controls.standing import Standing
from adapters.execution.controls.trial import Bounds
from adapters.execution.order import Order
from adapters.execution.reconciliation.gate import BooksGate
from adapters.execution.step import Step
from adapters.execution.tally import OrderTally
from adapters.execution.unexplained import explained, shared
from adapters.ports import Account, Broker, Market
from policy.permits import Permits
from policy.ports import Clock
from policy.rollout.phases import phase_in_force
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.tripping import Stops
from policy.store import after_commit
from policy.watching.traces import happened


@dataclass(frozen=True)
class Parts:
    """The ports and the store of one execution service; ``cash`` is what the account began with, in dollars.

    ``limits`` are those of every phase, ``flags`` what the broker last said of the account.
    ``line`` is held while something is said to the broker or heard from it, so that an answer is never
    read before the question is on record. ``unsettled`` is set while the broker's books may differ from ours:
    from the first order handed in or message heard until no order is at work. ``gate`` is closed while the
    books are not known to be the broker's.
    """

    store: Engine
    clock: Clock
    market: Market
    account: Account
    permits: Permits
    broker: Broker
    cash: Decimal
    limits: LimitsByPhase
    flags: AccountFlags = field(default_factory=AccountFlags)
    tally: OrderTally = field(default_factory=OrderTally)
    line: threading.RLock = field(default_factory=threading.RLock)
    unsettled: threading.Event = field(default_factory=threading.Event)
    gate: BooksGate = field(default_factory=BooksGate)

    def __post_init__(self) -> None:
        self.unsettled.set()  # what an earlier process left behind is not known yet

    def record(
        self, connection: Connection, before: rows.Kept | None, steps: Sequence[Step], now: datetime
    ) -> Order:
        """Put ``steps`` of one order on record, see ``store.write``; they count once they are durable."""
        after_commit(connection, partial(self._durable, tuple(steps)))
        order = rows.write(connection, before, steps, now).order
        for step in steps:
            if step.halt:
                self._halt(connection, step)
        return order

    @property
    def stops(self) -> Stops:
        """The stops of this house, to be tripped and looked at."""
        return Stops(self.store, self.clock)

    def _halt(self, connection: Connection, step: Step) -> None:
        """What passed the gate by must not go on: everything is halted where that goes on record."""
        cause, note = Anomaly.GATE_PASSED_BY.value, rows.why_of(step)
        self.stops.trip(
            EVERYTHING, StopState.HALTED, cause=cause, by="execution", note=note, connection=connection
        )

    def _durable(self, steps: Sequence[Step]) -> None:
        self.tally.stepped(steps)
        for step in steps:
            order, what = step.order, step.happened.what.value
            happened(f"order.{what}", order.signal_id, order_id=str(order.order_id), state=order.state.value)

    def alert(
        self, connection: Connection, at: datetime, what: str, symbol: str | None, **detail: Any
    ) -> None:
        """Put on record what a person has to look at, see ``store.alert``; it counts once it is durable."""
        after_commit(connection, partial(self.tally.alerted, what))
        rows.alert(connection, at, what, symbol, **detail)

    def standing(self, connection: Connection) -> Standing:
        """What the house has and has promised, as of this transaction."""
        working, owned = rows.promised(connection), held(connection)
        owned[CASH] = self.cash + owned.get(CASH, Decimal(0))
        owned = shared(owned, explained(connection))
        return Standing(
            cash=owned.pop(CASH),
            shares=owned,
            working=working,
            frozen=rows.frozen(connection),
            prices=self._prices(working, owned),
            unsettled=self.gate.refusal(),
        )

    def bounds(self, connection: Connection) -> Bounds:
        """The limits that count in this transaction; raises ``PhaseUnreadable`` where nobody knows which."""
        phase = phase_in_force(connection)
        return Bounds(phase, self.limits[phase])

    def _prices(self, working: Sequence[Order], shares: Mapping[str, Decimal]) -> dict[str, Decimal]:
        symbols = {*shares, *(order.symbol for order in working if order.side == "BUY")}
        asked = ((symbol, self.market.reference_price(symbol, "BUY")) for symbol in sorted(symbols))
        return {symbol: price for symbol, price in asked if price is not None}
