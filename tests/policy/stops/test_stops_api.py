"""Stops over HTTP: many may stop, few may let go, everybody sees how it stands."""

from datetime import UTC, datetime

import httpx
from sqlalchemy import Engine, text

from policy.access.callers import Role
from policy.ports import Unanswered
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.tripping import Stops
from policy.store import writing

TRIP, REARM, STOPS = "/v1/stops/trip", "/v1/stops/rearm", "/v1/stops"
WithKeys = tuple[httpx.Client, dict[Role, str]]


def of_role(tokens: dict[Role, str], role: str) -> dict[str, str]:
    """The header of whoever has that role alone."""
    return {"authorization": f"Bearer {tokens[Role(role)]}"}


def codes(refused: httpx.Response) -> list[tuple[str, str]]:
    assert refused.status_code == 422, refused.text
    return [(one["pointer"], one["code"]) for one in refused.json()["errors"]]


def test_an_empty_trip_halts_everything_and_is_seen(api: httpx.Client) -> None:
    made = api.post(TRIP, json={})
    assert made.status_code == 200
    assert made.json() == {
        "scope": "everything",
        "state": "HALTED",
        "exits": True,
        "cause": "person",
        "by": "local",
        "note": "",
        "at": "2012-06-01T16:00:00Z",
        "number": 1,
    }
    shown = api.get(STOPS).json()
    assert shown == {"items": [made.json()], "history": [made.json() | {"act": "tripped"}]}


def test_a_trip_told_twice_is_one(api: httpx.Client) -> None:
    wish = {"scope": "symbol:AAPL", "state": "REDUCING", "note": "odd fills", "by": "ada"}
    first, second = api.post(TRIP, json=wish), api.post(TRIP, json=wish)
    assert first.json() == second.json()
    assert len(api.get(STOPS).json()["history"]) == 1


def test_letting_go_twice_is_once(api: httpx.Client) -> None:
    api.post(TRIP, json={})
    first = api.post(REARM, json={"scope": "everything", "note": "the feed is back", "by": "ada"})
    second = api.post(REARM, json={"scope": "everything", "note": "it is", "by": "bob"})
    assert (first.status_code, first.json()["state"], first.json()["by"]) == (200, "ACTIVE", "ada")
    assert second.json() == first.json()
    assert [one["act"] for one in api.get(STOPS).json()["history"]] == ["rearmed", "tripped"]


def test_only_the_last_fifty_events_are_shown(api: httpx.Client) -> None:
    for number in range(30):
        api.post(TRIP, json={"note": str(number)})
        api.post(REARM, json={"scope": "everything", "note": str(number)})
    history = api.get(STOPS).json()["history"]
    assert [one["number"] for one in history] == list(range(60, 10, -1))


def test_what_cannot_be_done_says_where_and_what_instead(api: httpx.Client) -> None:
    assert codes(api.post(TRIP, json={"scope": "all"})) == [("/scope", "unclear")]
    assert codes(api.post(TRIP, json={"state": "REDUCING", "exits": False})) == [("/exits", "exits-held")]
    assert codes(api.post(REARM, json={"scope": "everything", "note": " "})) == [("/note", "missing")]
    nobody = {"scope": "everything", "note": "x", "by": "execution"}
    assert codes(api.post(REARM, json=nobody)) == [("/by", "no-person")]
    never = api.post(REARM, json={"scope": "symbol:IBM", "note": "x"})
    assert (never.status_code, never.json()["type"]) == (404, "urn:trivet:problem:never-stopped")
    assert "was never stopped" in never.json()["detail"]
    assert api.get(STOPS).json() == {"items": [], "history": []}


def test_stops_that_cannot_be_read_are_shown_as_everything_halted(api: httpx.Client, store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(text("DROP TABLE stops"))
    (item,) = api.get(STOPS).json()["items"]
    assert (item["scope"], item["state"], item["cause"]) == ("everything", "HALTED", "unreadable")


def test_stopping_is_easy_and_letting_go_is_not(with_keys: WithKeys) -> None:
    client, tokens = with_keys

    def allowed(path: str, wish: dict[str, str]) -> set[Role]:
        answers = {
            role: client.post(path, json=wish, headers={"authorization": f"Bearer {token}"})
            for role, token in tokens.items()
        }
        assert {one.status_code for one in answers.values()} == {200, 403}
        return {role for role, one in answers.items() if one.status_code == 200}

    assert allowed(TRIP, {}) == {Role.OPERATOR, Role.TRADER, Role.REVIEWER}
    assert allowed(REARM, {"scope": "everything", "note": "looked"}) == {Role.OPERATOR}
    seen = {
        client.get(STOPS, headers={"authorization": f"Bearer {one}"}).status_code for one in tokens.values()
    }
    assert seen == {200}
    assert client.post(TRIP, json={}).status_code == 401


def test_who_stops_is_whose_key_it_is(with_keys: WithKeys) -> None:
    client, tokens = with_keys
    header = of_role(tokens, "trader")
    assert client.post(TRIP, json={}, headers=header).json()["by"] == "trader"
    other = client.post(TRIP, json={"by": "somebody"}, headers=header)
    assert codes(other) == [("/by", "not_the_caller")]


class NoTime:
    """The time of a player that nobody can be asked for."""

    def now(self) -> datetime:
        raise Unanswered("Redis does not answer")


def test_a_player_whose_time_nobody_knows_keeps_nobody_from_stopping(store: Engine) -> None:
    stops = Stops(store, NoTime())
    made = stops.trip(EVERYTHING, StopState.HALTED, cause="person", by="ada")
    assert abs(datetime.now(UTC) - made.at).total_seconds() < 60
    assert list(stops.in_force()) == [made]
