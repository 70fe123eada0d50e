"""Nothing but exits is sent while the books are not settled with the broker's, in each process anew."""

from decimal import Decimal

from sqlalchemy import select

from adapters.execution.reconciliation.tables import execution_starts
from adapters.execution.service import Execution
from adapters.ports import BrokerWord
from policy.store import reading
from tests.adapters.brokers.trading import permit, ticket
from tests.adapters.execution.parts import TradingHouse
from tests.controls.rows import Shown, control

NOT_RECONCILED = "limit-not-reconciled"
LIVES = "adapters/execution"


def codes(house: TradingHouse, number: int, **changes: object) -> list[str]:
    """Why the order for signal ``number`` is not sent."""
    return [reason.code for reason in house.one(house.order(number, **changes)).reasons]


def starts(house: TradingHouse) -> list[tuple[bool, str | None]]:
    """Every start on record: whether it is settled, and what it waits for."""
    with reading(house.store) as connection:
        rows = connection.execute(select(execution_starts).order_by(execution_starts.c.number))
        return [(row.settled_at is not None, row.waits_for) for row in rows]


def gauge(house: TradingHouse) -> float:
    """What the page of the process shows."""
    [shown] = [one for one in house.execution.tally.collect() if one.name == "trivet_books_settled"]
    return shown.samples[0].value


def reopened_in_silence(house: TradingHouse) -> None:
    """A new process that cannot see the broker's account."""
    house.broker.cut = {"account"}
    house.reopen()


def test_a_process_that_has_not_looked_sends_nothing_though_the_one_before_was_settled(
    either_house: TradingHouse,
) -> None:
    house = either_house
    assert (house.execution.is_settled, starts(house)) == (True, [(True, None)])
    house.parts = type(house.parts)(
        *(getattr(house.parts, name) for name in ("store", "clock", "market", "account", "permits")),
        *(getattr(house.parts, name) for name in ("broker", "cash", "limits")),
    )
    house.execution = Execution(house.parts)
    assert codes(house, 1) == [NOT_RECONCILED]
    assert house.execution.reconciled(1).start is None


@control(34, "books not settled since the start", f"{LIVES}/reconciliation/gate.py")
def test_new_risk_waits_until_the_books_are_settled(house: TradingHouse) -> Shown:
    reopened_in_silence(house)
    denied = house.one(house.order(1))
    assert [reason.code for reason in denied.reasons] == [NOT_RECONCILED]
    house.broker.mend()
    house.reconcile()
    assert codes(house, 2) == []
    [reason] = denied.reasons
    return Shown(
        "buy IBM in a process that has not seen the broker's account yet",
        f"{denied.state_detail}, {reason.code}: {reason.message}; once it was seen, the next is sent",
    )


@control(34, "unexplained cash", f"{LIVES}/controls/doubt.py")
def test_nothing_is_bought_while_35_cents_are_missing(house: TradingHouse) -> Shown:
    house.hold(1, "IBM", 10)
    house.broker.gift = Decimal("-0.35")
    house.reconcile()
    house.step()
    denied = house.one(house.order(2))
    [reason] = denied.reasons
    assert reason.code == "limit-cash-frozen"
    assert codes(house, 3, side="SELL") == []
    return Shown(
        "buy IBM while the broker has 35 cents less than the books",
        f"{denied.state_detail}, {reason.code}: {reason.message}; what is held can be sold",
    )


def test_a_silent_broker_keeps_the_gate_closed_until_it_answers(either_house: TradingHouse) -> None:
    house = either_house
    reopened_in_silence(house)
    assert codes(house, 1) == [NOT_RECONCILED]
    assert house.broker.tried == {}
    [_, (settled, waits_for)] = starts(house)
    assert (settled, gauge(house)) == (False, 0)
    assert waits_for == "the broker's account cannot be seen (the line is cut)"
    house.reconcile()
    assert not house.execution.is_settled
    house.broker.mend()
    assert house.execution.reconcile_if_working() == ()
    assert (starts(house)[-1], gauge(house)) == ((True, None), 1)
    assert codes(house, 2) == []


