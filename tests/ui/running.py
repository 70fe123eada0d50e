"""A whole Trivet for the screen tests: the real service on a store of its own, and signals to show."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.ui.calm import calm_key, is_calm

ROOT = Path(__file__).resolve().parents[2]
MID_SESSION = "2012-09-04T15:00:00Z"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
MOST_OBJECTIONS = 30


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def trivet_running(home: Path) -> Iterator[str]:
    """The address of a paused Trivet that stands in the middle of a session."""
    port = free_port()
    trivet = str(Path(sys.executable).with_name("trivet"))
    command = [trivet, "run", "--no-ui", "--paused", "--at", MID_SESSION, "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with running(command, {"TRIVET_HOME": str(home)}, f"{address}/readyz", home / "trivet.log"):
        yield address


@contextmanager
def running(command: list[str], settings: Mapping[str, str], ready: str, log: Path) -> Iterator[None]:
    """``command`` from the moment ``ready`` answers until the block ends; its output goes to ``log``."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_ready(child, ready, log)
            yield
        finally:
            stop(child)


def wait_until_ready(child: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    """Return when ``ready`` answers 200; AssertionError with the child's output when it never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if httpx.get(ready, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{ready} never answered:\n{log.read_text(errors='replace')}")


def stop(child: subprocess.Popen[bytes]) -> None:
    """Ask ``child`` to end as Ctrl-C does, and insist when it does not."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def judged(address: str, **changes: object) -> dict[str, Any]:
    """The decision on a calm signal with ``changes`` to its body; the signal is new each time."""
    body: dict[str, object] = {
        "signal_id": str(uuid4()),
        "symbol": "AAPL",
        "candidate_action": "BUY",
        "confidence": 0.71,
        "size_pct": 0.02,
        "market_context": {
            "data_age_seconds": 12,
            "market_open": True,
            "event_blackout_active": False,
            "liquidity_score": 0.9,
        },
        "portfolio_context": {"gross_exposure_pct": 0.25, "daily_drawdown_pct": 0.01, "correlation": 0.2},
    }
    return post(address, "/v1/policy/evaluate", {**body, **changes})


def doubtful(address: str, **changes: object) -> dict[str, Any]:
    """A decision that waits for a person: a calm signal of which its strategy is not sure."""
    return judged(address, **{"confidence": 0.55, **changes})


def step(address: str) -> None:
    """Let the market take one step."""
    post(address, "/v1/player/step", {})


def in_session(address: str) -> None:
    """Step on to a calm day, the exchange open, with steps of the session left to fill orders in."""
    time = get(address, "/v1/player")["time"]
    while not ("13:30:00" < time[11:19] < "18:00:00" and is_calm(time)):
        step(address)
        time = get(address, "/v1/player")["time"]


def ordered(address: str, signal: Mapping[str, Any], qty: int = 10, **terms: object) -> dict[str, Any]:
    """The order for a decision's signal, as the API first answers it."""
    body = {
        "signal_id": signal["signal_id"],
        "symbol": signal["symbol"],
        "side": signal["candidate_action"],
        "qty": qty,
        "order_type": "MARKET",
        **terms,
    }
    return post(address, "/v1/orders", body, {"Idempotency-Key": calm_key()})


def emptied(address: str) -> None:
    """Leave every position, and stand in an open session: no rule then minds what is held."""
    for _ in range(MOST_OBJECTIONS):
        in_session(address)
        if not get(address, "/v1/portfolio/positions")["items"]:
            return
        post(address, "/v1/portfolio/flatten", {})
        step(address)
    raise AssertionError(f"positions are still held after {MOST_OBJECTIONS} steps")


def bought(address: str, *symbols: str, **terms: object) -> list[dict[str, Any]]:
    """Orders to buy ten shares of each of ``symbols`` (one of AAPL if none), all at work, nothing held yet.

    A moment at which the house itself measures something that its rules object to is stepped over.
    """
    for _ in range(MOST_OBJECTIONS):
        emptied(address)
        signals = [judged(address, symbol=symbol) for symbol in symbols or ("AAPL",)]
        orders = [ordered(address, signal, **terms) for signal in signals]
        if all(order["state"] in ("NEW", "ACCEPTED") for order in orders):
            return orders
        step(address)
    raise AssertionError(f"no order was let through in {MOST_OBJECTIONS} steps: {orders}")


def filled(address: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """``order`` after the next step, which fills all of it."""
    step(address)
    found = get(address, f"/v1/orders/{order['order_id']}")
    assert found["state"] == "FILLED", found
    return found


def post(
    address: str, path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Post ``body`` and give the answer's JSON; raises on any refusal."""
    answer = httpx.post(
        address + path, json=dict(body), headers=dict(headers or {}), timeout=30.0, trust_env=False
    )
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def get(address: str, path: str) -> dict[str, Any]:
    """The JSON at ``path``; raises on any refusal."""
    answer = httpx.get(address + path, timeout=30.0, trust_env=False)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told
