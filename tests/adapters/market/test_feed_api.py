"""The feed over HTTP and at the terminal: what came, what was put aside, what is held, and who lets it in."""

import json
from datetime import UTC, datetime, timedelta
from secrets import token_bytes

import pytest

from adapters.access.opening import open_access
from adapters.clock import SystemClock
from adapters.market import feed_api
from adapters.market.board import QuoteBoard
from adapters.market.calendar import TradingCalendar
from adapters.market.feed import FeedWatch
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.intake import Intake
from adapters.market.overrides_file import read_overrides
from adapters.settings import STORE_FILE, Settings
from adapters.storage.checkpoints import HOUSE, Checkpoint, save
from adapters.storage.database import open_store
from policy.access.callers import Role
from policy.access.keys import add_key, new_key
from policy.api import create_app
from policy.store import writing
from tests.adapters.market.inspection.raw import quote_at, raw_bar, raw_quote
from tests.policy.parts import build_house, serving
from tests.trivet import trivet

OVERRIDES = """
closed: {2012-06-05: a storm}
closes_early: {2012-05-21: {at: "15:00", reason: the desk leaves early}}
"""
REAL = SystemClock()
MONDAY = datetime(2012, 5, 21, 16, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "var"


@pytest.fixture
def house(home):
    home.mkdir()
    store = open_store(f"sqlite:///{home / STORE_FILE}")
    found = build_house(store)
    found.clock.time = MONDAY
    yield found
    store.dispose()


@pytest.fixture
def board():
    return QuoteBoard()


@pytest.fixture
def intake(house):
    """One that let in a close of 100 dollars the Friday before, and a quote of AAPL since."""
    calendar = TradingCalendar(read_overrides(OVERRIDES, "overrides.yaml"))
    looked = Inspection(("AAPL", "IBM"), calendar)
    intake = Intake(
        "scripted", looked, Quarantine(house.service.store), Acceptances(house.service.store, house.clock)
    )
    intake.bars([raw_bar(close="100.00")])
    return intake


@pytest.fixture
def watch(house, board, intake):
    calendar = TradingCalendar(read_overrides(OVERRIDES, "overrides.yaml"))
    parts = (intake.tally, intake.quarantine, intake.acceptances)
    return FeedWatch(("AAPL", "IBM"), board, calendar, house.clock, *parts)


@pytest.fixture
def api(house, watch):
    with serving(create_app(house.service, [feed_api.router(watch)])) as client:
        yield client


def come(intake, board, *raws):
    board.put(intake.quotes(raws))
    intake.settle()


def monday(seconds=0, **written):
    at = MONDAY + timedelta(seconds=seconds)
    return raw_quote(**{"at": at, "received_at": at, **written})


def test_the_feed_shows_quotes_with_their_age_and_what_was_put_aside(api, intake, board):
    unfit = (monday(-20, bid="NaN"), monday(-19, bid="NaN"), monday(-30), monday(symbol="TSLA"))
    come(intake, board, monday(-30), *unfit)
    shown = api.get("/v1/market/feed").json()
    aapl, ibm = shown["items"]
    assert aapl == {
        "symbol": "AAPL",
        "quote": {"symbol": "AAPL", "bid": "99.95", "ask": "100.05", "at": "2012-05-21T15:59:30Z"},
        "data_age_seconds": 30.0,
        "accepted": 1,
        "quarantined": {"not-finite": 2, "duplicate": 1},
        "held": None,
    }
    assert (ibm["quote"], ibm["data_age_seconds"], ibm["accepted"]) == (None, None, 0)
    assert shown["others"] == {"unknown-symbol": 1}


def test_the_feed_shows_the_hours_and_what_the_operator_took_from_them(api):
    shown = api.get("/v1/market/feed").json()
    assert (shown["market_open"], shown["closes_at"]) == (True, "2012-05-21T19:00:00Z")
    assert shown["calendar"] == {
        "closed": {"2012-06-05": "a storm"},
        "closes_early": {"2012-05-21": {"at": "15:00", "reason": "the desk leaves early"}},
    }


def test_the_quarantine_shows_what_came_and_why_it_was_not_let_in(api, intake, board):
    come(intake, board, monday(bid="100.06"), monday(symbol="ibm", ask="N/A"))
    every = api.get("/v1/market/quarantine").json()
    assert {row["fault"] for row in every["items"]} == {"crossed", "unreadable"}
    assert every["next_cursor"] is None
    [row] = api.get("/v1/market/quarantine", params={"symbol": " aapl"}).json()["items"]
    assert row == {
        "kind": "quote",
        "source": "scripted",
        "symbol": "AAPL",
        "fault": "crossed",
        "day": "2012-05-21",
        "times": 1,
        "first_at": "2012-05-21T16:00:00Z",
        "last_at": "2012-05-21T16:00:00Z",
        "text": "bid 100.06 is above ask 100.05",
        "against": None,
        "came": {
            "symbol": "'AAPL'",
            "bid": "'100.06'",
            "ask": "'100.05'",
            "at": "2012-05-21 16:00:00+00:00",
        },
    }
    assert api.get("/v1/market/quarantine", params={"symbol": "?"}).status_code == 422


def test_a_held_level_is_shown_accepted_once_and_let_in(api, intake, board):
    come(intake, board, monday(bid="50.00", ask="50.10"))
    [held, _] = [line["held"] for line in api.get("/v1/market/feed").json()["items"]]
    assert held == {
        "level": "50.05",
        "day": "2012-05-21",
        "against": "the last close 100.00 of 2012-05-18",
        "since": "2012-05-21T16:00:00Z",
    }
    body = {"symbol": "aapl", "level": held["level"], "note": "seen elsewhere", "by": "olga"}
    answer = api.post("/v1/market/accept", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "symbol": "AAPL",
        "day": "2012-05-21",
        "level": "50.05",
        "against": held["against"],
        "by": "olga",
        "note": "seen elsewhere",
        "at": "2012-05-21T16:00:00Z",
    }
    again = api.post("/v1/market/accept", json=body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:trivet:problem:nothing-held")
    come(intake, board, monday(2, bid="50.00", ask="50.10"))
    feed = api.get("/v1/market/feed").json()
    assert feed["items"][0]["accepted"] == 1
    assert feed["acceptances"] == [answer.json()]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"symbol": "AAPL"}, 422, "/note"),
        ({"symbol": "AAPL", "note": "  "}, 422, "/note"),
        ({"symbol": "A?", "note": "x"}, 422, "/symbol"),
        ({"symbol": "AAPL", "note": "x", "by": "execution"}, 422, "/by"),
        ({"symbol": "AAPL", "note": "x", "level": "-1"}, 422, "/level"),
        ({"symbol": "AAPL", "note": "x", "level": "NaN"}, 422, "/level"),
        ({"symbol": "AAPL", "note": "x", "level": "80"}, 409, None),
    ],
)
def test_an_acceptance_that_is_not_sound_is_refused_at_its_field(api, intake, board, body, status, pointer):
    come(intake, board, monday(bid="50.00", ask="50.10"))
    answer = api.post("/v1/market/accept", json=body)
    assert answer.status_code == status, answer.text
    if pointer:
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert intake.acceptances.last() == []


