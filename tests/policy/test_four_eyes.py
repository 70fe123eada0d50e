"""What loosens over HTTP: proposed by one person, confirmed by another, exactly as proposed."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from policy.access.callers import Role
from policy.access.gate import access_of
from policy.access.keys import add_key, new_key
from policy.api import create_app
from policy.four_eyes import FourEyes
from policy.store import writing
from tests.policy.parts import NOON, House, serving, stricter_core

PACKS = "/v1/policy/packs/trading-core"
LOOSER = f"{PACKS}/1.2.0/activate"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One database is enough: nothing here depends on which."""
    return sqlite_url


def person(store: Engine, number: int, name: str, role: Role = Role.ACTIVATOR) -> dict[str, str]:
    token, key = new_key(name, [role], "test", NOON, None, lambda count: number.to_bytes(count, "big"))
    with writing(store) as connection:
        add_key(connection, key)
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def asked(house: House) -> Any:
    house.service.start()
    house.library.add(stricter_core("1.1.0", 0.8))
    house.library.add(stricter_core("1.2.0", 0.5))
    store = house.service.store
    ada, bob = person(store, 1, "ada"), person(store, 2, "bob")
    access = access_of(store, house.clock, required=True)
    with serving(create_app(house.service, access=access)) as client:
        yield client, ada, bob


def newest(house: House) -> Any:
    row = house.service.shelf.history()[-1]
    return row.version, row.activated_by, row.confirmed_by


def slug(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_what_tightens_needs_one_person(asked: Any, house: House) -> None:
    client, ada, _ = asked
    answer = client.post(f"{PACKS}/1.1.0/activate", json={"for": "callers"}, headers=ada)
    assert answer.status_code == 200
    assert [(one["set"], one["verdict"]) for one in answer.json()["changes"]] == [("callers", "stricter")]
    assert newest(house) == ("1.1.0", "ada", None)


def test_what_loosens_is_in_force_when_another_has_confirmed(asked: Any, house: House) -> None:
    client, ada, bob = asked
    proposed = client.post(LOOSER, json={"for": "callers"}, headers=ada)
    assert proposed.status_code == 202
    assert newest(house)[0] == "1.0.0"
    confirm = f"/v1/policy/proposals/{proposed.json()['proposal_id']}/confirm"
    assert slug(client.post(confirm, json={}, headers=ada)) == (409, "second-person-needed")
    assert newest(house)[0] == "1.0.0"
    assert client.post(confirm, json={}, headers=bob).json()["changes"][0]["verdict"] == "looser"
    assert newest(house) == ("1.2.0", "ada", "bob")
    assert slug(client.post(confirm, json={}, headers=bob)) == (409, "proposal-settled")


def test_a_second_key_of_the_same_name_is_no_second_person(asked: Any, house: House) -> None:
    client, ada, _ = asked
    spare = person(house.service.store, 3, "ada")
    proposal = client.post(LOOSER, json={}, headers=ada).json()["proposal_id"]
    path = f"/v1/policy/proposals/{proposal}/confirm"
    assert slug(client.post(path, json={}, headers=spare)) == (409, "second-person-needed")


def test_nobody_with_a_credential_confirms_in_advance(asked: Any, house: House) -> None:
    client, ada, _ = asked
    answer = client.post(LOOSER, json={"confirm": True}, headers=ada)
    assert slug(answer) == (409, "second-person-needed")
    assert newest(house)[0] == "1.0.0"


def test_a_confirmation_is_for_the_shelf_that_was_shown(asked: Any, house: House) -> None:
    client, ada, bob = asked
    proposal = client.post(LOOSER, json={"for": "callers"}, headers=ada).json()["proposal_id"]
    client.post(f"{PACKS}/1.1.0/activate", json={"for": "callers"}, headers=ada)
    path = f"/v1/policy/proposals/{proposal}/confirm"
    assert slug(client.post(path, json={}, headers=bob)) == (409, "proposal-outdated")
    assert newest(house)[0] == "1.1.0"
    [shown] = client.get("/v1/policy/proposals", headers=ada).json()["items"]
    assert (shown["status"], shown["confirmed_by"]) == ("OUTDATED", None)


def test_whoever_confirms_a_moment_later_leaves_the_first_on_record(
    asked: Any, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, ada, bob = asked
    carol = person(house.service.store, 3, "carol")
    proposal = client.post(LOOSER, json={"for": "callers"}, headers=ada).json()["proposal_id"]
    path = f"/v1/policy/proposals/{proposal}/confirm"
    waiting = FourEyes._waiting

    def overtaken(eyes: FourEyes, proposal_id: UUID) -> Any:
        found = waiting(eyes, proposal_id)
        monkeypatch.setattr(FourEyes, "_waiting", waiting)
        assert client.post(path, json={}, headers=bob).status_code == 200
        return found

    monkeypatch.setattr(FourEyes, "_waiting", overtaken)
    assert slug(client.post(path, json={}, headers=carol)) == (409, "proposal-outdated")
    [shown] = client.get("/v1/policy/proposals", headers=ada).json()["items"]
    assert (shown["status"], shown["confirmed_by"]) == ("CONFIRMED", "bob")
    assert newest(house) == ("1.2.0", "ada", "bob")


def test_a_retreat_that_loosens_needs_a_second_person_too(asked: Any, house: House) -> None:
    client, ada, bob = asked
    client.post(f"{PACKS}/1.1.0/activate", json={"for": "callers"}, headers=ada)
    back = client.post("/v1/policy/rollback/trading-core", json={"for": "callers"}, headers=ada)
    assert back.status_code == 202
    client.post(f"/v1/policy/proposals/{back.json()['proposal_id']}/confirm", json={}, headers=bob)
    assert newest(house) == ("1.0.0", "ada", "bob")


def test_a_proposal_shows_a_signal_that_it_lets_through_and_is_made_once(asked: Any) -> None:
    client, ada, _ = asked
    first = client.post(LOOSER, json={"for": "callers"}, headers=ada).json()
    assert client.post(LOOSER, json={"for": "callers"}, headers=ada).json() == first
    [shown] = client.get("/v1/policy/proposals", headers=ada).json()["items"]
    assert (shown["proposal_id"], shown["proposed_by"]) == (first["proposal_id"], "ada")
    witnesses = [one["facts"] for one in shown["changes"][0]["transitions"] if "facts" in one]
    assert any(0.5 <= facts["confidence"] < 0.6 for facts in witnesses)


def test_whoever_is_alone_at_the_machine_may_confirm_and_the_record_says_so(api: Any, house: House) -> None:
    house.library.add(stricter_core("1.2.0", 0.5))
    assert slug(api.post(LOOSER, json={"for": "callers"})) == (409, "confirmation-needed")
    assert api.post(LOOSER, json={"for": "callers", "confirm": True}).status_code == 200
    assert newest(house) == ("1.2.0", "local", "local")


def test_what_is_not_there_is_said(asked: Any) -> None:
    client, ada, bob = asked
    assert slug(client.post(f"{PACKS}/9.9.9/activate", json={}, headers=ada)) == (404, "pack-not-found")
    back = client.post("/v1/policy/rollback/trading-core", json={}, headers=ada)
    assert slug(back) == (409, "no-version-before")
    path = "/v1/policy/proposals/6f9f0d0e-8a52-4d0b-9a51-0a4f3b7f9a10/confirm"
    assert slug(client.post(path, json={}, headers=bob)) == (404, "proposal-not-found")
