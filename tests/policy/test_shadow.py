"""Packs in shadow: judged on the same facts, recorded apart, harmless, and compared with the active ones."""

import pytest
from sqlalchemy import Engine, select

from policy.shadow_report import compared
from policy.store import reading
from policy.tables import policy_evaluations
from tests.policy.parts import House, stricter_core
from tests.policy.shadows import decide, recorded, shadow


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
