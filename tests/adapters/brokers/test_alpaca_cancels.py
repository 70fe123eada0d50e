"""Cancels that nobody answered: while the broker decides nothing is told, and each is told refused once."""

import pytest

from tests.adapters.brokers.sandbox import sandbox
from tests.adapters.brokers.trading import number, ticket


@pytest.fixture
def box(store):
    """A house that only looks at lists; its order was acknowledged, and its cancel is not decided yet."""
    with sandbox(store) as opened:
        opened.alpaca.account.cancels_at_once = False
        opened.submit(ticket(1, qty=10, limit="90.00"))
        opened.broker.cancel(number(1))
        assert opened.words() == ["accepted"]
        yield opened


def later(box):
    box.clock.pass_by(seconds=12)
    return box.words()


def work_on(box):
    box.alpaca.account.become(number(1), "new", "order_cancel_rejected")


def test_a_cancel_that_is_not_decided_is_waited_for(box):
    assert later(box) == []
    box.broker.cancel(number(1))
    assert later(box) == []
    box.alpaca.account.end(number(1), "canceled")
    assert later(box) == ["cancelled"]


def test_an_order_shown_as_before_right_after_its_cancel_is_given_time(box):
    work_on(box)
    assert box.words() == []
    box.alpaca.account.end(number(1), "canceled")
    assert later(box) == ["cancelled"]


def test_every_cancel_without_effect_is_told_once(box):
    for _ in range(2):
        work_on(box)
        assert later(box) == ["cancel-rejected"]
        assert later(box) == []
        box.broker.cancel(number(1))
    box.fill(1, 10)
    assert later(box) == ["filled"]


def test_a_refusal_that_the_stream_told_is_told_once(box):
    box.reopen(streaming=True)
    box.broker.cancel(number(1))
    work_on(box)
    box.told(2)
    assert later(box) == ["cancel-rejected"]
    assert later(box) == []


def test_cancels_that_are_answered_are_not_remembered(box):
    box.reopen(streaming=True)
    box.broker.cancel(number(1))
    box.alpaca.account.end(number(1), "canceled")
    box.until(lambda: not box.broker._journal.at_work())
    later(box)
    assert not box.broker._cancels._taken
