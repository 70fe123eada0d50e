"""News over HTTP: as of the house's time and no later, with what could not be read."""

from datetime import timedelta

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from adapters.market.symbols import house_symbol
from adapters.news.api import router
from adapters.news.arrival import Gathered, SourceState, Unread
from adapters.news.desk import NewsDesk
from adapters.news.shelf import ReadShelf
from policy.problems import Problem
from tests.adapters.news.items import NOON, item


class At:
    def now(self):
        return NOON + timedelta(hours=1)


def _client(*arrivals, unread=(), sources=()):
    app = FastAPI()
    desk = NewsDesk((ReadShelf(Gathered(tuple(arrivals), tuple(unread))),), lambda: sources)
    app.include_router(router(desk, At(), house_symbol))

    @app.exception_handler(Problem)
    def told(_, problem):
        return Response(problem.body(), problem.status)

    return TestClient(app)


def test_a_story_is_told_with_those_who_told_it_again():
    client = _client(
        item("Apple opens a shop"), item("APPLE opens a shop!", minutes=5), item("Later", minutes=90)
    )
    told = client.get("/v1/news/aapl").json()
    assert (told["symbol"], told["as_of"], told["repeats"], told["beyond"]) == (
        "AAPL",
        "2012-06-04T13:00:00Z",
        1,
        0,
    )
    assert [one["headline"] for one in told["items"]] == ["Apple opens a shop"]
    assert [one["headline"] for one in told["items"][0]["told_again"]] == ["APPLE opens a shop!"]


def test_an_earlier_moment_can_be_asked_for_and_no_later_one():
    client = _client(item("Apple opens a shop", minutes=30))
    assert client.get("/v1/news/AAPL", params={"at": "2012-06-04T12:29:59Z"}).json()["items"] == []
    assert client.get("/v1/news/AAPL", params={"at": "2012-06-04T13:00:01Z"}).status_code == 422
    assert client.get("/v1/news/AAPL", params={"at": "2012-06-04T12:00:00"}).status_code == 422
    assert client.get("/v1/news/no symbol at all").status_code == 404


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_no_clock_can_show_in_utc_is_refused_in_words(at):
    refused = _client().get("/v1/news/AAPL", params={"at": at})
    assert refused.status_code == 422
    assert "is no time in UTC" in refused.text


@pytest.mark.parametrize("at", ["2012", "1338820200", "-5", "1.5"])
def test_a_number_is_no_time(at):
    refused = _client().get("/v1/news/AAPL", params={"at": at})
    assert refused.status_code == 422
    assert "is a number, not a time" in refused.text


def test_before_the_first_item_there_was_nothing():
    assert _client().get("/v1/news/AAPL", params={"at": "0001-01-01T00:00:00Z"}).json()["items"] == []


def test_what_could_not_be_read_and_how_sources_fare_is_told():
    client = _client(
        unread=[Unread("a.jsonl:3", "naive-time", "at: has no time zone", "{}")],
        sources=[SourceState("https://wire.test/rss", NOON, "answers 503", 4)],
    )
    assert client.get("/v1/news").json() == {
        "sources": [
            {
                "place": "https://wire.test/rss",
                "read_at": "2012-06-04T12:00:00Z",
                "problem": "answers 503",
                "items": 4,
            }
        ],
        "unread": [
            {"place": "a.jsonl:3", "code": "naive-time", "text": "at: has no time zone", "came": "{}"}
        ],
    }
