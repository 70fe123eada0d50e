"""Approvals that came in as events wait on record, and are followed in the order of their signals."""

from uuid import UUID

import pytest

from adapters.execution.approvals import MOST, Approvals
from adapters.market.player import PlayerClock
from adapters.storage.database import open_store
from adapters.wiring.apart.seats import once
from adapters.wiring.signals import publish
from policy.contracts import Decision, Event, EventType, SignalCandidate
from policy.store import writing
from tests.adapters.portfolio.journal import BELL


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def approvals(request):
    store = open_store(request.getfixturevalue(request.param))
    yield Approvals(store)
    store.dispose()


def signal(number):
    return SignalCandidate(
        signal_id=UUID(int=number),
        symbol="IBM",
        candidate_action="BUY",
        confidence=0.9,
        size_pct=0.01,
        strategy="test",
        model_version="1",
        stop_distance_pct=0.02,
        created_at=BELL,
    )


def decision(number, **differing):
    terms = {
        "decision": "APPROVE",
        "reasons": (),
        "caps": (),
        "approved_size_pct": 0.01,
        "expires_at": BELL,
        "decision_id": UUID(int=1000 - number),
        "signal_id": UUID(int=number),
        "symbol": "IBM",
        "candidate_action": "BUY",
        "evaluated_at": BELL,
        "review_id": None,
        "packs": (),
        "source": "house",
    }
    return Decision(**terms | differing)


def kept(approvals, decisions):
    with writing(approvals.store) as connection:
        approvals.keep(connection, decisions)


def test_they_are_followed_in_the_order_in_which_the_strategies_proposed(approvals):
    proposed = [7, 2, 9, 4]
    publish(approvals.store, [signal(number) for number in proposed])
    for number in (4, 9, 2, 7):
        kept(approvals, [decision(number)])
    assert approvals.waiting() == [decision(number) for number in proposed]


def test_more_than_are_followed_together_come_in_that_order_too(approvals):
    proposed = [(number * 7) % 211 + 1 for number in range(2 * MOST)]
    publish(approvals.store, [signal(number) for number in proposed])
    kept(approvals, [decision(number) for number in sorted(proposed)])
    followed = []
    while waiting := approvals.waiting():
        assert len(waiting) <= MOST
        followed += [one.signal_id.int for one in waiting]
        approvals.followed(waiting)
    assert followed == proposed


def test_an_approval_that_is_told_again_after_it_was_followed_is_not_followed_again(approvals):
    told = Event(
        id=UUID(int=1),
        type=EventType.DECISION_MADE,
        source="/trivet/policy",
        subject="1",
        time=BELL,
        data=decision(1).model_dump(mode="json"),
    )
    hear = once(approvals, PlayerClock(BELL))
    hear([told])
    approvals.followed(approvals.waiting())
    hear([told])
    assert approvals.waiting() == []


def test_one_that_comes_twice_waits_once(approvals):
    kept(approvals, [decision(1)])
    kept(approvals, [decision(1), decision(2)])
    assert [one.signal_id.int for one in approvals.waiting()] == [2, 1]


def test_what_was_followed_waits_no_more_and_the_rest_does(approvals):
    kept(approvals, [decision(1), decision(2)])
    approvals.followed([decision(1)])
    assert approvals.waiting() == [decision(2)]


@pytest.mark.parametrize("differing", [{"decision": "REVIEW"}, {"decision": "REJECT"}, {"source": "callers"}])
def test_only_the_houses_own_approvals_are_to_be_followed(approvals, differing):
    kept(approvals, [decision(1, **differing)])
    assert approvals.waiting() == []
