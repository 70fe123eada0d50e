"""From a signal to a position, by API alone, in a house that stands still until it is told to step."""

import time
from itertools import count, islice
from uuid import uuid4

import pytest

from adapters.brokers.paper.faults import Fault, Faults
from adapters.execution.keys import Key
from adapters.settings import Settings
from adapters.strategy.scenario import calm_history_with_faults
from tests.flows.test_run import REQUEST, running, step
from tests.trivet import trivet

NUMBERS = count()  # of keys: no two orders share one
# What is in store from 23 October 2012 on: a cautious memo on a BUY, then a feed with a gap.
CAUTIOUS_AT, CAUTIOUS_SYMBOL = "2012-10-23T16:45:00Z", "MSFT"
GAP_AT, GAP_SYMBOL = "2012-10-25T15:07:30Z", "MSFT"


@pytest.fixture(scope="module")
def monday(tmp_path_factory):
    """A paused house on 4 June 2012, an hour after the opening; each test uses signals of its own."""
    home = tmp_path_factory.mktemp("monday")
    with running(home, "run", "--no-ui", "--paused", "--at", "2012-06-04T14:30:00Z") as client:
        yield client
    assert trivet(home, "audit", "verify").returncode == 0


@pytest.fixture(scope="module")
def october(tmp_path_factory):
    """A paused house an hour before the cautious memo; the tests go through its days in their order."""
    home = tmp_path_factory.mktemp("october")
    with running(home, "run", "--no-ui", "--paused", "--at", "2012-10-23T15:30:00Z") as client:
        yield client


def evaluated(house, **changes):
    """The decision on a new signal, the specification's own but for ``changes``."""
    body = REQUEST | {"signal_id": str(uuid4())} | changes
    return house.post("/v1/policy/evaluate", json=body).raise_for_status().json()


def ordered(house, decision, key=None, **changes):
    """The order for what was decided: ten shares bought at the market, but for ``changes``."""
    body = {"signal_id": decision["signal_id"], "symbol": "AAPL", "side": "BUY", "qty": 10}
    body |= {"order_type": "MARKET"} | changes
    answer = house.post("/v1/orders", json=body, headers={"Idempotency-Key": key or a_key()})
    assert answer.status_code == 201, answer.text
    return answer.json()


def play_until(house, at):
    while house.get("/v1/player").json()["time"] < at:
        step(house)


def order(house, order_id):
    return house.get(f"/v1/orders/{order_id}").raise_for_status().json()


def shares(house, symbol):
    items = house.get("/v1/portfolio/positions").raise_for_status().json()["items"]
    return sum(int(item["qty"]) for item in items if item["symbol"] == symbol)


def on_the_way(house, decision, **changes):
    """Order what was approved, step, and see it filled and held; returns the order at its end."""
    placed = ordered(house, decision, **changes)
    assert (placed["state"], placed["reasons"]) == ("NEW", [])
    held = shares(house, placed["symbol"])
    step(house)
    done = order(house, placed["order_id"])
    assert (done["state"], done["cum_qty"]) == ("FILLED", "10")
    assert shares(house, placed["symbol"]) - held == 10
    return done


def leave_everything(house):
    """Hold nothing: what is held moves with what is bought, which is a reason to ask a person."""
    house.post("/v1/portfolio/flatten", json={}).raise_for_status()
    step(house)
    assert house.get("/v1/portfolio/positions").json()["items"] == []


def test_an_approved_signal_is_ordered_filled_and_held(monday):
    before = monday.get("/v1/portfolio").json()
    decision = evaluated(monday)
    assert decision["decision"] == "APPROVE"
    done = on_the_way(monday, decision)
    assert done["decision_id"] == decision["decision_id"]
    [fill] = done["fills"]
    assert fill["at"] > decision["evaluated_at"]
    after = monday.get("/v1/portfolio").json()
    spent = 10 * float(fill["price"]) + float(fill["commission"])
    assert float(before["cash"]) - float(after["cash"]) == pytest.approx(spent, abs=0.001)


