"""The sandbox broker from settings: paper keys, the paper host and its phase alone, and a plain check."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from adapters.brokers.alpaca.broker import AlpacaBroker
from adapters.ports import BrokerRefused
from adapters.settings import Settings, UnsafeSettings
from adapters.storage.database import open_store
from adapters.wiring.refusal import Refused
from adapters.wiring.sandbox import sandbox_broker, sandbox_terms
from policy.rollout.phases import Phase
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.brokers.alpaca_stand_in.server import KEY, SECRET, standing_in
from tests.adapters.brokers.trading import OPENS, number, permit, ticket
from tests.adapters.execution.controls.attempts import enter
from tests.policy.parts import StillClock
from tests.trivet import trivet


@pytest.fixture
def alpaca():
    with standing_in(lambda: datetime.now(UTC)) as opened:
        yield opened


def keys(alpaca, **more):
    return {
        "TRIVET_ALPACA_KEY_ID": KEY,
        "TRIVET_ALPACA_SECRET": SECRET,
        "TRIVET_ALPACA_URL": alpaca.url,
    } | more


def settings(alpaca, **more):
    told = {"alpaca_key_id": KEY, "alpaca_secret": SECRET, "alpaca_url": alpaca.url, "broker_seconds": 3}
    return Settings(**told | more)


def test_a_look_at_an_account_tells_what_it_is_and_what_is_missing(alpaca, tmp_path):
    order = alpaca.account.enter_elsewhere(symbol="IBM", side="buy", qty=5, type="limit", limit_price="90.50")
    alpaca.account.fill(order.client_order_id, 2, "90.50")
    done = trivet(tmp_path, "broker", "check", **keys(alpaca))
    assert done.returncode == 0, done.stderr
    assert "account PA0STANDIN: takes orders" in done.stdout
    assert "cash 99819.00, buying power 99819.00 dollars" in done.stdout
    assert "open order: buy 5 IBM at 90.5, partially_filled, 2 filled" in done.stdout
    assert "missing: phase sandbox: development is in force" in done.stdout
    assert "set TRIVET_STARTING_CASH=99819.00" in done.stdout
    assert "missing: an account that holds nothing" in done.stdout
    assert "missing: a live market" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_what_a_look_finds_is_told_as_json_too(alpaca, tmp_path):
    done = trivet(tmp_path, "broker", "check", "--json", **keys(alpaca, TRIVET_STARTING_CASH="100000"))
    told = json.loads(done.stdout)
    assert (told["stream"], told["blocked"], told["market_open"]) == ("listening", None, True)
    assert len(told["missing"]) == 2


def test_an_account_that_takes_no_orders_ends_the_look_with_one(alpaca, tmp_path):
    alpaca.account.flags["trading_blocked"] = True
    done = trivet(tmp_path, "broker", "check", **keys(alpaca))
    assert done.returncode == 1
    assert "account PA0STANDIN: its trading is blocked" in done.stdout


def test_clocks_that_are_apart_are_told(alpaca, tmp_path):
    alpaca.account.now = lambda: datetime.now(UTC) + timedelta(minutes=2)
    done = trivet(tmp_path, "broker", "check", **keys(alpaca))
    assert "missing: its clock and ours are 1" in done.stdout


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.UNAUTHORIZED, "declined to show its account"),
        (faults.BROKEN, "HTTP 500"),
        (faults.GARBLED, "not JSON"),
    ],
)
def test_an_account_that_cannot_be_seen_ends_the_look_with_two(alpaca, tmp_path, fault, words):
    alpaca.script.always["GET"] = fault
    done = trivet(tmp_path, "broker", "check", **keys(alpaca))
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize("left", ["TRIVET_ALPACA_KEY_ID", "TRIVET_ALPACA_SECRET"])
def test_a_missing_key_is_named(alpaca, tmp_path, left):
    done = trivet(tmp_path, "broker", "check", **keys(alpaca, **{left: ""}))
    assert done.returncode == 2
    assert f"the sandbox broker needs {left};" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_live_host_is_refused_before_anything_is_sent(tmp_path):
    told = {"TRIVET_ALPACA_KEY_ID": KEY, "TRIVET_ALPACA_SECRET": SECRET}
    done = trivet(tmp_path, "broker", "check", TRIVET_ALPACA_URL="https://api.alpaca.markets", **told)
    assert done.returncode == 2
    assert "live trading is locked out" in done.stderr
    with pytest.raises(UnsafeSettings):
        sandbox_terms(
            Settings(alpaca_key_id=KEY, alpaca_secret=SECRET, alpaca_url="https://api.alpaca.markets")
        )


def test_secrets_are_masked_where_settings_are_shown(alpaca, tmp_path):
    done = trivet(tmp_path, "settings", **keys(alpaca))
    assert SECRET not in done.stdout
    assert KEY not in done.stdout
    assert SECRET not in repr(sandbox_terms(settings(alpaca)))
    assert KEY not in repr(sandbox_terms(settings(alpaca)))


@pytest.mark.parametrize("command", [("run", "--no-ui"), ("replay",)])
def test_a_played_market_takes_no_broker_outside(tmp_path, command, monkeypatch):
    done = trivet(tmp_path, *command, TRIVET_BROKER="alpaca-paper")
    assert done.returncode == 2
    assert "needs a live market, and this one is recorded and played" in done.stderr


def test_a_broker_nobody_ships_is_no_setting(tmp_path):
    assert trivet(tmp_path, "settings", TRIVET_BROKER="alpaca-live").returncode == 2


@pytest.fixture
def built(alpaca, sqlite_url):
    store = open_store(sqlite_url)
    yield sandbox_broker(settings(alpaca), store, StillClock(OPENS)), store
    store.dispose()


class InStore:
    """What ``enter`` needs of a house."""

    def __init__(self, store):
        self.store, self.clock = store, StillClock(OPENS)


def sent(broker: AlpacaBroker, order: int, **permitted) -> None:
    wanted = ticket(order, qty=1)
    broker.submit(permit(wanted, **permitted), wanted)


def test_outside_its_phase_only_exits_reach_the_sandbox(built, alpaca):
    broker, store = built
    with pytest.raises(BrokerRefused, match="in phase development, and this broker is for sandbox alone"):
        sent(broker, 1)
    enter(InStore(store), Phase.PAPER)
    with pytest.raises(BrokerRefused, match="in phase paper"):
        sent(broker, 2)
    sent(broker, 3, kind="exit", signal_id=None)
    enter(InStore(store), Phase.SANDBOX)
    sent(broker, 4)
    assert alpaca.account.posts == [str(number(3)), str(number(4))]


def test_a_phase_that_cannot_be_read_lets_nothing_but_exits_out(built, alpaca):
    broker, store = built
    with store.begin() as connection:
        connection.exec_driver_sql("DROP TABLE rollout_phases")
    with pytest.raises(BrokerRefused, match="cannot be read"):
        sent(broker, 1)
    sent(broker, 2, kind="exit", signal_id=None)
    assert alpaca.account.posts == [str(number(2))]


def test_keys_are_needed_to_build_it(sqlite_url):
    store = open_store(sqlite_url)
    with pytest.raises(Refused, match="TRIVET_ALPACA_KEY_ID, TRIVET_ALPACA_SECRET"):
        sandbox_broker(Settings(), store, StillClock(OPENS))
    store.dispose()
