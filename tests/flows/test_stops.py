"""A stop in a running house: tripped in the middle of a burst of signals, and killed while it is obeyed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import httpx
import pytest

from tests.flows.stopping import SYMBOLS, Fire, adding, at_work, place, until_quiet
from tests.flows.test_run import await_answer, free_port, running, step
from tests.trivet import PROJECT, answer, started, trivet

AT = "2012-06-04T14:30:00Z"
TRIP = {"scope": "everything", "note": "a test"}


def hold_some(client):
    """Come to own shares, with an exit at work that would sell them."""
    bought = place(client, "FB", 20).order
    step(client)
    assert order(client, bought["order_id"])["state"] == "FILLED"
    answer = client.post("/v1/portfolio/flatten", json={"symbol": "FB"}).raise_for_status().json()
    return answer["orders"][0]["order_id"]


def order(client, order_id):
    return client.get(f"/v1/orders/{order_id}").raise_for_status().json()


@pytest.fixture(scope="module")
def crashes(tmp_path_factory):
    """What the next process found wherever the one that obeyed a trip was killed; the last was not killed."""
    folder = tmp_path_factory.mktemp("stop-crashes")
    command = [sys.executable, "-m", "tests.flows.stop_crashing", str(folder)]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found = [folder / f"{number}.json" for number in range(1, len(list(folder.glob("*.json"))) + 1)]
    return [json.loads(file.read_text("utf-8")) for file in found]


def test_wherever_a_process_is_killed_while_it_obeys_the_next_one_makes_it_quiet(crashes):
    *killed, undisturbed = crashes
    assert len(killed) >= 6
    assert len({found.pop("left") for found in killed}) >= 3
    undisturbed.pop("left")
    assert undisturbed["states"] == ["FILLED", "CANCELLED", "CANCELLED", "CANCELLED", "ACCEPTED"]
    for found in killed:
        assert found == undisturbed


@pytest.fixture
def house(tmp_path):
    with running(tmp_path, "run", "--no-ui", "--paused", "--at", AT) as client:
        yield client


def test_a_trip_in_the_middle_of_a_burst_denies_cancels_and_lets_exits_pass(house, tmp_path, capsys):
    leaving = hold_some(house)
    with Fire(str(house.base_url)) as fire:
        fire.until(25)
        working = len(adding(house))
        assert working > 5
        house.post("/v1/stops/trip", json=TRIP).raise_for_status()
        tripped = time.monotonic()
        quiet = until_quiet(house)
        fire.until(len(fire.placed) + 5)
    after = [one for one in fire.placed if one.began > tripped]
    assert after
    assert {(one.order["state_detail"], *one.codes) for one in after} == {("DENIED", "stopped")}
    assert quiet < 5
    assert not adding(house)
    assert order(house, leaving)["state"] == "ACCEPTED"
    ends = Counter(order(house, one.order["order_id"])["state"] for one in fire.placed)
    assert set(ends) <= {"CANCELLED", "REJECTED"}, ends  # what never arrived at the broker ends as rejected
    assert ends["CANCELLED"] >= working - Fire.CALLERS  # each may have had one on its way to the broker
    step(house)
    assert order(house, leaving)["state"] == "FILLED"
    assert answer(trivet(tmp_path, "stop", "status", "--json"))["items"][0]["state"] == "HALTED"
    with capsys.disabled():
        print(
            f"\n  {len(fire.placed)} orders in the burst: {len(after)} denied after the trip, "
            f"{ends['CANCELLED']} cancelled, quiet after {quiet:.2f} s, the exit filled"
        )


def test_kill_9_right_after_a_trip_leaves_it_tripped_and_the_next_process_makes_it_quiet(tmp_path, capsys):
    arguments = ("run", "--no-ui", "--paused")
    port = free_port()
    process = started(tmp_path, *arguments, "--at", AT, "--port", port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        await_answer(client, process, tmp_path)
        leaving = hold_some(client)
        for qty in range(1, 11):
            for symbol in SYMBOLS:
                place(client, symbol, qty)
        assert len(adding(client)) > 20
        client.post("/v1/stops/trip", json=TRIP).raise_for_status()
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(tmp_path, *arguments) as client:
        quiet = until_quiet(client)
        [shown] = client.get("/v1/stops").json()["items"]
        assert (shown["state"], shown["note"]) == ("HALTED", "a test")
        assert place(client, "IBM", 50).codes == ["stopped"]
        assert [one["order_id"] for one in at_work(client)] == [leaving]
        step(client)
        assert order(client, leaving)["state"] == "FILLED"
    with capsys.disabled():
        print(f"\n  killed when it was tripped; {quiet:.2f} s after the next one answered all was quiet")