def test_a_signal_that_a_person_approved_is_ordered_filled_and_held(monday):
    leave_everything(monday)
    signal = evaluated(monday, confidence=0.5)
    assert signal["decision"] == "REVIEW"
    denied = ordered(monday, signal)
    assert [reason["code"] for reason in denied["reasons"]] == ["no-approved-decision"]
    body = {"note": "looked at it", "reviewer": "ada"}
    approved = monday.post(f"/v1/reviews/{signal['review_id']}/approve", json=body).raise_for_status().json()
    assert (approved["decision"], approved["answered_by"]) == ("APPROVE", "ada")
    done = on_the_way(monday, approved)
    assert done["decision_id"] == approved["decision_id"]


def test_an_order_that_the_broker_rejects_ends_with_its_reason_and_changes_nothing(october):
    decision = evaluated(october, symbol="GOOG")
    held = shares(october, "GOOG")
    rejected = ordered(october, decision, key=a_key(Fault.RISK_REJECT), symbol="GOOG", qty=1)
    step(october)
    end = order(october, rejected["order_id"])
    assert end["state"] == "REJECTED"
    assert [reason["code"] for reason in end["reasons"]] == ["broker-rejected"]
    assert shares(october, "GOOG") == held


def a_key(*wanted):
    """A fresh Idempotency-Key to whose order the scenario's broker does just what is ``wanted``."""
    scenario = calm_history_with_faults(Settings().scenario_seed)
    faults = Faults(scenario.seed, scenario.broker_faults)
    for number in islice(NUMBERS, 100_000):
        client_order_id = Key("caller/local", f"key-{number}").client_order_id
        if tuple(fault for fault in Fault if faults.strikes(fault, client_order_id)) == wanted:
            return f"key-{number}"
    raise AssertionError(f"the scenario's broker never does {wanted}")


def test_a_person_s_approval_of_the_house_s_signal_is_filled_by_the_very_next_step(october):
    play_until(october, CAUTIOUS_AT)
    pending = october.get("/v1/reviews?status=PENDING").json()["items"]
    [review] = [one for one in pending if one["symbol"] == CAUTIOUS_SYMBOL]
    assert [reason["rule"] for reason in review["reasons"]] == ["trading-core/cautious-memo"]
    body = {"note": "the reasons are thin, the trade is small"}
    answer = october.post(f"/v1/reviews/{review['review_id']}/approve", json=body).raise_for_status().json()
    step(october)  # at once: the clock waits for the order, or its permit would be too old by now
    placed = awaited_order(october, review["signal_id"])
    assert (answer["decision"], placed["decision_id"]) == ("APPROVE", answer["decision_id"])
    assert (placed["symbol"], placed["purpose"], placed["reasons"]) == (CAUTIOUS_SYMBOL, "signal", [])
    done = order(october, placed["order_id"])
    assert done["state"] == "FILLED"
    assert shares(october, CAUTIOUS_SYMBOL) == int(done["qty"])


def awaited_order(house, signal_id):
    """The order of a signal; the house makes it by itself."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        items = house.get("/v1/orders", params={"signal_id": signal_id}).json()["items"]
        if items:
            return items[0]
        time.sleep(0.05)
    raise AssertionError(f"no order came of signal {signal_id}")


def test_a_quote_that_stopped_keeps_a_flattering_order_back(october):
    play_until(october, GAP_AT)
    quote = october.get(f"/v1/market/quote/{GAP_SYMBOL}").json()
    assert quote["data_age_seconds"] > 30
    decision = evaluated(october, symbol=GAP_SYMBOL)
    assert decision["decision"] == "APPROVE"
    denied = ordered(october, decision, symbol=GAP_SYMBOL)
    assert (denied["state"], denied["state_detail"]) == ("REJECTED", "DENIED")
    [reason] = denied["reasons"]
    assert reason["code"] == "rules-now-reject"
    assert "trading-core/stale-data" in reason["message"]
