"""Changes of the shelf: proved before they are made, recorded with the proof, held back where they loosen."""

from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from engine import EngineFailure
from policy.guards import ActivationRefused
from policy.outbox import undelivered
from policy.store import reading
from tests.policy.parts import House, Texts, build_house, stricter_core

LOOSER = ("1.2.0", 0.5)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One database is enough: what is recorded on both is the subject of other tests."""
    return sqlite_url


def newest(house: House) -> Any:
    return house.service.shelf.history()[-1]


def test_stricter_version_needs_nobody_and_its_proof_is_on_record(house: House) -> None:
    house.library.add(stricter_core("1.1.0"))
    [change] = house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    row = newest(house)
    assert change.verdict == "stricter"
    assert (row.version, row.activated_by, row.confirmed_by) == ("1.1.0", "ada", None)
    assert (row.difference["before"], row.difference["after"]) == (
        ["trading-core@1.0.0"],
        ["trading-core@1.1.0"],
    )
    moved = {(one["from"], one["to"]): one for one in row.difference["transitions"]}
    assert moved["APPROVE", "REVIEW"]["facts"]["confidence"] < 0.8
    assert moved["REVIEW", "APPROVE"] == {"from": "REVIEW", "to": "APPROVE", "status": "impossible"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{value: 0.6,", "{value: 0.5,"),
        ("{value: 0.01,", "{value: 0.02,"),
        ("decision_ttl_seconds: 60", "decision_ttl_seconds: 61"),
        ("{value: 30,", "{value: 31,"),
    ],
)
def test_looser_version_is_held_back_until_somebody_confirms(house: House, old: str, new: str) -> None:
    released = house.library.frozen_text("trading-core", "1.0.0")
    house.library.add(released.replace("version: 1.0.0", "version: 1.2.0").replace(old, new))
    with pytest.raises(ActivationRefused, match=r"trading-core@1\.2\.0 for callers \(looser\)") as refused:
        house.service.shelf.activate("trading-core", "1.2.0", ["callers"], by="ada")
    assert len(refused.value.changes) == 1
    assert len(house.service.shelf.history()) == 4
    house.service.shelf.activate("trading-core", "1.2.0", ["callers"], by="ada", confirmed_by="bob")
    assert (newest(house).version, newest(house).confirmed_by) == ("1.2.0", "bob")
    assert newest(house).difference["verdict"] == "looser"


def test_rollback_that_loosens_is_held_back_too(house: House) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    with pytest.raises(ActivationRefused, match="looser"):
        house.service.shelf.rollback("trading-core", by="bob")
    assert newest(house).version == "1.1.0"


def test_rollback_that_tightens_needs_nobody(house: House) -> None:
    house.library.add(stricter_core(*LOOSER))
    house.service.shelf.activate("trading-core", "1.2.0", ["callers"], by="ada", confirmed_by="ada")
    [change] = house.service.shelf.rollback("trading-core", by="bob")
    assert (change.verdict, newest(house).version, newest(house).confirmed_by) == ("stricter", "1.0.0", None)


def test_one_set_that_loosens_holds_back_both(house: House) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.library.add(stricter_core("1.1.1", confidence=0.7))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    with pytest.raises(ActivationRefused, match=r"for callers \(looser\): not") as refused:
        house.service.shelf.activate("trading-core", "1.1.1", ["callers", "house"], by="ada")
    assert [one.pack_set for one in refused.value.changes] == ["callers"]
    assert newest(house).version == "1.1.0"


def test_what_another_pack_of_the_set_covers_is_not_looser(house: House) -> None:
    released = house.library.frozen_text("house-measurements", "1.0.0")
    start, end = (
        released.index("  - id: unmeasured-liquidity"),
        released.index("  - id: unmeasured-correlation"),
    )
    house.library.add((released[:start] + released[end:]).replace("version: 1.0.0", "version: 1.1.0"))
    with pytest.raises(ActivationRefused, match="house-measurements"):
        house.service.shelf.activate("house-measurements", "1.1.0", ["house"], by="ada")
    double = released.replace("pack: house-measurements", "pack: measured-twice")
    house.library.add(double)
    [added] = house.service.shelf.activate("measured-twice", "1.0.0", ["house"], by="ada")
    [change] = house.service.shelf.activate("house-measurements", "1.1.0", ["house"], by="ada")
    assert (added.verdict, change.verdict) == ("identical", "identical")


def test_shadow_is_proved_and_needs_nobody(house: House) -> None:
    house.library.add(stricter_core(*LOOSER))
    [change] = house.service.shelf.activate("trading-core", "1.2.0", ["callers"], by="ada", shadow=True)
    assert (change.verdict, newest(house).difference["verdict"], newest(house).confirmed_by) == (
        "looser", "looser", None,
    )  # fmt: skip


def test_first_pack_of_an_empty_set_lets_through_what_nothing_let_through(store: Engine) -> None:
    library = Texts(shelf={"callers": (), "house": (("trading-core", "1.0.0"),)})
    shelf = build_house(store, library).service.shelf
    with pytest.raises(ActivationRefused, match=r"trading-core@1\.0\.0 for callers \(looser\)") as refused:
        shelf.activate("trading-core", "1.0.0", ["callers"], by="ada")
    assert refused.value.changes[0].note == "nothing was in force, so nothing was approved"


def test_active_version_that_is_lost_can_be_replaced_with_a_confirmation(house: House, store: Engine) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.library.lose("trading-core", "1.0.0")
    fresh = build_house(store, house.library)
    with pytest.raises(ActivationRefused, match="unknown"):
        fresh.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    fresh.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada", confirmed_by="bob")
    assert "is gone" in newest(fresh).difference["note"]


def test_what_the_solver_and_the_evaluators_do_not_agree_on_is_held_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagree(*_: object) -> None:
        raise EngineFailure("they differ on trading-core/stale-data")

    monkeypatch.setattr("engine.difference.difference", disagree)
    house.library.add(stricter_core("1.1.0"))
    with pytest.raises(ActivationRefused, match=r"\(unknown\)") as refused:
        house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    assert refused.value.changes[0].note == "they differ on trading-core/stale-data"


def test_shelf_that_keeps_moving_is_left_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.library.add(stricter_core("1.1.0"))
    monkeypatch.setattr(house.service.shelf, "_made", lambda *_: False)
    with pytest.raises(ActivationRefused, match="kept changing"):
        house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")


def test_shelf_that_moves_while_a_change_is_proved_is_proved_anew(
    house: House, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.library.add(stricter_core("1.1.1", confidence=0.7))
    other, shelf = build_house(store, house.library), house.service.shelf
    prove = shelf._proved

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(shelf, "_proved", prove)
        other.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="other")
        return prove(*arguments)

    monkeypatch.setattr(shelf, "_proved", meanwhile)
    with pytest.raises(ActivationRefused, match="looser"):
        shelf.activate("trading-core", "1.1.1", ["callers"], by="ada")
    assert newest(house).activated_by == "other"


def test_api_tells_what_an_activation_changed(house: House, api: httpx.Client) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    told = api.get("/v1/policy/activations").json()["items"]
    assert (told[0]["difference"]["verdict"], told[0]["confirmed_by"]) == ("stricter", None)
    assert told[-1]["difference"] is None


def test_event_names_the_difference_without_its_witnesses(house: House, store: Engine) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    with reading(store) as connection:
        told = [event.data for _, event in undelivered(connection, 10)][-1]
    assert (told["version"], told["difference"], told["confirmed_by"]) == ("1.1.0", "stricter", None)
