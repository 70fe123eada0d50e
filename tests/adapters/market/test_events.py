"""Scheduled events: windows around them, an operator's file that can only add, and what nobody can say."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from adapters.market.blackouts import Blackouts, Window, read_blackout_days
from adapters.market.blackouts_api import router
from adapters.market.calendar import TradingCalendar
from adapters.market.events_file import EventsUnfit, read_events
from adapters.settings import Settings
from adapters.wiring.blackouts import read_blackouts

CALENDAR = TradingCalendar()
DAYS = read_blackout_days()


def _at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _read(tmp_path, text):
    path = tmp_path / "events.yaml"
    path.write_text(text, "utf-8")
    return Blackouts(DAYS, read_events(path, CALENDAR))


@pytest.mark.parametrize(
    ("entry", "starts", "ends"),
    [
        # after the close of Monday: an hour before it, and all of Tuesday
        ("{symbol: aapl, day: 2012-07-23, when: after-close}", "2012-07-23 19:00", "2012-07-24 20:00"),
        # before the open of Tuesday: an hour before it, and that session
        ("{symbol: AAPL, day: 2012-07-24, when: before-open}", "2012-07-24 12:30", "2012-07-24 20:00"),
        # over a weekend, with the session before
        (
            "{symbol: AAPL, day: 2012-07-27, when: after-close, before: 1 session, after: 2 sessions}",
            "2012-07-27 13:30",
            "2012-07-31 20:00",
        ),
        # before the open, with the session before that
        (
            "{symbol: AAPL, day: 2012-07-24, when: before-open, before: 1 session, after: 0 minutes}",
            "2012-07-23 13:30",
            "2012-07-24 13:30",
        ),
        # a half day closes at one o'clock
        (
            "{symbol: AAPL, at: 2012-11-23T15:00:00Z, before: 30 minutes, after: 1 session}",
            "2012-11-23 14:30",
            "2012-11-23 18:00",
        ),
        (
            "{symbol: AAPL, at: '2012-07-24T10:00:00-04:00', after: 90 minutes}",
            "2012-07-24 13:00",
            "2012-07-24 15:30",
        ),
        ("{symbol: AAPL, day: 2012-07-24}", "2012-07-24 13:30", "2012-07-24 20:00"),
    ],
)
def test_a_window_reaches_as_far_as_its_event_says(tmp_path, entry, starts, ends):
    every = _read(tmp_path, f"earnings:\n  - {entry}\n")
    inside, edge = timedelta(seconds=1), timedelta(0)
    held = {
        _at(starts) - inside: False,
        _at(starts) + edge: True,
        _at(ends) + edge: True,
        _at(ends) + inside: False,
    }
    assert {at: every.active("AAPL", at) for at in held} == held
    assert not any(every.active("IBM", at) for at in held)


def test_an_event_of_everybody_holds_every_symbol(tmp_path):
    every = _read(
        tmp_path, "events:\n  - {what: consumer prices, at: 2012-07-17T12:30:00Z, after: 90 minutes}\n"
    )
    assert every.active("AAPL", _at("2012-07-17 14:00"))
    assert every.active("IBM", _at("2012-07-17 14:00"))
    assert every.active("IBM", _at("2012-07-17 14:01")) is False


def test_outside_the_committees_list_quiet_cannot_be_told_and_an_event_can(tmp_path):
    every = _read(tmp_path, "earnings:\n  - {symbol: AAPL, day: 2028-02-01}\n")
    assert every.active("IBM", _at("2028-02-01 15:00")) is None
    assert every.active("AAPL", _at("2028-02-01 15:00")) is True


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 3_000)), max_size=5), st.integers(0, 2_000))
def test_a_file_can_add_blackouts_and_never_take_one_away(spans, hours):
    begin = _at("2012-06-01 00:00")
    windows = [
        Window("x", "AAPL", begin + timedelta(hours=start), begin + timedelta(hours=start + long), "f:1")
        for start, long in spans
    ]
    at = begin + timedelta(hours=hours)
    without, with_them = (
        Blackouts(DAYS).active("AAPL", at),
        Blackouts(DAYS, tuple(windows)).active("AAPL", at),
    )
    assert with_them or with_them is without


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("earnings:\n  - {day: 2012-07-24}", "events.yaml:2:5", "earnings are of a symbol"),
        ("earnings:\n  - {symbol: 'no symbol here', day: 2012-07-24}", ":2:", "is no symbol"),
        ("earnings:\n  - {symbol: AAPL, day: 2012-07-22}", ":2:", "the exchange is closed on 2012-07-22"),
        ("earnings:\n  - {symbol: AAPL, day: july}", ":2:", '"july" is no day'),
        ("earnings:\n  - {symbol: AAPL, at: 2012-07-24T10:00:00}", ":2:", "has no time zone"),
        ("earnings:\n  - {symbol: AAPL, at: noon}", ":2:", '"noon" is no time'),
        ("earnings:\n  - {symbol: AAPL}", "events.yaml:2:5", "needs at: a time, or day:"),
        ("earnings:\n  - {symbol: AAPL, when: after-close}", ":2:", "needs at: a time"),
        (
            "earnings:\n  - {symbol: AAPL, at: 2012-07-24T14:00:00Z, day: 2012-07-24}",
            ":2:",
            "needs at: a time",
        ),
        ("earnings:\n  - {symbol: AAPL, day: 2012-07-24, when: lunch}", ":2:", "neither before-open nor"),
        (
            "earnings:\n  - {symbol: AAPL, day: 2012-07-24, before: 1 session}",
            ":2:",
            "before goes with a moment",
        ),
        ("earnings:\n  - {symbol: AAPL, at: 2012-07-24T14:00:00Z, after: 2 weeks}", ":2:", "is no length"),
        (
            "earnings:\n  - {symbol: AAPL, at: 2012-07-24T14:00:00Z, after: 99 sessions}",
            ":2:",
            "is no length",
        ),
        ("earnings:\n  - {symbl: AAPL, day: 2012-07-24}", "events.yaml:2:6", '"symbl" is unknown here'),
        ("events:\n  - {day: 2012-07-24}", "events.yaml:2:5", "does not say what the event is"),
        ("earnings:\n  - {symbol: , day: 2012-07-24}", "events.yaml:2:", "symbol must be a text"),
        ("earnings:\n  - {symbol: null, day: 2012-07-24}", "events.yaml:2:14", "symbol must be a text"),
        ("earnings:\n  - {symbol: true, day: 2012-07-24}", "events.yaml:2:14", '"TRUE" in quotes'),
        ("earnings:\n  - {symbol: [AAPL, IBM], day: 2012-07-24}", "events.yaml:2:14", "must be a text"),
        ("events:\n  - {what: x, at: 9999-12-31T00:00:00Z}", ":2:", "is not from 1990-01-01 to 2099-12-31"),
        ("events:\n  - {what: x, at: '0001-01-01T00:00:00+14:00'}", ":2:", "correct the year"),
        ("events:\n  - {what: x, day: 0201-07-24}", ":2:", "correct the year"),
        ("holidays: []", "events.yaml:1:11", "is no list of events"),
        ("[]", "events.yaml:1:1", "must hold 'earnings:' or 'events:'"),
        ("earnings: [", "events.yaml:2", "is not YAML"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path, text, place, words):
    with pytest.raises(EventsUnfit) as refused:
        _read(tmp_path, text)
    assert place in str(refused.value)
    assert words in str(refused.value)


def test_every_fault_is_told_at_once_and_nothing_is_started(tmp_path):
    path = tmp_path / "events.yaml"
    path.write_text("earnings:\n  - {day: 2012-07-24}\nevents:\n  - {what: prices, at: noon}\n")
    with pytest.raises(EventsUnfit) as refused:
        read_blackouts(Settings(events=path), CALENDAR)
    assert [line.split(" ")[0] for line in str(refused.value).splitlines()[:2]] == [
        "events.yaml:2:5",
        "events.yaml:4:24",
    ]
    with pytest.raises(EventsUnfit, match="cannot be read"):
        read_blackouts(Settings(events=tmp_path / "nowhere.yaml"), CALENDAR)


class MidSession:
    def now(self):
        return _at("2012-06-20 15:00")


def test_the_api_tells_windows_and_whether_one_holds_now(tmp_path):
    app = FastAPI()
    every = _read(tmp_path, "earnings:\n  - {symbol: AAPL, day: 2012-07-24, when: after-close}\n")
    app.include_router(router(every, CALENDAR, MidSession()))
    client = TestClient(app)
    told = client.get("/v1/market/blackouts", params={"symbol": "aapl"}).json()
    assert (told["active"], told["covered_to"]) == (True, "2027-12-31")
    assert [(one["starts"], one["symbol"], one["told_by"]) for one in told["items"]] == [
        ("2012-06-20T13:30:00Z", None, "fomc-days.yaml"),
        ("2012-07-24T19:00:00Z", "AAPL", "events.yaml:2"),
        ("2012-08-01T13:30:00Z", None, "fomc-days.yaml"),
    ]
    assert len(client.get("/v1/market/blackouts", params={"symbol": "IBM"}).json()["items"]) == 2
    assert client.get("/v1/market/blackouts").json()["active"] is None
