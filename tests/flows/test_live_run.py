"""``trivet run --live`` and ``trivet market check`` as a user has them, on a stand-in and the real clock."""

import json
import signal
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.market.calendar import TradingCalendar
from adapters.market.closing.filling import HISTORY
from adapters.wiring.live.history import last_closed
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.market.alpaca_stand_in import stream
from tests.adapters.market.alpaca_stand_in.server import KEY, SECRET, market_standing_in
from tests.trivet import started, trivet


def now():
    return datetime.now(UTC)


@pytest.fixture
def alpaca():
    """A market with a year of history up to today, and quotes of the last session."""
    with market_standing_in(now) as stand_in:
        until = last_closed(TradingCalendar(), now())
        for number, session in enumerate(TradingCalendar().between(until.day - HISTORY, until.day)):
            stand_in.day("IBM", session.day, Decimal(200 + number % 5))
        stand_in.quote("IBM", "202", "202.02", min(now(), until.closes - timedelta(seconds=1)))
        yield stand_in


def settings_for(alpaca, **further):
    return {
        "TRIVET_ALPACA_KEY_ID": KEY,
        "TRIVET_ALPACA_SECRET": SECRET,
        "TRIVET_ALPACA_DATA_URL": alpaca.url,
        "TRIVET_ALPACA_STREAM_URL": alpaca.stream_url,
        "TRIVET_SYMBOLS": "IBM",
        **further,
    }


def asked(port, path):
    """Status and body of a GET."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def test_a_live_house_serves_its_bars_has_no_player_and_stops_cleanly(tmp_path, alpaca, first_port):
    port = str(first_port)
    process = started(tmp_path, "run", "--live", "--no-ui", "--port", port, **settings_for(alpaca))
    try:
        deadline = time.monotonic() + 60
        while "APIs" not in (tmp_path / "log").read_text():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        while (ready := _ready(port)) != 200:
            assert time.monotonic() < deadline, ready
            time.sleep(0.1)
        status, bars = asked(port, "/v1/market/bar/IBM")
        assert (status, len(bars["bars"]) > 250) == (200, True)
        assert asked(port, "/v1/player")[0] == 404
        assert asked(port, "/v1/features/IBM")[1]["values"]["volatility_20d"] > 0
        assert asked(port, "/v1/portfolio")[1]["equity"] == "1000000"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            shown = page.read().decode()
        assert "trivet_pacer_failing 0.0" in shown
        assert "trivet_market_stream_up 1.0" in shown
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, (tmp_path / "log").read_text()
    assert "in phase development, orders go to paper" in (tmp_path / "log").read_text()


def _ready(port):
    try:
        return asked(port, "/readyz")[0]
    except OSError:
        return None


def test_a_look_at_the_market_tells_feed_quotes_and_missing_history(tmp_path, alpaca):
    done = trivet(tmp_path, "market", "check", "--json", **settings_for(alpaca))
    found = json.loads(done.stdout)
    assert (found["feed"], found["stream"]) == ("iex", "listening")
    [quote] = found["quotes"]
    assert (quote["symbol"], quote["sessions_missing"] > 250) == ("IBM", True)
    assert quote["words"].startswith("202.0 to 202.02")
    assert done.returncode == (1 if found["missing"] else 0)


def test_a_stream_that_lets_nobody_in_is_missing(tmp_path, alpaca):
    alpaca.stream.refusal = stream.FULL
    done = trivet(tmp_path, "market", "check", **settings_for(alpaca))
    assert done.returncode == 1
    assert "missing: the stream: away: NotListening: connection limit exceeded (406)" in done.stdout


def test_a_market_that_cannot_be_asked_ends_the_look(tmp_path, alpaca):
    alpaca.script.always["GET"] = faults.UNAUTHORIZED
    done = trivet(tmp_path, "market", "check", **settings_for(alpaca))
    assert done.returncode == 2
    assert "cannot be asked: the market declined to show the latest quotes" in done.stderr
    assert "look at TRIVET_ALPACA_KEY_ID" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        ([], {"TRIVET_ALPACA_SECRET": ""}, "the live market needs TRIVET_ALPACA_SECRET"),
        ([], {"TRIVET_ALPACA_DATA_URL": "http://data.example"}, "keys would be read on their way"),
        (["--symbols", "no symbol!"], {}, "TRIVET_SYMBOLS: 'no symbol!' is no symbol"),
        (["--symbols", " , "], {}, "TRIVET_SYMBOLS names no symbol"),
        (["--speed", "3"], {}, "a live house goes by the real clock"),
    ],
)
def test_what_a_live_house_needs_is_said_before_it_starts(tmp_path, alpaca, arguments, settings, words):
    done = trivet(tmp_path, "run", "--live", *arguments, **{**settings_for(alpaca), **settings})
    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())


def test_symbols_are_for_a_live_house(tmp_path):
    assert trivet(tmp_path, "run", "--symbols", "IBM").returncode == 2
