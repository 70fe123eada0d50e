"""The broker goes on where it stood: after a restart, a broken transaction, a run that repeats itself."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from adapters.brokers.paper.faults import Fault, Faults
from adapters.ports import BrokerRefused, BrokerSilent
from policy.contracts import Action, Quote
from policy.order_contracts import OrderState
from tests.adapters.brokers.trading import CASH, HOURS, START, Pit, moment_at, number, quote, ticket

STORMY = Faults(7, dict.fromkeys(Fault, 0.12))
CENT = Decimal("0.01")
MakeStore = Callable[[], Engine]
MOMENTS = [(day, moment) for day in range(2) for moment in HOURS]


@dataclass(frozen=True)
class Order:
    """What a customer does after a step: hand in an order, or cancel the one of that number."""

    number: int
    side: Action
    qty: int
    limit: int | None
    cancels: int | None


@dataclass(frozen=True)
class Scene:
    """One step with its market, and the orders that follow it."""

    bid: int
    volume: int
    is_quoted: bool
    orders: tuple[Order, ...]


TOLD = [
    Scene(
        10_000 + 7 * place % 40,
        400 * (place % 4),
        place != 4,
        (Order(place, "SELL" if place % 3 == 2 else "BUY", 30 + place, None, None),),
    )
    for place in range(len(MOMENTS))
]
"""A story of twelve scenes, one order each."""


def orders(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Order]:
    limits = st.none() | st.integers(9_800, 10_200)
    return st.builds(
        Order,
        numbers,
        st.sampled_from(["BUY", "BUY", "SELL"]),
        st.integers(1, 400),
        limits,
        st.none() | numbers,
    )


scenes = st.lists(
    st.builds(
        Scene,
        st.integers(9_800, 10_200),
        st.integers(0, 3_000),
        st.booleans() | st.just(True),
        st.lists(orders(st.integers(0, 30)), max_size=2).map(tuple),
    ),
    min_size=len(MOMENTS),
    max_size=len(MOMENTS),
)
Interrupt = Callable[[Pit], None]
some = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def play(pit: Pit, story: Sequence[Scene], interrupt: Interrupt = lambda _pit: None) -> list[Any]:
    """Plays ``story`` with ``interrupt`` between any two calls; gives what could be seen after each scene."""
    seen = []
    for scene, (day, moment) in zip(story, MOMENTS, strict=False):
        pit.exchange.is_open = moment != "close"
        pit.step(moment, *quotes_of(scene), day=day, volume=Decimal(scene.volume))
        interrupt(pit)
        for order in scene.orders:
            act(pit, order)
            interrupt(pit)
        seen.append(pit.everything())
    return seen


def parting(one: list[Any], other: list[Any]) -> Any:
    """The first scene after which two plays look different, with both looks; None when they are the same."""
    looks = enumerate(zip(one, other, strict=True))
    return next(((scene, *pair) for scene, pair in looks if pair[0] != pair[1]), None)


def quotes_of(scene: Scene) -> list[Quote]:
    bid = Decimal(scene.bid).scaleb(-2)
    return [quote(bid=str(bid), ask=str(bid + Decimal("0.05")))] if scene.is_quoted else []


def act(pit: Pit, order: Order) -> None:
    limit = str(Decimal(order.limit).scaleb(-2)) if order.limit else None
    with suppress(BrokerSilent, BrokerRefused):
        if order.cancels is None:
            pit.submit(ticket(order.number, order.side, order.qty, limit))
        else:
            pit.broker.cancel(number(order.cancels))


def without_cancels(story: Sequence[Scene]) -> list[Scene]:
    return [replace(s, orders=tuple(o for o in s.orders if o.cancels is None)) for s in story]


@some
@given(story=scenes)
def test_a_restart_between_any_two_calls_changes_nothing(make_store: MakeStore, story: list[Scene]) -> None:
    whole = play(Pit(make_store(), STORMY), story)
    assert parting(play(Pit(make_store(), STORMY), story, Pit.reopen), whole) is None


@some
@given(story=scenes, broken=st.integers(1, len(MOMENTS)))
def test_a_run_that_repeats_its_steps_sees_what_an_uninterrupted_one_saw(
    make_store: MakeStore, story: list[Scene], broken: int
) -> None:
    """As after a checkpoint from before the store's last fact: everything is sent again, the clock too."""
    story = without_cancels(story)
    whole, store = play(Pit(make_store(), STORMY), story), make_store()
    play(Pit(store, STORMY), story[:broken])
    assert parting(play(Pit(store, STORMY), story), whole) is None


def test_a_transaction_that_breaks_at_any_statement_leaves_nothing_behind(make_store: MakeStore) -> None:
    whole = played_with_a_break(make_store(), at=0)
    assert [len(messages) for messages, _ in whole] == sorted(len(messages) for messages, _ in whole)
    for statement in range(1, 200):
        if (broken := played_with_a_break(make_store(), at=statement)) is None:
            assert statement > 15
            return
        assert broken == whole
    raise AssertionError("the story never came to its end")


