"""Every fault does what it says, to the orders it was drawn for and to no other."""

from collections.abc import Callable
from decimal import Decimal
from itertools import islice

import pytest

from adapters.brokers.paper.faults import Fault, Faults
from adapters.ports import BrokerSilent
from adapters.strategy.scenario import calm_history_with_faults
from policy.order_contracts import OrderState
from tests.adapters.brokers.trading import Pit, number, quote, ticket

Struck = Callable[[Fault], Pit]


@pytest.fixture
def struck(store) -> Struck:
    """A pit whose every order is struck by one fault."""

    def make(*kinds: Fault) -> Pit:
        pit = Pit(store, faults=Faults(7, dict.fromkeys(kinds, 1.0)))
        pit.step("open", quote())
        return pit

    return make


def _told_by_step(pit: Pit, *moments: str) -> list[list[str]]:
    told = [pit.words()]
    for moment in moments:
        pit.step(moment, quote())
        told.append(pit.words())
    return told


def test_a_delayed_acknowledgement_comes_with_the_next_step_ahead_of_its_fills(struck: Struck) -> None:
    pit = struck(Fault.DELAYED_ACKNOWLEDGEMENT)
    pit.submit(ticket())
    assert _told_by_step(pit, "morning", "midday") == [[], ["accepted", "filled"], []]


def test_a_lost_acknowledgement_never_comes_but_the_broker_knows_the_order(struck: Struck) -> None:
    pit = struck(Fault.LOST_ACKNOWLEDGEMENT)
    pit.submit(ticket())
    assert pit.broker.order(number(1)).state is OrderState.ACCEPTED
    assert _told_by_step(pit, "morning", "midday") == [[], ["filled"], []]


def test_an_early_fill_overtakes_its_acknowledgement(struck: Struck) -> None:
    pit = struck(Fault.EARLY_FILL)
    pit.submit(ticket())
    pit.step("morning", quote())
    assert [(message.word.value, message.sequence) for message in pit.news()] == [
        ("filled", 2),
        ("accepted", 1),
    ]


def test_a_duplicate_fill_is_the_same_execution_under_another_number(struck: Struck) -> None:
    pit = struck(Fault.DUPLICATE_FILL)
    pit.submit(ticket())
    pit.step("morning", quote())
    _, first, second = pit.news()
    assert (first.execution_id, first.qty, first.sequence) == (
        second.execution_id,
        second.qty,
        second.sequence,
    )
    assert (first.number, second.number) == (2, 3)
    assert pit.broker.account(pit.clock.now()).positions == {"IBM": Decimal(100)}


def test_a_late_fill_is_told_one_or_two_steps_later_and_booked_at_once(struck: Struck) -> None:
    pit = struck(Fault.LATE_FILL)
    for order in range(8):
        pit.submit(ticket(order, qty=10))
    pit.news()
    pit.step("morning", quote())
    assert pit.news() == []
    assert pit.broker.account(pit.clock.now()).positions == {"IBM": Decimal(80)}
    told = _told_by_step(pit, "midday", "afternoon", "late")
    assert 0 < len(told[1]) < 8
    assert len(told[1]) + len(told[2]) == 8
    assert told[3] == []


def test_a_late_fill_comes_after_the_order_has_expired(struck: Struck) -> None:
    pit = struck(Fault.LATE_FILL)
    pit.submit(ticket())
    pit.step("close", quote(), volume=Decimal(400))
    assert pit.words() == ["accepted", "expired"]
    for moment in ("open", "morning"):
        pit.step(moment, quote(), day=1)
    (late,) = pit.news()
    assert (late.word, late.sequence, late.qty) == ("filled", 2, 40)


def test_silence_after_the_order_was_taken_leaves_it_working(struck: Struck) -> None:
    pit = struck(Fault.SILENT_TAKEN)
    with pytest.raises(BrokerSilent):
        pit.submit(ticket())
    assert pit.broker.order(number(1)).state is OrderState.ACCEPTED
    pit.submit(ticket())
    assert _told_by_step(pit, "morning") == [["accepted"], ["filled"]]


def test_silence_before_the_order_arrived_leaves_nothing(struck: Struck) -> None:
    pit = struck(Fault.SILENT_LOST)
    with pytest.raises(BrokerSilent):
        pit.submit(ticket())
    assert pit.broker.order(number(1)) is None
    assert _told_by_step(pit, "morning") == [[], []]
    assert pit.broker.submissions(number(1)) == 1


def test_the_risk_desk_rejects_by_message(struck: Struck) -> None:
    pit = struck(Fault.RISK_REJECT)
    pit.submit(ticket())
    (rejection,) = pit.news()
    assert (rejection.word, rejection.reason) == ("rejected", "held by the broker's risk desk")
    assert pit.step("morning", quote()) is False


def test_an_unsolicited_cancel_ends_the_order_unfilled(struck: Struck) -> None:
    pit = struck(Fault.UNSOLICITED_CANCEL)
    pit.submit(ticket())
    assert _told_by_step(pit, "morning", "midday") == [["accepted"], ["cancelled"], []]
    assert pit.broker.account(pit.clock.now()).positions == {}


def test_a_fault_strikes_as_often_as_asked_and_always_the_same_orders() -> None:
    script = Faults(7, {Fault.LATE_FILL: 0.1})
    hit = [order for order in range(1000) if script.strikes(Fault.LATE_FILL, number(order))]
    assert 70 < len(hit) < 130
    assert hit == [order for order in range(1000) if script.strikes(Fault.LATE_FILL, number(order))]
    assert not any(script.strikes(Fault.RISK_REJECT, number(order)) for order in range(1000))


def test_a_fault_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault 'late-fil'; choose from delayed-acknowledgement"):
        Faults(7, {"late-fil": 0.1})
    with pytest.raises(ValueError, match="rate of late-fill must lie from 0 to 1"):
        Faults(7, {"late-fill": 1.5})


def test_the_scenario_names_every_fault_and_a_year_of_orders_shows_each() -> None:
    rates = calm_history_with_faults(7).broker_faults
    script = Faults(7, rates)
    assert set(rates) == {kind.value for kind in Fault}
    assert sum(rates.values()) < 0.1
    for kind in Fault:
        assert list(islice((order for order in range(600) if script.strikes(kind, number(order))), 1))