def test_an_exit_passes_the_closed_gate(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    reopened_in_silence(house)
    [leaving] = house.execution.flatten("IBM", "ada").orders
    house.step()
    assert house.state(leaving.order_id) == "FILLED"
    house.broker.mend()
    house.reconcile()
    assert house.books_agree()


def test_a_cancel_passes_the_closed_gate(house: TradingHouse) -> None:
    order = house.order(1)
    reopened_in_silence(house)
    house.execution.cancel(order, "ada")
    assert house.state(order) == "CANCELLED"


def test_what_was_made_before_is_not_sent_by_a_process_that_cannot_settle(house: TradingHouse) -> None:
    house.broker.fatal = {"submit"}
    reopened_in_silence(house)
    house.broker.fatal = set()
    order = house.order(1)
    house.execution.recover()
    assert house.state(order) == "DENIED"
    assert house.broker.tried == {}


def test_with_a_broker_that_may_have_news_on_the_way_the_gate_waits_until_none_is_young(
    house: TradingHouse,
) -> None:
    house.broker.lost = {BrokerWord.ACCEPTED}
    order = house.order(1)
    house.broker.certain = False
    house.reopen()
    assert starts(house)[-1] == (False, "orders may still have news on the way (1)")
    assert house.reconcile() == ["Tell"]
    assert (house.state(order), house.execution.is_settled) == ("ACCEPTED", False)
    assert house.reconcile() == []
    assert house.execution.is_settled


def test_a_certain_broker_s_answer_opens_the_gate_while_orders_of_ours_differ(house: TradingHouse) -> None:
    house.broker.lost = {BrokerWord.FILLED}
    order = house.order(1)
    house.step()
    house.reopen()
    assert (house.state(order), house.execution.is_settled) == ("ACCEPTED", True)


def test_an_order_that_only_the_broker_has_keeps_the_gate_closed_until_it_is_compared(
    house: TradingHouse,
) -> None:
    stranger = ticket(qty=30)
    house.broker.inner.submit(permit(stranger), stranger)
    house.reopen()
    assert starts(house)[-1] == (False, "the broker has orders that were not here (1)")
    assert house.reconcile() == ["Adopt"]
    assert not house.execution.is_settled
    assert house.reconcile() == []
    assert house.execution.is_settled


def test_shares_that_nobody_explains_are_frozen_before_the_gate_opens(house: TradingHouse) -> None:
    house.broker.claims = {"MSFT": Decimal(7)}
    house.reopen()
    assert starts(house)[-1] == (False, "shares or dollars differ and are not frozen yet (MSFT)")
    assert house.reconcile() == ["Freeze"]
    assert house.execution.is_settled
    house.step()
    assert codes(house, 1, symbol="MSFT") == ["limit-symbol-frozen"]
    assert codes(house, 2) == []


def test_a_broker_that_falls_silent_for_three_looks_closes_the_gate_again(either_house: TradingHouse) -> None:
    house = either_house
    [settled] = starts(house)
    house.broker.cut = {"account"}
    house.reconcile()
    house.reconcile()
    assert (house.execution.is_settled, gauge(house)) == (True, 1)
    house.reconcile()
    assert (house.execution.is_settled, gauge(house)) == (False, 0)
    assert codes(house, 1) == [NOT_RECONCILED]
    [start] = starts(house)
    assert start == (True, "the broker's account cannot be seen (the line is cut)")
    house.broker.mend()
    house.reconcile()
    assert ([settled], gauge(house)) == (starts(house), 1)
    house.step()
    assert codes(house, 2) == []


def test_silences_count_only_in_a_row(house: TradingHouse) -> None:
    for _ in range(3):
        house.broker.cut = {"account"}
        house.reconcile()
        house.reconcile()
        house.broker.mend()
        house.reconcile()
    assert house.execution.is_settled