def test_with_keys_only_an_operator_accepts_and_who_trades_may_look(house, watch):
    access = open_access(Settings(auth="required"), house.service.store, "127.0.0.1")
    keys = {}
    with writing(house.service.store) as connection:
        for role in (Role.TRADER, Role.OPERATOR, Role.AUTHOR):
            token, key = new_key(role.value, [role], "tests", REAL.now(), None, token_bytes)
            add_key(connection, key)
            keys[role] = {"Authorization": f"Bearer {token}"}
    body = {"symbol": "AAPL", "note": "x"}
    with serving(create_app(house.service, [feed_api.router(watch)], access)) as client:
        looks = {role: client.get("/v1/market/feed", headers=keys[role]).status_code for role in keys}
        said = {role: client.post("/v1/market/accept", json=body, headers=keys[role]) for role in keys}
    assert looks == {Role.TRADER: 200, Role.OPERATOR: 200, Role.AUTHOR: 403}
    assert [said[role].status_code for role in keys] == [403, 409, 403]


def test_the_terminal_shows_and_accepts_by_the_store_alone(house, home, intake, board):
    come(intake, board, quote_at(0, symbol="IBM"), monday(-9), monday(bid="50.00", ask="50.10"))
    state = {"board": board.to_state()}
    save(house.service.store, HOUSE, Checkpoint(MONDAY, state))
    shown = trivet(home, "market", "status").stdout
    assert "AAPL      99.95 to 100.05, 9 s old; put aside: 1 jump" in shown
    assert "held at 50.05 since 2012-05-21T16:00:00Z, against the last close 100.00 of 2012-05-18" in shown
    listed = json.loads(trivet(home, "market", "quarantine", "--symbol", "aapl", "--json").stdout)
    assert [row["fault"] for row in listed["items"]] == ["jump"]
    refused = trivet(home, "market", "accept", "AAPL", "--level", "90", "--note", "x")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "AAPL is held at 50.05 by now, not at 90; look again" in refused.stderr
    for level in ("1e999999999", "\uff15\uff10", "NaN", "-1"):
        refused = trivet(home, "market", "accept", "AAPL", "--level", level, "--note", "x")
        assert "is no price; write dollars such as 25.75" in refused.stderr
    done = trivet(
        home, "market", "accept", "AAPL", "--level", "50", "--note", "seen elsewhere", "--by", "olga"
    )
    assert done.returncode == 0, done.stderr
    [made] = intake.acceptances.last()
    assert (made.by, str(made.level), made.at) == ("olga", "50", MONDAY)
    shown = trivet(home, "market", "status").stdout
    assert "accepted at 2012-05-21T16:00:00Z: AAPL at 50 on 2012-05-21 by olga: seen elsewhere" in shown


def test_the_terminal_shows_the_operators_calendar_and_refuses_one_that_opens(home, tmp_path):
    file = tmp_path / "overrides.yaml"
    file.write_text(OVERRIDES)
    shown = trivet(home, "market", "status", TRIVET_CALENDAR_OVERRIDES=str(file)).stdout
    assert "closed by the operator: 2012-06-05, a storm" in shown
    assert "closes early by the operator: 2012-05-21 at 15:00 in New York, the desk leaves early" in shown
    file.write_text("open: {2012-06-09: a Saturday}")
    refused = trivet(home, "market", "status", TRIVET_CALENDAR_OVERRIDES=str(file))
    assert refused.returncode == 2
    assert f'{file}:1:1 "open" is unknown here' in refused.stderr
    assert trivet(home, "replay", "--to", "2012-05-18", TRIVET_CALENDAR_OVERRIDES=str(file)).returncode == 2
