"""What the house says of a trade reaches every judgement, from the house alone and as of that very moment."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event, select

from policy.contracts import Decision
from policy.decisions import rows_of
from policy.explain import replay
from policy.order_contracts import OrderReason
from policy.permits import Asked, Denied, Permits
from policy.ports import derived_id
from policy.problems import Problem
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.tripping import Stops
from policy.store import reading, writing
from policy.tables import policy_evaluations
from tests.policy.parts import House, Texts, body, build_house, proposal, serving
from tests.policy.shadows import recorded
from tests.policy.stops.deciding import BAD_DAY, BOOK, MARKET, decide, hits, own

HALTED, REDUCING = StopState.HALTED, StopState.REDUCING
Trip = Callable[..., None]


@pytest.fixture
def trip(house: House) -> Trip:
    def trip(scope: str = "everything", state: StopState = HALTED) -> None:
        stops = Stops(house.service.store, house.clock)
        stops.trip(Scope.parse(scope), state, cause="person", by="alice")

    return trip


@pytest.mark.parametrize("scope", ["everything", "symbol:AAPL", "strategy:trend"])
def test_a_halt_rejects_what_it_covers(house: House, trip: Trip, scope: str) -> None:
    assert decide(house, own(1)).decision == "APPROVE"
    trip(scope)
    assert hits(decide(house, own(2))) == [("house-stops/halted", "hit")]


@pytest.mark.parametrize("scope", ["symbol:IBM", "strategy:fake"])
def test_a_halt_of_something_else_rejects_nothing(house: House, trip: Trip, scope: str) -> None:
    trip(scope)
    assert decide(house, own()).decision == "APPROVE"


@pytest.mark.parametrize(
    ("only_reduces", "said"),
    [
        (True, []),
        (False, [("house-stops/adding-while-reducing", "hit")]),
        (None, [("house-stops/adding-while-reducing", "absent")]),
    ],
)
def test_while_reducing_only_what_certainly_reduces_passes(
    house: House, trip: Trip, only_reduces: bool | None, said: list[tuple[str, str]]
) -> None:
    house.books.told = {} if only_reduces is None else {"house.only_reduces": only_reduces}
    trip(state=REDUCING)
    assert hits(decide(house, own())) == said


@pytest.mark.parametrize(
    ("only_reduces", "verdict"), [(True, "APPROVE"), (False, "REJECT"), (None, "REJECT")]
)
def test_on_a_bad_day_what_only_reduces_passes_the_drawdown_rule(
    house: House, only_reduces: bool | None, verdict: str
) -> None:
    house.books.told = {} if only_reduces is None else {"house.only_reduces": only_reduces}
    assert decide(house, own(book=BAD_DAY)).decision == verdict


def test_what_the_house_said_is_on_record_with_its_source_and_replays(house: House, trip: Trip) -> None:
    house.books.told = {"house.only_reduces": True}
    trip(state=REDUCING)
    decision = decide(house, own())
    assert decision.decision_id is not None
    with reading(house.service.store) as connection:
        row = rows_of(connection, [decision.decision_id])[decision.decision_id]
    facts = json.loads(row.facts)
    assert (facts["house.stop"], facts["house.only_reduces"]) == ("REDUCING", True)
    assert json.loads(row.facts_source)["house"] == "house"
    assert "house." not in row.proposal
    assert replay(row, house.service.loader).matched


def test_the_books_are_told_which_trade_and_asked_for_what_packs_read_and_no_more(house: House) -> None:
    decide(house, own(candidate_action="SELL", size_pct=0.004))
    ((names, trade),) = house.books.asked
    assert names == {"house.only_reduces"}
    told = (trade.symbol, trade.side, trade.size_pct, trade.source, trade.qty)
    assert told == ("AAPL", "SELL", 0.004, "house", None)


def test_a_signal_told_again_after_a_trip_is_the_same_signal(house: House, trip: Trip) -> None:
    first = decide(house, own())
    trip()
    house.books.told = {"house.only_reduces": True}
    assert decide(house, own()) == first


def test_a_trip_after_the_approval_denies_the_permit(house: House, trip: Trip) -> None:
    house.contexts.market, house.contexts.portfolio = MARKET, BOOK
    decision = decide(house, own())
    permits = Permits(house.clock, house.contexts, house.service.loader, "main", house.books)
    trip()
    with writing(house.service.store) as connection:
        examined = permits.examine(connection, asked(decision))
    assert isinstance(examined, Denied)
    assert isinstance(examined.reason, OrderReason)
    assert examined.reason.code == "rules-now-reject"
    assert "halted" in examined.reason.message


def test_the_books_are_told_how_many_shares_an_order_has(house: House) -> None:
    house.contexts.market, house.contexts.portfolio = MARKET, BOOK
    decision = decide(house, own())
    permits = Permits(house.clock, house.contexts, house.service.loader, "main", house.books)
    with writing(house.service.store) as connection:
        permits.examine(connection, asked(decision))
    assert [trade.qty for _, trade in house.books.asked] == [None, 10]


def asked(decision: Decision) -> Asked:
    """An order of ten shares at 100 dollars for ``decision``."""
    order_id = derived_id("order", decision.signal_id)
    return Asked(order_id, order_id, decision.signal_id, "AAPL", "BUY", 10, 100, 1_000_000)  # type: ignore[arg-type]


def test_a_trip_while_a_review_waits_overrules_its_approval(house: House, trip: Trip) -> None:
    review_id = decide(house, own(confidence=0.5)).review_id
    assert review_id is not None
    trip()
    with pytest.raises(Problem) as refused:
        house.service.reviews.approve(review_id, "ada", "looks right")
    assert refused.value.slug == "rules-now-reject"
    assert refused.value.errors[0].code == "house-stops/halted"


def with_stops_for_callers() -> Texts:
    shelf = (("trading-core", "1.0.0"), ("house-stops", "1.0.0"))
    return Texts(shelf={"callers": shelf, "house": shelf})


def test_callers_are_told_what_the_house_knows_and_cannot_say_it_themselves(store: Engine) -> None:
    house = build_house(store, with_stops_for_callers())
    house.service.start()
    try:
        with serving_policy(house) as api:
            refused = api.post("/v1/policy/evaluate", json=body(1, facts={"house.stop": "ACTIVE"}))
            assert refused.status_code == 422
            assert [one["code"] for one in refused.json()["errors"]] == ["house-only"]
            assert api.post("/v1/policy/evaluate", json=body(1)).json()["decision"] == "APPROVE"
            Stops(store, house.clock).trip(Scope.symbol("AAPL"), HALTED, cause="person", by="alice")
            stopped = api.post("/v1/policy/evaluate", json=body(2)).json()
            assert [one["rule"] for one in stopped["reasons"]] == ["house-stops/halted"]
    finally:
        house.service.stop()


@contextmanager
def serving_policy(house: House) -> Iterator[httpx.Client]:
    from policy.api import create_app

    with serving(create_app(house.service)) as client:
        yield client


def test_a_pack_that_forgets_to_keep_a_name_for_the_house_opens_it_to_nobody(store: Engine) -> None:
    library = Texts(shelf={"callers": (("careless", "1.0.0"),), "house": ()})
    library.add(CARELESS)
    house = build_house(store, library)
    said = proposal(1, facts={"house.stop": "ACTIVE"})
    (answer,) = house.service.evaluation.evaluate_batch([said])
    assert isinstance(answer, Problem)
    assert [one.code for one in answer.errors] == ["house-only"]


CARELESS = """
pack: careless
version: 1.0.0
inputs:
  symbol: {type: string}
  house.stop: {type: string, one_of: [ACTIVE, REDUCING, HALTED], absent: REJECT}
