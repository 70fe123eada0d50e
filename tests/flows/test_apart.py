"""Services apart come to what one process comes to, and a person finds each of them at its place."""

import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import redis

from adapters.settings import Settings
from adapters.wiring.apart.conductor import PATIENCE_SECONDS
from adapters.wiring.journey import Plan, journey
from adapters.wiring.summary import standing_of, summarise
from tests.flows.apart import apart
from tests.flows.test_run import REQUEST
from tests.trivet import PROJECT

FIRST, LAST = "2012-05-18", "2012-05-22"
CLOSES = "2012-05-22T20:00:00Z"


@pytest.fixture
def crew(tmp_path, postgres_url, nats_url, redis_url):
    """Everything up, the player waiting before the first step."""
    with apart(tmp_path, postgres_url, nats_url, redis_url, "--paused", "--from", FIRST) as crew:
        yield crew


def in_one_process(home):
    """The sum of the same days in one process, written down at every step."""
    plan = Plan(date.fromisoformat(FIRST), date.fromisoformat(LAST))
    with journey(Settings(home=Path(home), rules=PROJECT / "rules"), plan, keep="step") as done:
        done.player.play_through()
        return summarise(done.house.store, standing_of(done)).to_json()


def step_if_it_can(crew):
    """Take a step, unless the player is killed in the middle of it.

    On a busy machine a service may take longer to come back than the player waits; the step is then repeated
    by the next one.
    """
    with suppress(httpx.TransportError):
        answer = crew.asked_for_a_step()
        assert answer.is_success or f"after {PATIENCE_SECONDS:g} s" in answer.json()["detail"], answer.text


def where(crew):
    """The player's time; None while there is no player."""
    with suppress(httpx.TransportError):
        return crew.clients["player"].get("/v1/player").json()["time"]


def flush(redis_url):
    """Let Redis forget everything."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()


def pending(crew):
    return crew.clients["policy-1"].get("/v1/reviews", params={"status": "PENDING"}).json()["items"]


def orders_for(crew, signal_id):
    return crew.clients["execution"].get("/v1/orders", params={"signal_id": signal_id}).json()["items"]


def eventually(look, seconds=20):
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def order_of(crew, symbol, key):
    """What becomes of an order for a signal that the callers' packs approve."""
    signal = REQUEST | {"signal_id": str(uuid4()), "symbol": symbol}
    decision = crew.clients["policy-1"].post("/v1/policy/evaluate", json=signal).json()
    assert decision["decision"] == "APPROVE", decision
    body = {"signal_id": signal["signal_id"], "symbol": symbol, "side": "BUY", "qty": 1}
    answer = crew.clients["execution"].post(
        "/v1/orders", json=body | {"order_type": "MARKET"}, headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 201, answer.text
    return crew.clients["execution"].get(f"/v1/orders/{answer.json()['order_id']}").json()


def a_callers_order_is_placed_and_found_after_a_step(crew):
    decision = crew.clients["policy-1"].post(
        "/v1/policy/evaluate", json=REQUEST | {"signal_id": str(uuid4())}
    )
    body = {"signal_id": decision.json()["signal_id"], "symbol": "AAPL", "side": "BUY", "qty": 1}
    placed = crew.clients["execution"].post(
        "/v1/orders", json=body | {"order_type": "MARKET"}, headers={"Idempotency-Key": "one"}
    )
    assert placed.status_code == 201, placed.text
    crew.step()
    found = crew.clients["execution"].get(f"/v1/orders/{placed.json()['order_id']}").json()
    assert found["signal_id"] == decision.json()["signal_id"]


def a_trip_at_a_terminal_reaches_every_process(crew):
    """New risk is denied at once, what adds is cancelled within seconds, and both policies know of it."""
    working = order_of(crew, "FB", "before the trip")
    assert working["state"] == "ACCEPTED", working
    assert crew.command("stop", "trip", "--note", "a test").returncode == 0
    denied = order_of(crew, "FB", "after the trip")
    assert [reason["code"] for reason in denied["reasons"]] == ["stopped"]
    at = f"/v1/orders/{working['order_id']}"
    eventually(lambda: crew.clients["execution"].get(at).json()["state"] == "CANCELLED", 5)
    for name in ("policy-1", "policy-2"):
        [stop] = crew.clients[name].get("/v1/stops").json()["items"]
        assert (stop["state"], stop["note"]) == ("HALTED", "a test")


def test_services_apart_come_to_the_sum_of_one_process_though_they_are_killed(crew, tmp_path, redis_url):
    for killed in ("portfolio", "execution", "player"):
        for _ in range(3):
            crew.step()
        stepping = threading.Thread(target=step_if_it_can, args=(crew,))
        stepping.start()
        crew.kill(killed)
        flush(redis_url)
        stepping.join()
        eventually(lambda: where(crew), 60)
    crew.step_until(lambda: where(crew) == CLOSES)
    together = in_one_process(tmp_path / "one")
    assert crew.sum() == together
    assert together["fills"] > 0
    assert crew.command("audit", "verify").returncode == 0

    # What follows is done by people, so it comes after the comparison.
    review = crew.step_until(lambda: pending(crew))[0]
    place = f"/v1/reviews/{review['review_id']}/approve"
    answer = crew.clients["policy-2"].post(place, json={"note": "seen"})
    assert answer.json()["decision"] == "APPROVE", answer.text
    order = eventually(lambda: orders_for(crew, review["signal_id"]))[0]
    assert order["symbol"] == review["symbol"]

    a_callers_order_is_placed_and_found_after_a_step(crew)
    a_trip_at_a_terminal_reaches_every_process(crew)
