"""Permits: one order for one approval, in time, for its deal and size, and never against the rules of now."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, update

from policy.audit.verify import verify
from policy.contracts import Decision, MarketContext, PortfolioContext
from policy.decisions import newest_first
from policy.explain import replay
from policy.order_contracts import OrderReason
from policy.permits import Asked, Denied, ExitAsked, OrderPermit, Permits
from policy.ports import derived_id
from policy.store import reading, writing
from policy.tables import permits as permits_table
from policy.tables import policy_evaluations
from tests.policy.parts import House, body, proposal, signal_id

MARKET = MarketContext(data_age_seconds=1, market_open=True, event_blackout_active=False, liquidity_score=0.9)
BOOK = PortfolioContext(gross_exposure_pct=0.1, daily_drawdown_pct=0.0, correlation=0.1)


@dataclass
class Desk:
    """A house that measures a calm market and an easy book, and its permits."""

    house: House
    permits: Permits

    def decide(self, number: int = 1, **changes: Any) -> Decision:
        (decision,) = self.house.service.evaluation.evaluate_batch([proposal(number, **changes)])
        assert isinstance(decision, Decision)
        return decision

    def ask(self, number: int = 1, order: int = 1, **changes: Any) -> OrderPermit | OrderReason:
        """What becomes of an order of ten AAPL at 100 dollars, but for ``changes``."""
        asked: dict[str, Any] = {
            "order_id": derived_id("order", order),
            "client_order_id": derived_id("client-order", order),
            "signal_id": signal_id(number),
            "symbol": "AAPL",
            "side": "BUY",
            "qty": Decimal(10),
            "price": Decimal(100),
            "equity": Decimal(1_000_000),
        }
        with writing(self.house.service.store) as connection:
            examined = self.permits.examine(connection, Asked(**asked | changes))
            if isinstance(examined, Denied):
                return examined.reason
            return self.permits.grant(connection, examined)

    def denied(self, *arguments: Any, **changes: Any) -> str:
        answer = self.ask(*arguments, **changes)
        assert isinstance(answer, OrderReason), answer
        return answer.code


@pytest.fixture
def desk(house: House) -> Desk:
    house.contexts.market, house.contexts.portfolio = MARKET, BOOK
    permits = Permits(house.clock, house.contexts, house.service.loader, "main")
    return Desk(house, permits)


def test_an_approval_gives_a_permit_for_its_deal(desk: Desk) -> None:
    decision = desk.decide()
    permit = desk.ask()
    assert isinstance(permit, OrderPermit)
    assert (permit.symbol, permit.side, permit.qty, permit.kind) == ("AAPL", "BUY", Decimal(10), "signal")
    assert permit.expires_at == decision.expires_at
    with reading(desk.house.service.store) as connection:
        assert desk.permits.recall(connection, permit.order_id) == permit
    assert verify(desk.house.service.store) == []


def test_what_the_rules_said_for_a_permit_is_on_record_and_replays(desk: Desk) -> None:
    desk.decide()
    permit = desk.ask()
    assert isinstance(permit, OrderPermit)
    with reading(desk.house.service.store) as connection:
        query = policy_evaluations.select().where(policy_evaluations.c.decision_id == permit.permit_id)
        row = connection.execute(query).one()
        listed = newest_first(connection, symbol=None, decision=None, since=None, before=None, limit=10)
    assert (row.purpose, row.verdict) == ("permit", "APPROVE")
    assert replay(row, desk.house.service.loader).matched
    assert permit.permit_id not in {one.decision_id for one in listed}


def test_a_signal_nobody_decided_gets_none(desk: Desk) -> None:
    assert desk.denied() == "no-approved-decision"


@pytest.mark.parametrize("changes", [{"confidence": 0.5}, {"market_context__market_open": False}], ids=str)
def test_a_signal_that_was_not_approved_gets_none(desk: Desk, changes: dict[str, Any]) -> None:
    desk.decide(**changes)
    assert desk.denied() == "no-approved-decision"


def test_a_permit_is_given_once_for_a_signal(desk: Desk) -> None:
    desk.decide()
    assert isinstance(desk.ask(order=1), OrderPermit)
    assert desk.denied(order=2) == "permit-used"


def test_an_approval_past_its_time_gives_none(desk: Desk) -> None:
    desk.decide()
    desk.house.clock.pass_by(seconds=59.9)
    assert isinstance(desk.ask(), OrderPermit)
    desk.decide(2)
    desk.house.clock.pass_by(seconds=60)
    assert desk.denied(2, 2) == "permit-expired"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "IBM"}, "not-covered"),
        ({"side": "SELL"}, "not-covered"),
        ({"qty": Decimal(101)}, "not-covered"),
        ({"equity": Decimal(99_999)}, "not-covered"),
        ({"equity": None}, "not-covered"),
        ({"price": None}, "no-quote"),
    ],
    ids=str,
)
def test_another_deal_or_a_larger_one_is_not_covered(desk: Desk, changes: dict[str, Any], code: str) -> None:
    desk.decide()
    assert desk.denied(**changes) == code


def test_exactly_the_approved_share_of_equity_is_covered(desk: Desk) -> None:
    desk.decide()
    assert isinstance(desk.ask(qty=Decimal(100)), OrderPermit)


@pytest.mark.parametrize(
    ("market", "book", "code"),
    [
        ({"market_open": False}, {}, "rules-now-reject"),
        ({"data_age_seconds": 31}, {}, "rules-now-reject"),
        ({}, {"daily_drawdown_pct": 0.03}, "rules-now-reject"),
        ({"liquidity_score": 0.5}, {}, "rules-now-review"),
        ({}, {"correlation": 0.9}, "rules-now-review"),
    ],
    ids=str,
)
def test_flattering_contexts_do_not_get_an_order_past_what_the_house_measures(
    desk: Desk, market: dict[str, Any], book: dict[str, Any], code: str
) -> None:
    assert desk.decide().decision == "APPROVE"
    desk.house.contexts.market = MARKET.model_copy(update=market)
    desk.house.contexts.portfolio = BOOK.model_copy(update=book)
    assert desk.denied() == code
    assert verify(desk.house.service.store) == []


def test_a_market_the_house_cannot_measure_gives_none(desk: Desk) -> None:
    desk.decide()
    desk.house.contexts.market = None
    assert desk.denied() == "no-quote"


def test_a_book_the_house_cannot_measure_gives_none(desk: Desk) -> None:
    desk.decide()
    desk.house.contexts.portfolio = None
    assert desk.denied() == "rules-now-reject"


def test_a_person_s_approval_gives_a_permit_although_the_waived_reason_still_holds(desk: Desk) -> None:
    decision = desk.decide(confidence=0.5)
    assert decision.review_id is not None
    desk.house.service.reviews.approve(decision.review_id, "ada", "seen")
    assert isinstance(desk.ask(), OrderPermit)
    assert verify(desk.house.service.store) == []


def test_a_reason_that_came_up_after_the_person_approved_still_holds(desk: Desk) -> None:
    decision = desk.decide(confidence=0.5)
    assert decision.review_id is not None
    desk.house.service.reviews.approve(decision.review_id, "ada", "seen")
    desk.house.contexts.market = MARKET.model_copy(update={"liquidity_score": 0.5})
    assert desk.denied() == "rules-now-review"


def exit_permit(desk: Desk, **changes: Any) -> OrderPermit | OrderReason:
    asked: dict[str, Any] = {
        "order_id": derived_id("order", "exit"),
        "client_order_id": derived_id("client-order", "exit"),
        "symbol": "AAPL",
        "side": "SELL",
        "qty": Decimal(10),
        "position": Decimal(10),
        "leaving": Decimal(0),
        "price": Decimal(100),
        "market_open": True,
    }
    with writing(desk.house.service.store) as connection:
        return desk.permits.grant_exit(connection, ExitAsked(**asked | changes))


@pytest.mark.parametrize(
    "changes",
    [{}, {"qty": Decimal(3), "leaving": Decimal(7)}, {"side": "BUY", "position": Decimal(-10)}],
    ids=str,
)
def test_an_exit_that_only_reduces_needs_no_decision(desk: Desk, changes: dict[str, Any]) -> None:
    permit = exit_permit(desk, **changes)
    assert isinstance(permit, OrderPermit)
    assert permit.kind == "exit"
    assert verify(desk.house.service.store) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"qty": Decimal(11)}, "not-reducing"),
        ({"leaving": Decimal(1)}, "not-reducing"),
        ({"position": Decimal(0)}, "not-reducing"),
        ({"side": "BUY"}, "not-reducing"),
        ({"position": Decimal(-10)}, "not-reducing"),
        ({"market_open": False}, "market-closed"),
        ({"price": None}, "no-quote"),
    ],
    ids=str,
)
def test_an_exit_never_flips_nor_grows_a_position(desk: Desk, changes: dict[str, Any], code: str) -> None:
    answer = exit_permit(desk, **changes)
    assert isinstance(answer, OrderReason)
    assert answer.code == code


def test_nobody_else_can_make_a_permit(desk: Desk) -> None:
    desk.decide()
    permit = desk.ask()
    assert isinstance(permit, OrderPermit)
    fields = {name: getattr(permit, name) for name in OrderPermit.__slots__}
    with pytest.raises(TypeError, match=r"only policy\.permits"):
        OrderPermit(**fields, seal=object())


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (update(permits_table).values(qty=Decimal(1000)), "was changed"),
        (delete(permits_table).where(permits_table.c.seq == 1), "does not follow"),
        (delete(permits_table).where(permits_table.c.seq == 2), "does not end"),
        (
            update(policy_evaluations).where(policy_evaluations.c.purpose == "permit").values(purpose=None),
            "was",
        ),
    ],
    ids=["size", "first", "last", "purpose"],
)
def test_a_tampered_permit_is_found(desk: Desk, spoil: Any, what: str) -> None:
    for number in (1, 2):
        desk.decide(number)
        assert isinstance(desk.ask(number, number), OrderPermit)
    store: Engine = desk.house.service.store
    assert verify(store) == []
    with writing(store) as connection:
        connection.execute(spoil)
    assert any(what in flaw.what for flaw in verify(store))


def test_ids_of_permits_follow_from_their_orders(desk: Desk) -> None:
    desk.decide()
    permit = desk.ask()
    assert isinstance(permit, OrderPermit)
    assert permit.permit_id == derived_id("permit", permit.order_id)
    assert isinstance(permit.permit_id, UUID)
    assert body(1)["signal_id"] == str(permit.signal_id)
