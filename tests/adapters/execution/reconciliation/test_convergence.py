"""Whatever was lost, doubled, cut off or traded by others: the books come to equal the broker's, or a freeze
says where they do not. Never silence."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH, held
from adapters.ports import BrokerWord
from policy.order_contracts import OrderState
from policy.problems import Problem
from policy.store import reading
from tests.adapters.brokers.trading import permit, ticket
from tests.adapters.execution.broken_line import ProcessEnded
from tests.adapters.execution.conftest import MakeHouse
from tests.adapters.execution.parts import STARTING_CASH, TradingHouse

SYMBOLS = st.sampled_from(["IBM", "MSFT"])
WORDS = st.sets(st.sampled_from(list(BrokerWord)))
CALLS = st.sets(st.sampled_from(["submit", "cancel", "order", "account", "heard"]))


class Story:
    """What happens to one house, told in small acts; each of them may fail as it does in life."""

    def __init__(self, house: TradingHouse) -> None:
        self.house = house
        self.number = 0

    def order(self, symbol: str, side: str, limit: str | None) -> None:
        """An approved order for ten shares, as far as the rules and the controls let it."""
        self.number += 1
        terms = {"limit_price": limit} if limit and symbol == "IBM" else {}
        try:
            self.house.order(self.number, symbol=symbol, side=side, **terms)
        except ProcessEnded:
            self.restart()

    def cancel(self) -> None:
        """Somebody cancels the oldest order at work."""
        with reading(self.house.store) as connection:
            working = rows.working(connection)
        for order in working[:1]:
            try:
                self.house.execution.cancel(order.order_id, "ada")
            except Problem:
                continue

    def stranger(self, symbol: str) -> None:
        """Somebody else buys on the same account."""
        self.number += 1
        strange = ticket(self.number, qty=5, symbol=symbol)
        self.house.broker.inner.submit(permit(strange), strange)

    def break_line(self, lost: set[BrokerWord], held: set[BrokerWord], twice: set[BrokerWord]) -> None:
        """From now on messages of these words are lost, held back and told twice."""
        self.house.broker.lost, self.house.broker.twice = lost, twice
        self.house.broker.held |= held

    def cut(self, cut: set[str], mute: set[str], fatal: set[str]) -> None:
        """From now on these calls do not arrive, are not answered, or end the process."""
        broker = self.house.broker
        broker.cut, broker.mute, broker.fatal = cut, mute, fatal & {"submit"}

    def restart(self) -> None:
        """A new process goes on with what is on record."""
        self.house.broker.mend()
        self.house.reopen()
        self.house.execution.recover()

    def gift(self, symbol: str, shares: int, cents: int) -> None:
        """The broker's account has what nobody ordered."""
        self.house.broker.claims = {symbol: Decimal(shares)} if shares else {}
        self.house.broker.gift = Decimal(cents) / 100

    def step(self, volume: int) -> None:
        """The market moves, and the broker trades a tenth of ``volume``."""
        self.house.step(volume=volume)

    def look(self) -> None:
        """The five seconds are over."""
        self.house.reconcile()

    def end(self) -> None:
        """The line is whole again, and time goes on; what was held back is told at last."""
        self.house.broker.mend()
        for _ in range(6):
            self.house.step(volume=1_000_000)
            self.house.reconcile(after=8)
        self.house.broker.release(*BrokerWord)
        self.house.hear()
        self.house.reconcile()


ACTS = st.one_of(
    st.tuples(st.just(Story.order), SYMBOLS, st.sampled_from(["BUY", "SELL"]), st.none() | st.just("99.95")),
    st.tuples(st.just(Story.order), SYMBOLS, st.just("BUY"), st.none()),
    st.tuples(st.just(Story.step), st.sampled_from([40, 1_000_000])),
    st.tuples(st.just(Story.look)),
    st.tuples(st.just(Story.cancel)),
    st.tuples(st.just(Story.restart)),
    st.tuples(st.just(Story.stranger), SYMBOLS),
    st.tuples(st.just(Story.break_line), WORDS, WORDS, WORDS),
    st.tuples(st.just(Story.cut), CALLS, CALLS, CALLS),
    st.tuples(st.just(Story.gift), SYMBOLS, st.sampled_from([0, 7]), st.sampled_from([0, 1, -35])),
)


def sides(house: TradingHouse) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Everything here, and everything at the broker, by asset."""
    with reading(house.store) as connection:
        ours = held(connection)
    ours[CASH] = STARTING_CASH + ours.get(CASH, Decimal(0))
    account = house.broker.account(house.clock.now())
    return ours, {**account.positions, CASH: account.cash}


def frozen(house: TradingHouse) -> set[str]:
    with reading(house.store) as connection:
        return set(rows.frozen(connection))


def unknown(house: TradingHouse) -> list[OrderState]:
    with reading(house.store) as connection:
        states = [order.state for order in rows.working(connection)]
    return [state for state in states if state in (OrderState.UNKNOWN, OrderState.SUBMITTED)]


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(ACTS, min_size=3, max_size=14), certain=st.booleans())
def test_books_with_a_broken_past_agree_in_the_end_or_are_frozen(
    make_house: MakeHouse, acts: list, certain: bool
) -> None:
    story = Story(make_house())
    story.house.broker.certain = certain
    for act, *terms in acts:
        act(story, *terms)
    story.end()
    house = story.house
    ours, theirs = sides(house)
    differing = {asset for asset in {*ours, *theirs} if ours.get(asset, 0) != theirs.get(asset, 0)}
    assert differing <= frozen(house)
    assert house.execution.is_settled
    assert unknown(house) == []
    house.hear()
    assert house.shares()["portfolio"] == house.shares()["house"]
    assert house.cash()["portfolio"] == house.cash()["house"]
    house.store.dispose()
