"""A live house is killed in a session and started again: nothing happens twice, nothing is lost."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from policy.rollout.phases import Phase
from tests.flows.live_house import FULL_DAY, LiveDay, live_day
from tests.trivet import PROJECT

MIDDAY = timedelta(minutes=195)


class Child:
    """A house in another process, on the market and broker of ``day``."""

    def __init__(self, day: LiveDay, where: str = "") -> None:
        command = [sys.executable, "-m", "tests.flows.live_child"]
        visits = day.alpaca.stream.visits
        self.day = day
        with (day.settings.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, json.dumps(day.plain_settings()), day.clock.at.isoformat(), where],
                cwd=PROJECT,
                env={name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        while self.process.stdout.readline() != "open\n":
            assert self.process.poll() is None, "the house did not open"
        day.alpaca.stream.wait_for_a_listener(visits + 1)

    def step(self, at: datetime, doomed: str = "") -> dict | None:
        """A step; what is on record after it, None where the house died in it."""
        self.day.clock.at = at - timedelta(milliseconds=200)
        self.told("time", self.day.clock.at)
        self.day.street.quote()
        return self.told("step", at, doomed)

    def told(self, act: str, at: datetime, doomed: str = "") -> dict | None:
        self.process.stdin.write(f"{act} {at.isoformat()} {doomed}\n")
        self.process.stdin.flush()
        while line := self.process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        return None

    def end(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(20) in (0, -9)
        self.process.stdout.close()


@pytest.mark.faults
@pytest.mark.parametrize("where", ["proposed", "decided", "sent", "settling"])
def test_a_house_killed_at_the_open_trades_as_one_that_was_not(tmp_path, where):
    with live_day(tmp_path, FULL_DAY, broker="paper", phase=Phase.PAPER) as day:
        day.shut()
        at = day.session.opens + timedelta(seconds=30)
        first = Child(day, where)
        assert first.step(at, "doomed") is None
        first.end()
        day.clock.at = at + timedelta(seconds=15)
        again = Child(day)
        for later in (at + timedelta(seconds=20), *(at + timedelta(seconds=90 + 60 * n) for n in range(2))):
            facts = again.step(later)
        again.end()
        assert facts["signals"] == 1
        assert facts["verdicts"] == ["APPROVE"]
        assert [one[:2] for one in facts["orders"]] == [["AAPL", "BUY"]]
        assert facts["held"] == {"AAPL": facts["orders"][0][3]}


def test_a_house_killed_at_midday_right_after_an_order_was_sent_sends_it_once(tmp_path):
    with live_day(tmp_path, FULL_DAY, broker="alpaca-paper", phase=Phase.SANDBOX) as day:
        day.shut()
        day.street.prices["IBM"] -= 1
        day.clock.at = day.session.opens + timedelta(hours=1)
        day.street.quote()
        at = day.session.opens + MIDDAY
        first = Child(day, "sent")
        assert first.step(at)["verdicts"] == ["REVIEW", "REVIEW"]
        assert first.told("approve", at, "doomed") is None
        first.end()
        sent = day.at_broker()
        assert sent["posts"] == 1
        day.trade_at_broker()
        day.clock.at = at + timedelta(seconds=20)
        again = Child(day)
        for minutes in (1, 2):
            again.step(at + timedelta(minutes=minutes))
            facts = again.told("settle", at + timedelta(minutes=minutes, seconds=6))
        again.end()
        assert len(set(day.account.account.posts)) == day.at_broker()["posts"]
        held = {symbol: str(qty.normalize()) for symbol, qty in day.at_broker()["held"].items()}
        assert facts["held"] == held != {}
