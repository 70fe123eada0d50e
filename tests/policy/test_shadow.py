"""Packs in shadow: judged on the same facts, recorded apart, harmless, and compared with the active ones."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select

from policy.contracts import Decision
from policy.shadow_report import compared
from policy.store import reading
from policy.tables import policy_evaluations, shadow_judgements
from tests.policy.parts import House, build_house, proposal, stricter_core


def shadow(house: House, text: str, version: str = "1.1.0", sets: Sequence[Any] = ("callers",)) -> None:
    house.library.add(text)
    house.service.shelf.activate("trading-core", version, sets, by="ada", shadow=True)


def decide(house: House, number: int, **changes: Any) -> Decision:
    [answer] = house.service.evaluation.evaluate_batch([proposal(number, **changes)])
    assert isinstance(answer, Decision)
    return answer


def recorded(store: Engine) -> list[Any]:
    with reading(store) as connection:
        return list(connection.execute(select(shadow_judgements).order_by(shadow_judgements.c.decision_id)))


def test_shadow_is_recorded_beside_each_decision_and_changes_none(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    decision = decide(house, 1)
    assert decision.decision == "APPROVE"
    assert [ref.version for ref in decision.packs] == ["1.0.0"]
    [row] = recorded(store)
    assert (row.decision_id, row.pack, row.version) == (decision.decision_id, "trading-core", "1.1.0")
    assert (row.active_verdict, row.verdict) == ("APPROVE", "REVIEW")
    assert row.rules == ["trading-core/low-confidence", "trading-core/oversized"]
    assert row.active_rules == ["trading-core/oversized"]
    assert (row.active_size_pct, row.size_pct, row.error) == (0.01, 0.01, None)


def test_same_signal_again_leaves_one_row(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    assert decide(house, 1).decision_id == decide(house, 1).decision_id
    assert len(recorded(store)) == 1


def test_set_without_a_shadow_leaves_nothing(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"), sets=["house"])
    decide(house, 1)
    assert recorded(store) == []


def test_shadow_that_needs_another_fact_says_so_and_the_decision_stands(house: House, store: Engine) -> None:
    more = stricter_core("2.0.0").replace(
        "  confidence:  ",
        "  spread: {type: number, unit: ratio, min: 0, direction: riskier_up}\n  confidence:  ",
    )
    assert "spread" in more
    shadow(house, more, "2.0.0")
    assert decide(house, 1).decision == "APPROVE"
    [row] = recorded(store)
    assert (row.verdict, row.rules[0]) == ("REJECT", "trivet/facts-incomplete")


def test_shadow_that_lacks_an_input_is_not_told_of_it(house: House, store: Engine) -> None:
    kept = [line for line in stricter_core("2.0.0").split("\n") if "gross_exposure_pct" not in line]
    shadow(house, "\n".join(kept), "2.0.0")
    decide(house, 1, confidence=0.9)
    assert [row.verdict for row in recorded(store)] == ["APPROVE"]


def test_lost_shadow_is_an_error_on_record_and_the_decision_stands(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    fresh = build_house(store, house.library)
    fresh.library.lose("trading-core", "1.1.0")
    assert decide(fresh, 1).decision == "APPROVE"
    [row] = recorded(store)
    assert (row.verdict, row.error) == (None, "trading-core@1.1.0 is gone")


def test_shadow_that_breaks_is_an_error_on_record_and_the_decision_stands(
    house: House, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the shadow\0 fell over")

    shadow(house, stricter_core("1.1.0"))
    monkeypatch.setattr("policy.shadow.judge_facts", broken)
    assert decide(house, 1).decision == "APPROVE"
    [row] = recorded(store)
    assert row.verdict is None
    assert "fell over" in row.error


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


def test_decision_and_its_shadow_are_written_together_or_not_at_all(house: House, store: Engine) -> None:
    shadow(house, stricter_core("1.1.0"))
    decide(house, 1)
    decide(house, 2, confidence=0.9)
    with reading(store) as connection:
        decided = set(connection.scalars(select(policy_evaluations.c.decision_id)))
    assert {row.decision_id for row in recorded(store)} == decided


def test_report_counts_where_shadow_and_active_part(house: House, store: Engine) -> None:
    text = (
        stricter_core("1.1.0")
        .replace("{value: 0.01,", "{value: 0.005,")
        .replace("size_pct: 0.01", "size_pct: 0.005")
    )
    shadow(house, text)
    decide(house, 1, confidence=0.9, size_pct=0.004)
    decide(house, 2, confidence=0.9, size_pct=0.01)
    decide(house, 3)
    decide(house, 4, market_context__market_open=False)
    [report] = compared(store, 5)
    assert (report.pack, report.version, report.pack_set, report.signals) == (
        "trading-core",
        "1.1.0",
        "callers",
        4,
    )
    assert report.matrix == {("APPROVE", "APPROVE"): 2, ("APPROVE", "REVIEW"): 1, ("REJECT", "REJECT"): 1}
    assert (report.resized, report.failed) == (1, 0)
    assert report.rules == {"trading-core/low-confidence": (0, 2), "trading-core/oversized": (0, 1)}
    assert {(one.active_verdict, one.verdict, one.sizes) for one in report.sample} == {
        ("APPROVE", "REVIEW", (0.01, 0.005)),
        ("APPROVE", "APPROVE", (0.01, 0.005)),
    }
    assert [len(one.sample) for one in compared(store, 1)] == [1]