def played_with_a_break(store: Engine, at: int) -> list[Any] | None:
    """A short story in which the ``at``-th statement fails once and the caller tries again.

    0 is a story without a break; None means that it has fewer statements.
    """
    pit, statements = Pit(store, Faults(7, {Fault.LATE_FILL: 1.0})), count(1)

    def break_down(*_: object) -> None:
        if next(statements) == at:
            raise ConnectionAbortedError

    event.listen(store, "before_cursor_execute", break_down)
    seen = []
    for moment, volume in (("open", 0), ("morning", 400), ("midday", 5_000)):
        again(lambda: pit.step(moment, quote(), volume=Decimal(volume)))  # noqa: B023 - called at once
        again(lambda: pit.submit(ticket(HOURS[moment])))  # noqa: B023
        seen.append(again(pit.everything))
    return seen if next(statements) > at else None


def again(call: Callable[[], Any]) -> Any:
    with suppress(ConnectionAbortedError):
        return call()
    return call()


@some
@given(story=scenes)
def test_cash_and_positions_add_up_to_the_cent(make_store: MakeStore, story: list[Scene]) -> None:
    pit = Pit(make_store(), STORMY)
    play(pit, story)
    account = pit.broker.account(START)
    spent, held = Decimal(0), Decimal(0)
    for order in account.orders:
        sign = 1 if order.side == "BUY" else -1
        spent += sign * order.notional + order.commission
        held += sign * order.cum_qty
    assert account.cash == CASH - spent == account.cash.quantize(CENT)
    assert account.positions == ({"IBM": held} if held else {})
    assert held >= 0
    assert account.cash >= 0


@some
@given(story=scenes)
def test_an_order_s_fills_add_up_to_what_the_broker_shows(make_store: MakeStore, story: list[Scene]) -> None:
    """Whatever was late, lost, doubled or out of order; the last step lets go of what was held back."""
    pit = Pit(make_store(), STORMY)
    play(pit, story)
    for moment in HOURS:
        pit.step(moment, day=2)
    fills = {message.execution_id: message for message in pit.broker.heard(0) if message.word == "filled"}
    for order in pit.broker.account(START).orders:
        own = [fill for fill in fills.values() if fill.client_order_id == order.client_order_id]
        assert sum(fill.qty for fill in own) == order.cum_qty <= order.qty
        assert sum(fill.qty * fill.price for fill in own) == order.notional
        assert sum(fill.commission for fill in own) == order.commission
        assert order.state not in ("ACCEPTED", "PARTIALLY_FILLED")


@some
@given(story=scenes, cut=st.integers(0, 40))
def test_messages_are_numbered_without_gaps_and_can_be_heard_from_any_number(
    make_store: MakeStore, story: list[Scene], cut: int
) -> None:
    pit = Pit(make_store(), STORMY)
    play(pit, story)
    messages = pit.broker.heard(0)
    assert [message.number for message in messages] == list(range(1, len(messages) + 1))
    assert pit.broker.heard(cut) == messages[cut:]


def test_messages_are_not_heard_before_their_time(make_store: MakeStore) -> None:
    store = make_store()
    play(
        Pit(store),
        [Scene(9_900, 3_000, True, (Order(1, "BUY", 100, None, None),)), Scene(9_900, 3_000, True, ())],
    )
    early = Pit(store)
    early.clock.jump(moment_at("open"))
    assert [message.word.value for message in early.broker.heard(0)] == ["accepted"]
    assert early.broker.order(number(1)).state is OrderState.ACCEPTED
    assert early.broker.account(START).positions == {}
    early.clock.jump(moment_at("morning"))
    assert [message.word.value for message in early.broker.heard(0)] == ["accepted", "filled"]
    assert early.broker.account(START).positions == {"IBM": Decimal(100)}


def test_postgres_keeps_what_sqlite_keeps(postgres_store: Engine, store: Engine) -> None:
    on_sqlite = play(Pit(store, STORMY), TOLD)
    assert parting(play(Pit(postgres_store, STORMY), TOLD, Pit.reopen), on_sqlite) is None
    assert len(on_sqlite[-1][0]) >= 15
    assert parting(play(Pit(postgres_store, STORMY), TOLD), on_sqlite) is None


def test_a_step_without_resting_orders_touches_no_database(store: Engine) -> None:
    pit = Pit(store)
    pit.step("open", quote())
    pit.submit(ticket())
    pit.step("morning", quote())
    statements: list[object] = []
    event.listen(store, "before_cursor_execute", lambda *said: statements.append(said[2]))
    heard = pit.broker.heard(2)
    for moment in ("midday", "afternoon", "late", "close"):
        assert pit.step(moment, quote()) is False
    assert (heard, statements) == ((), [])


def test_cash_is_what_the_account_was_opened_with_whatever_is_asked_later(store: Engine) -> None:
    Pit(store)
    assert Pit(store, cash=Decimal(5)).broker.account(START).cash == CASH


def test_the_account_shows_what_works_and_what_changed_since(pit: Pit) -> None:
    pit.submit(ticket(1, qty=10))
    pit.submit(ticket(2, limit="50.00"))
    pit.step("morning", quote())
    pit.submit(ticket(3, qty=10))
    pit.step("midday", quote())
    since = [
        [order.client_order_id for order in pit.broker.account(moment_at(moment)).orders]
        for moment in ("morning", "midday", "afternoon")
    ]
    assert since == [[number(1), number(2), number(3)], [number(2), number(3)], [number(2)]]
