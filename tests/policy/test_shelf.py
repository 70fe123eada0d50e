"""The shelf: which versions judge, since when, by whom, and how to get back."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from adapters.storage.packs import FrozenPacks
from policy.outbox import undelivered
from policy.packs import PackLoader
from policy.ports import PackUnavailable, PackUnknown
from policy.shelf import NoVersionBefore
from policy.store import reading
from tests.policy.parts import RULES, House, Texts, build_house, stricter_core


def in_force(house: House) -> dict[str, list[str]]:
    with reading(house.service.store) as connection:
        sets = house.service.shelf.judging(connection)
    return {which: [f"{ref.pack}@{ref.version}" for ref in one.refs] for which, one in sets.items()}


def test_new_store_starts_with_the_default_shelf_once(house: House) -> None:
    house.service.shelf.stock()
    assert in_force(house) == {
        "callers": ["trading-core@1.0.0"],
        "house": ["trading-core@2.0.0", "house-measurements@1.0.0", "house-stops@1.0.0"],
    }
    assert len(house.service.shelf.history()) == 4


def test_rollback_goes_back_one_version_at_a_time(house: House) -> None:
    for version in ("1.1.0", "1.2.0"):
        house.library.add(stricter_core(version))
        house.service.shelf.activate("trading-core", version, ["callers"], by="ada")
    seen = []
    for _ in range(2):
        house.service.shelf.rollback("trading-core", by="bob", confirmed_by="ada")
        seen.append(in_force(house)["callers"])
    assert seen == [["trading-core@1.1.0"], ["trading-core@1.0.0"]]
    with pytest.raises(NoVersionBefore, match="trading-core has no version before"):
        house.service.shelf.rollback("trading-core", by="bob")


def test_activating_what_is_active_changes_nothing(house: House) -> None:
    house.service.shelf.activate("trading-core", "1.0.0", ["callers"], by="ada")
    house.service.shelf.activate("house-stops", "1.0.0", ["house"], by="ada")
    assert len(house.service.shelf.history()) == 4


def test_version_that_cannot_be_read_is_not_activated(house: House) -> None:
    house.library.texts["broken", "1.0.0"] = "pack: broken\nversion: 1.0.0\n"
    for pack in ("broken", "unheard-of"):
        with pytest.raises(PackUnavailable):
            house.service.shelf.activate(pack, "1.0.0", ["callers", "house"], by="ada")
    assert len(house.service.shelf.history()) == 4
    assert in_force(house)["callers"] == ["trading-core@1.0.0"]


def test_shadow_version_never_judges(house: House) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada", shadow=True)
    assert in_force(house)["callers"] == ["trading-core@1.0.0"]
    assert [row.version for row in house.service.shelf.standing() if row.shadow] == ["1.1.0"]


def test_activation_of_another_process_counts_at_once(house: House, store: Engine) -> None:
    assert in_force(house)["callers"] == ["trading-core@1.0.0"]
    house.library.add(stricter_core("1.1.0"))
    build_house(store, house.library).service.shelf.activate("trading-core", "1.1.0", ["callers"], by="other")
    assert in_force(house)["callers"] == ["trading-core@1.1.0"]


def test_activation_is_an_event(house: House, store: Engine) -> None:
    with reading(store) as connection:
        told = [event.data for _, event in undelivered(connection, 10)]
    assert len(told) == 4
    assert told[0]["pack_set"] == "callers"
    assert told[0]["pack"] == "trading-core"
    assert told[0]["activated_by"] == "default shelf"


def test_active_version_that_was_edited_judges_nothing(house: House, store: Engine) -> None:
    edited = Texts()
    edited.texts["trading-core", "1.0.0"] = Texts().frozen_text("trading-core", "1.0.0") + "\n# edited\n"
    with pytest.raises(PackUnavailable, match="not the text that was recorded"):
        in_force(build_house(store, edited))


def test_packs_long_unused_are_let_go() -> None:
    library = Texts()
    loader = PackLoader(library, kept=2)
    for version in ("2.0.0", "2.1.0", "2.2.0"):
        library.add(stricter_core(version))
        loader.load("trading-core", version)
    assert list(loader._packs) == [("trading-core", "2.1.0"), ("trading-core", "2.2.0")]


def test_frozen_pack_that_was_edited_is_unavailable(tmp_path: Path) -> None:
    for path in ("packs.lock.yaml", "trading-core/released/1.0.0.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((RULES / path).read_bytes())
    library = FrozenPacks(tmp_path)
    assert "trading-core" in library.frozen_text("trading-core", "1.0.0")
    frozen = tmp_path / "trading-core" / "released" / "1.0.0.yaml"
    frozen.write_text(frozen.read_text() + "# a harmless comment\n")
    with pytest.raises(PackUnavailable, match="was edited after its release"):
        library.frozen_text("trading-core", "1.0.0")
    frozen.unlink()
    with pytest.raises(PackUnavailable, match="cannot be read"):
        library.frozen_text("trading-core", "1.0.0")


@pytest.mark.parametrize("name", ["../trading-core", "trading-core/../trading-core", "", "..", "unheard"])
def test_pack_is_looked_up_in_the_lock_before_any_path_is_made_of_its_name(name: str) -> None:
    with pytest.raises(PackUnknown, match="was never released"):
        FrozenPacks(RULES).frozen_text(name, "1.0.0")


def test_missing_or_broken_lock_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(PackUnavailable, match="cannot be read"):
        FrozenPacks(tmp_path).default_shelf()
    for text in ("[]", "{", "default: {callers: [trading-core]}"):
        (tmp_path / "packs.lock.yaml").write_text(text)
        with pytest.raises(PackUnavailable):
            FrozenPacks(tmp_path).default_shelf()
