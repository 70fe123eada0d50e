"""On whose word an order goes out, where to, and what is looked at once more at the moment of sending."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.execution import store as rows
from adapters.execution.controls.limits_file import LimitsUnfit
from adapters.execution.keys import Key
from adapters.execution.reading import order_request
from adapters.ports import BrokerWord
from adapters.settings import Settings
from adapters.wiring.apart.ground import Ground
from adapters.wiring.apart.seats import execution_service
from policy.ports import PackUnavailable
from policy.problems import Problem
from policy.rollout.phases import Phase
from policy.stops.scope import Scope
from policy.store import writing
from tests.adapters.execution.conftest import MakeHouse
from tests.adapters.execution.controls.attempts import enter, judged, narrow, refused, told
from tests.adapters.execution.parts import SCOPE, TradingHouse, limits_as_in, order_body
from tests.controls.rows import Shown, control
from tests.policy.parts import Texts
from tests.trivet import trivet

LIVES = "adapters/execution/controls"


def made(house: TradingHouse, number: int = 1, **changes: Any) -> UUID:
    """The id of an order that is permitted and on record, and not sent yet."""
    house.decide(number)
    key = Key(SCOPE, f"key {number}")
    assert house.execution._placing.for_caller(key, request(number, **changes))
    assert house.state(key.order_id) == "NEW"
    return key.order_id


def request(number: int = 1, **changes: Any) -> Any:
    return order_request(json.dumps(order_body(number, **changes)).encode())


def sent(house: TradingHouse, order_id: UUID) -> str:
    """What became of a made order when it was to be sent, and that the broker was not told of it."""
    house.execution._sending.send([order_id])
    order = house.one(order_id)
    assert house.broker.tried[order.client_order_id] == 0
    return told(order)


def late_fill(house: TradingHouse, order_id: UUID, qty: int) -> None:
    """The broker tells of a fill that nobody expected any more."""
    last = house.broker._told[-1]
    order = house.one(order_id)
    house.broker._tell(
        replace(
            last,
            sequence=99,
            word=BrokerWord.FILLED,
            client_order_id=order.client_order_id,
            external_order_id=order.external_order_id or "",
            execution_id="late",
            qty=Decimal(qty),
            price=Decimal("99.90"),
            commission=Decimal(1),
        )
    )
    house.hear()


def sold_late(house: TradingHouse) -> UUID:
    """Sixty shares are held; a SELL of them was cancelled, and its fill is still to come."""
    house.hold(1, "IBM", 60)
    cancelled = house.order(2, side="SELL", qty=60, limit_price="110.00")
    house.execution.cancel(cancelled, "ada")
    assert house.state(cancelled) == "CANCELLED"
    return cancelled


@control(20, "reduce-only at submit", f"{LIVES}/flips.py")
def test_an_exit_whose_position_shrank_is_not_sent(house: TradingHouse) -> Shown:
    cancelled = sold_late(house)
    with writing(house.store) as connection:
        exit_order = house.execution._placing.exit(
            connection, Key("exit", "IBM/1"), "IBM", Decimal(60), "ada"
        )
    late_fill(house, cancelled, 30)
    happened = sent(house, exit_order.order_id)
    assert "not-reducing" in happened
    return Shown("an exit of 60 IBM, made before a late fill sold 30 of them, is to be sent", happened)


@control(20, "reduce-only at fill", "adapters/execution/excess.py")
def test_an_exit_that_rests_while_its_position_shrinks_is_ended(house: TradingHouse) -> Shown:
    cancelled = sold_late(house)
    [exit_order] = house.execution.flatten("IBM", "ada").orders
    late_fill(house, cancelled, 30)
    house.hear()
    assert house.state(exit_order.order_id) == "CANCELLED"
    house.step()
    assert house.shares()["house"] == {"IBM": 30}, "nothing was sold that was not there"
    [again] = house.execution.flatten("IBM", "ada").orders
    assert again.qty == 30
    return Shown(
        "an exit of 60 IBM rests while a late fill sells 30 of them",
        f"the exit is {house.state(exit_order.order_id)}, 30 are held, and the next exit is for {again.qty}",
    )


@control(34, "frozen symbols", f"{LIVES}/doubt.py")
def test_a_symbol_whose_position_is_unexplained_takes_no_new_risk(house: TradingHouse) -> Shown:
    house.decide(1)
    with writing(house.store) as connection:
        rows.freeze(connection, house.clock.now(), "IBM", "position-mismatch: 0 here, 5 at the broker")
    denied = refused(house, house.place(1), "limit-symbol-frozen")
    return Shown("buy IBM while its position differs from the broker's", denied)


@control(34, "orders of unknown fate", f"{LIVES}/doubt.py")
def test_while_the_fate_of_an_order_is_unknown_its_symbol_waits(house: TradingHouse) -> Shown:
    house.broker.certain = False
    house.broker.cut = {"submit"}
    assert house.state(house.order(1)) == "UNKNOWN"
    house.broker.mend()
    house.decide(2)
    denied = refused(house, house.place(2), "limit-unresolved-order")
    return Shown("buy IBM while the broker has not said what became of the last order in it", denied)


@control(36, "the account at the broker", f"{LIVES}/account.py")
def test_an_account_that_the_broker_blocks_sends_nothing(house: TradingHouse) -> Shown:
    house.broker.blocked = "trading_blocked"
    house.reconcile()
    house.step()
    house.decide(1)
    denied = refused(house, house.place(1), "limit-account-blocked")
    house.broker.blocked = None
    house.reconcile()
    house.step()
    house.decide(2)
    assert house.place(2).reasons == ()
    return Shown("buy IBM while the broker says trading_blocked; again once it no longer does", denied)


@control(37, "unsupported kinds of orders", "policy/order_contracts.py", "422")
def test_an_order_of_a_kind_that_is_not_sent_is_refused_at_the_door() -> Shown:
    with pytest.raises(Problem) as problem:
        request(order_type="STOP")
    return Shown("an order of type STOP is posted", f"{problem.value.status} {problem.value.slug}")


@control(37, "expired permits", "adapters/execution/sending.py", "EXPIRED")
def test_an_order_whose_permit_ran_out_is_not_sent(house: TradingHouse) -> Shown:
    order = made(house)
    house.clock.pass_by(minutes=10)
    return Shown("an order is to be sent ten minutes after its permit was given", sent(house, order))


@control(15, "price precision", "policy/order_contracts.py", "422")
def test_a_price_between_cents_is_refused_at_the_door() -> Shown:
    with pytest.raises(Problem) as problem:
        request(limit_price="100.005")
    return Shown("a limit of 100.005 is posted", f"{problem.value.status} {problem.value.slug}")


@control(13, "whole shares", "policy/order_contracts.py", "422")
def test_a_fraction_of_a_share_is_refused_at_the_door() -> Shown:
    with pytest.raises(Problem) as problem:
        request(qty="0.5")
    return Shown("half a share is ordered", f"{problem.value.status} {problem.value.slug}")


@control(40, "phase lock", f"{LIVES}/sender.py", limit="brokers")
def test_no_broker_is_sent_to_that_the_phase_does_not_name(house: TradingHouse) -> Shown:
    house.limits |= {Phase.LIVE: limits_as_in(Phase.LIVE)[Phase.LIVE]}
    enter(house, Phase.LIVE)
    house.decide(1)
    denied = house.place(1, qty=1)
    assert denied.reasons[0].code == "limit-phase-lock", told(denied)
    return Shown("buy one IBM in phase live, for which no broker is shipped", told(denied))


@control(41, "a person answers for every order", f"{LIVES}/sender.py", limit="person_must_answer")
def test_where_a_person_has_to_answer_the_rules_alone_do_not_suffice(house: TradingHouse) -> Shown:
    narrow(house, person_must_answer=True)
    house.decide(1)
    denied = refused(house, house.place(1), "limit-needs-person")
    review = house.decide(2, confidence=0.5).review_id
    assert review is not None
    house.policy.reviews.approve(review, "ada", "looked at it")
    assert house.place(2).reasons == ()
    return Shown("an order of what the rules approved by themselves; one of what ada approved", denied)


@control(42, "the last look before sending", "adapters/execution/last_look.py")
def test_what_the_phase_forbids_by_now_is_not_sent_though_it_was_permitted(house: TradingHouse) -> Shown:
    at_once, later = made(house, 1), made(house, 2)
    house.limits |= {Phase.LIVE: limits_as_in(Phase.LIVE)[Phase.LIVE]}
    enter(house, Phase.LIVE)
    forbidden = sent(house, at_once)
    assert "DENIED, limit-phase-lock" in forbidden
    house.clock.pass_by(seconds=1)
    enter(house, Phase.PAPER)
    changed = sent(house, later)
    assert "DENIED, limit-phase-changed" in changed
    return Shown(
        "orders permitted in phase development are to be sent in phase live, and a second later in paper",
        f"{forbidden}; {changed}",
    )


@control(42, "one approval, one order, of that size", "policy/permits.py")
def test_a_permit_is_for_one_order_of_its_size(house: TradingHouse) -> Shown:
    house.decide(1)
    larger = refused(house, house.place(1, key="a", qty=101), "not-covered")
    assert house.place(1, key="b", qty=100).reasons == ()
    again = refused(house, house.place(1, key="c", qty=1), "permit-used")
    return Shown(
        "101 IBM where 100 were approved; 100; then one more on the same approval", f"{larger}; {again}"
    )


@control(43, "rules that cannot be asked", "policy/permits.py")
def test_without_the_rules_that_decided_there_is_no_order(make_house: MakeHouse) -> Shown:
    library = Texts()
    house = make_house(library)
    house.decide(1)
    house.policy.loader._packs.clear()
    library.lose("trading-core", "1.0.0")
    with pytest.raises(PackUnavailable) as away:
        house.place(1)
    assert sum(house.broker.tried.values()) == 0
    assert house.execution.listed(state=None, before=None, limit=10) == []
    return Shown("an order whose rules cannot be read any more", f"no order is made: {away.value}")


@control(44, "every limit configured, in one process", f"{LIVES}/limits_file.py", "refuses to start")
def test_nothing_is_played_while_a_limit_is_missing(tmp_path: Path) -> Shown:
    done = trivet(tmp_path / "var", "replay", "--to", "2012-05-18", TRIVET_RULES=str(rules_without(tmp_path)))
    assert (done.returncode, done.stdout) == (2, "")
    return Shown("trivet replay with max_order_value missing for phase live", said(done.stderr, tmp_path))


@control(44, "every limit configured, apart", f"{LIVES}/limits_file.py", "refuses to start")
def test_execution_apart_does_not_begin_while_a_limit_is_missing(tmp_path: Path) -> Shown:
    settings = Settings(home=tmp_path, rules=rules_without(tmp_path))
    absent: Any = None
    with pytest.raises(LimitsUnfit) as unfit:
        execution_service(Ground(settings, absent, absent, absent, absent))
    return Shown(
        "trivet serve execution with max_order_value missing for phase live", said(str(unfit.value), tmp_path)
    )


def rules_without(tmp_path: Path) -> Path:
    """A copy of the rules in which phase live has no limit on an order's value."""
    rules = tmp_path / "rules"
    shutil.copytree("rules", rules)
    file = rules / "limits" / "live.yaml"
    kept = [line for line in file.read_text("utf-8").splitlines() if "max_order_value" not in line]
    file.write_text("\n".join(kept) + "\n", "utf-8")
    return rules


def said(text: str, tmp_path: Path) -> str:
    return text.replace(f"{tmp_path}/", "").strip().replace("\n", "; ")


@control(27, "one key, one order", "adapters/execution/keys.py", "replayed, or 409")
def test_a_key_never_makes_a_second_order(house: TradingHouse) -> Shown:
    house.decide(1)
    first = house.place(1, key="k")
    assert house.place(1, key="k") == first
    with pytest.raises(Problem) as problem:
        house.place(1, key="k", qty=11)
    assert house.broker.tried[first.client_order_id] == 1
    return Shown(
        "the same order twice under one key; then another under it",
        f"sent once; {problem.value.status} {problem.value.slug}",
    )


@control(32, "a stop over its strategy", "adapters/execution/stopping/held.py")
def test_a_strategy_that_is_stopped_sends_nothing_new(house: TradingHouse) -> Shown:
    decision = judged(house, 1)
    house.halt(Scope.strategy("test"))
    house.execution.follow([decision])
    [(_, order)] = house.execution.listed(state=None, before=None, limit=1)
    return Shown("an approval of a strategy that was halted meanwhile", refused(house, order, "stopped"))
