"""How a shadow begins and ends, and what it is told: one database is enough for that."""

import pytest
from sqlalchemy import Engine

from tests.policy.parts import House, build_house, stricter_core
from tests.policy.shadows import decide, recorded, shadow


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """The address of an empty store."""
    return sqlite_url


def test_same_signal_again_leaves_one_row(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    assert decide(house, 1).decision_id == decide(house, 1).decision_id
    assert len(recorded(store)) == 1


def test_set_without_a_shadow_leaves_nothing(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"), sets=["house"])
    decide(house, 1)
    assert recorded(store) == []


def test_shadow_that_needs_another_fact_says_so_and_the_decision_stands(house: House, store: Engine) -> None:
    more = stricter_core("3.0.0").replace(
        "  confidence:  ",
        "  spread: {type: number, unit: ratio, min: 0, direction: riskier_up}\n  confidence:  ",
    )
    assert "spread" in more
    shadow(house, more, "3.0.0")
    assert decide(house, 1).decision == "APPROVE"
    [row] = recorded(store)
    assert (row.verdict, row.rules[0]) == ("REJECT", "trivet/facts-incomplete")


def test_shadow_that_lacks_an_input_is_not_told_of_it(house: House, store: Engine) -> None:
    kept = [line for line in stricter_core("3.0.0").split("\n") if "gross_exposure_pct" not in line]
    shadow(house, "\n".join(kept), "3.0.0")
    decide(house, 1, confidence=0.9)
    assert [row.verdict for row in recorded(store)] == ["APPROVE"]


def test_lost_shadow_is_an_error_on_record_and_the_decision_stands(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    fresh = build_house(store, house.library)
    fresh.library.lose("trading-core", "1.1.0")
    assert decide(fresh, 1).decision == "APPROVE"
    [row] = recorded(store)
    assert (row.verdict, row.error) == (None, "trading-core@1.1.0 is gone")


def test_shadow_ends_when_its_version_is_put_in_force(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="ada")
    assert [row.version for row in house.service.shelf.standing() if row.shadow] == []
    decide(house, 1)
    assert recorded(store) == []


def test_shadow_that_ended_does_not_come_back_with_the_next_version(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    for version, confidence in (("1.1.0", 0.8), ("1.2.0", 0.9)):
        house.library.add(stricter_core(version, confidence=confidence))
        house.service.shelf.activate("trading-core", version, ["callers"], by="ada")
    decide(house, 1)
    assert recorded(store) == []
    shadow(house, stricter_core("1.1.0"))
    decide(house, 2)
    assert [row.version for row in recorded(store)] == ["1.1.0"]


def test_shadow_ends_when_the_active_version_is_put_in_shadow(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.0.0", ["callers"], by="ada", shadow=True)
    decide(house, 1)
    assert recorded(store) == []