rules:
  - id: stopped
    when: 'house.stop != "ACTIVE"'
    then: REJECT
"""


def test_a_shadow_that_reads_the_house_is_given_what_it_reads(house: House) -> None:
    house.service.shelf.activate("trading-core", "2.0.0", ["callers"], by="ada", shadow=True)
    house.books.told = {"house.only_reduces": True}
    bad_day = proposal(1, portfolio_context__daily_drawdown_pct=0.04)
    assert decide(house, bad_day).decision == "REJECT"
    [row] = recorded(house.service.store)
    assert (row.active_verdict, row.verdict) == ("REJECT", "APPROVE")


def test_callers_whose_packs_read_nothing_of_the_house_cost_no_statement_more(house: House) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(house.service.store, "before_cursor_execute", note)
    assert decide(house, proposal(1)).decision == "APPROVE"
    assert not [one for one in statements if "stops" in one or "SAVEPOINT" in one]
    assert house.books.asked == []


def test_a_batch_reads_the_stops_once(house: House) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(house.service.store, "before_cursor_execute", note)
    house.service.evaluation.evaluate_batch([own(number) for number in range(20)])
    assert len([one for one in statements if "FROM stops" in one]) == 1
    with reading(house.service.store) as connection:
        assert len(connection.execute(select(policy_evaluations.c.id)).all()) == 20


def test_re_arming_lets_signals_through_again(house: House, trip: Trip) -> None:
    trip()
    assert decide(house, own(1)).decision == "REJECT"
    Stops(house.service.store, house.clock).rearm(EVERYTHING, by="alice", note="looked")
    assert decide(house, own(2)).decision == "APPROVE"
