"""The paper broker behind a line that a test may cut, delay, garble or make say everything twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from adapters.brokers.paper.broker import PaperBroker
from adapters.ports import (
    BrokerAccount,
    BrokerMessage,
    BrokerOrder,
    BrokerRefused,
    BrokerSilent,
    BrokerWord,
    OrderTicket,
)
from policy.permits import OrderPermit

CUT = "the line is cut"


class ProcessEnded(BaseException):
    """Stands for a process that is killed: nothing of ours may catch it."""


class BrokenLine:
    """Implements ``adapters.ports.Broker`` by asking ``inner``, as far as the line lets it.

    ``cut`` names calls that never arrive, ``mute`` calls that arrive and are not answered. Messages whose
    words are in ``lost`` are never told, those in ``held`` not before ``release``, those in ``twice`` are
    told a second time. ``fatal`` names calls before which the process ends, ``last`` those after which it
    does, ``refused`` those that the broker refuses. ``certain`` is what the broker says of itself. ``claims``
    are shares and ``gift`` dollars that its account has without anybody having ordered them; where it
    ``forgets``, it leaves out every order. ``blocked`` is what it says of the account.
    """

    def __init__(self, inner: PaperBroker) -> None:
        self.inner = inner
        self.name = inner.name
        self.certain = inner.certain
        self.cut: set[str] = set()
        self.mute: set[str] = set()
        self.refused: set[str] = set()
        self.fatal: set[str] = set()
        self.last: set[str] = set()
        self.lost: set[BrokerWord] = set()
        self.held: set[BrokerWord] = set()
        self.twice: set[BrokerWord] = set()
        self.claims: dict[str, Decimal] = {}
        self.gift = Decimal(0)
        self.blocked: str | None = None
        self.forgets = False
        self.tried: Counter[UUID] = Counter()
        self._told: list[BrokerMessage] = []
        self._waiting: list[BrokerMessage] = []
        self._read = 0

    def submit(self, permit: OrderPermit, ticket: OrderTicket) -> None:
        self.tried[ticket.client_order_id] += 1
        with self._line("submit"):
            self.inner.submit(permit, ticket)

    def cancel(self, client_order_id: UUID) -> None:
        with self._line("cancel"):
            self.inner.cancel(client_order_id)

    def order(self, client_order_id: UUID) -> BrokerOrder | None:
        with self._line("order"):
            return self.inner.order(client_order_id)

    def account(self, since: datetime) -> BrokerAccount:
        with self._line("account"):
            account = self.inner.account(since)
            positions = dict(account.positions) | self.claims
            orders = [] if self.forgets else account.orders
            cash = account.cash + self.gift
            return replace(account, orders=orders, positions=positions, cash=cash, blocked=self.blocked)

    def heard(self, after: int) -> Sequence[BrokerMessage]:
        with self._line("heard"):
            for message in self.inner.heard(self._read):
                self._read = message.number
                self._route(message)
            return self._told[after:]

    def mend(self) -> None:
        """The line is as it should be again; what was lost or is held back stays so."""
        for broken in (self.cut, self.mute, self.refused, self.fatal, self.last):
            broken.clear()

    def release(self, *words: BrokerWord) -> None:
        """Let what was held back of ``words`` be told next, in the order in which it was held."""
        self.held -= set(words)
        going = [message for message in self._waiting if message.word in words]
        self._waiting = [message for message in self._waiting if message.word not in words]
        for message in going:
            self._tell(message)

    def _route(self, message: BrokerMessage) -> None:
        if message.word in self.held:
            self._waiting.append(message)
        elif message.word not in self.lost:
            for _ in range(2 if message.word in self.twice else 1):
                self._tell(message)

    def _tell(self, message: BrokerMessage) -> None:
        self._told.append(replace(message, number=len(self._told) + 1))

    @contextmanager
    def _line(self, call: str) -> Iterator[None]:
        if call in self.fatal:
            raise ProcessEnded
        if call in self.refused:
            raise BrokerRefused("no such order")
        if call in self.cut:
            raise BrokerSilent(CUT)
        yield
        if call in self.last:
            raise ProcessEnded
        if call in self.mute:
            raise BrokerSilent(CUT)
