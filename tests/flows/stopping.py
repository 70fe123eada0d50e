"""A house under fire for the tests of stops: callers who keep placing orders, and what became of each."""

import threading
import time
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

import httpx

CALM = {
    "candidate_action": "BUY",
    "confidence": 0.71,
    "size_pct": 0.01,
    "market_context": {"data_age_seconds": 1, "market_open": True, "event_blackout_active": False},
    "portfolio_context": {"gross_exposure_pct": 0.1, "daily_drawdown_pct": 0.0},
}
SYMBOLS = ("MSFT", "IBM", "AAPL", "GOOG")
WORKING = ("NEW", "ACCEPTED", "PARTIALLY_FILLED", "CANCEL_PENDING")


@dataclass(frozen=True)
class Placed:
    """One order as it was answered; ``began`` and ``ended`` are seconds of the test's own watch."""

    order: dict
    began: float
    ended: float

    @property
    def codes(self):
        return [reason["code"] for reason in self.order["reasons"]]


def approved(client, symbol, side="BUY"):
    """A signal that the callers' packs approve, whatever is stopped."""
    body = CALM | {"signal_id": str(uuid4()), "symbol": symbol, "candidate_action": side}
    decision = client.post("/v1/policy/evaluate", json=body).raise_for_status().json()
    assert decision["decision"] == "APPROVE", decision
    return decision["signal_id"]


def place(client, symbol, qty, side="BUY"):
    """The order for a signal of its own; its key, and so what becomes of it, is ever the same."""
    signal = approved(client, symbol, side)
    body = {"signal_id": signal, "symbol": symbol, "side": side, "qty": qty, "order_type": "MARKET"}
    began = time.monotonic()
    answer = client.post("/v1/orders", json=body, headers={"Idempotency-Key": f"{symbol} {side} {qty}"})
    assert answer.status_code == 201, answer.text
    return Placed(answer.json(), began, time.monotonic())


def at_work(client):
    """Every order that may still trade."""
    found = [
        client.get("/v1/orders", params={"state": state, "limit": 200}).raise_for_status().json()["items"]
        for state in WORKING
    ]
    return [order for orders in found for order in orders]


def adding(client):
    return [order for order in at_work(client) if order["side"] == "BUY"]


class Fire:
    """Callers in threads who place small BUYs as fast as they are answered, until ``stop``."""

    CALLERS = 3

    def __init__(self, url):
        self.placed = []
        self._url = url
        self._sizes = count(1)
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._shoot) for _ in range(self.CALLERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def until(self, many, seconds=30):
        """Wait until that many were placed."""
        ends = time.monotonic() + seconds
        while len(self.placed) < many:
            assert time.monotonic() < ends, f"only {len(self.placed)} orders in {seconds} s"
            time.sleep(0.01)

    def _shoot(self):
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._ended.is_set():
                number = next(self._sizes)
                self.placed.append(place(client, SYMBOLS[number % len(SYMBOLS)], 1 + number // len(SYMBOLS)))


def until_quiet(client, seconds=20):
    """Seconds until no order that adds is at work."""
    began = time.monotonic()
    while adding(client):
        assert time.monotonic() - began < seconds, adding(client)
        time.sleep(0.01)
    return time.monotonic() - began
