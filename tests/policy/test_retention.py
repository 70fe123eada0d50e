"""Retention: old months leave, what is needed stays, the chains still verify, and nobody is decided twice."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from alembic import command
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, event, func, select, text

from adapters.storage.database import connect, open_store
from adapters.storage.migrate import alembic_config
from policy.audit.verify import length, verify
from policy.decisions import rows_of, standing
from policy.explain import replay
from policy.problems import Problem
from policy.retention.anchors import LogDamaged
from policy.retention.retire import Plan, Retired, foresee, held_by_reviews, limit, retire
from policy.retention.tables import audit_anchors, kept_evaluations, kept_rule_hits, retired_decisions
from policy.store import reading, writing
from policy.tables import policy_evaluations, shadow_judgements
from policy.watching.gauges import StoreGauges
from policy.watching.store_figures import audit_chains
from tests.policy.parts import NOON, House, build_house, proposal, signal_id, stricter_core

AUGUST = datetime(2012, 8, 1, tzinfo=UTC)
LATER = datetime(2013, 1, 15, tzinfo=UTC)


def count(store: Engine, table: Any) -> int:
    with reading(store) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def plan(store: Engine, *held: UUID, before: datetime = AUGUST) -> Plan:
    with reading(store) as connection:
        return Plan(before, frozenset({*held, *held_by_reviews(connection)}), LATER, "ada")


def write_three_months(house: House) -> None:
    """Five decisions in each of June, July and August, two of which wait; one of June's is approved."""
    for month in range(3):
        house.clock.time = NOON + timedelta(days=31 * month)
        house.sessions.close = house.clock.time + timedelta(hours=4)
        signals = range(month * 10, month * 10 + 5)
        house.service.evaluation.evaluate_batch(
            [proposal(one, confidence=0.5 if one % 10 in (1, 3) else 0.71) for one in signals]
        )
        if month == 0:
            review = house.service.reviews.listed(None, None, 1)[0]
            house.service.reviews.approve(review.review_id, "ada", "fine")


@pytest.fixture
def written(house: House, store: Engine) -> Engine:
    """The three months, nothing retired."""
    write_three_months(house)
    return store


@pytest.fixture
def shortened(written: Engine) -> Engine:
    """The same, June and July retired."""
    retire(written, plan(written))
    return written


@pytest.fixture(scope="module")
def shortened_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with June and July retired, to copy: verifying does not depend on the database."""
    path = tmp_path_factory.mktemp("shortened") / "trivet.db"
    opened = open_store(f"sqlite:///{path}")
    write_three_months(build_house(opened))
    retire(opened, plan(opened))
    assert verify(opened) == []
    opened.dispose()
    return path


@pytest.fixture
def copied(shortened_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """A copy of that store, to tamper with."""
    opened = connect(f"sqlite:///{shutil.copy(shortened_file, tmp_path / 'copy.db')}")
    yield opened
    opened.dispose()


def ends(house: House) -> dict[str, float]:
    """Of each chain whether its last link is the one its head names, as the metrics tell it."""
    registry = CollectorRegistry()
    registry.register(StoreGauges(house.service.store, house.clock, [audit_chains]))
    [shown] = [one for one in registry.collect() if one.name == "trivet_audit_head_matches"]
    return {sample.labels["chain"]: sample.value for sample in shown.samples}


def test_old_months_leave_and_what_waits_is_kept(written: Engine) -> None:
    done = retire(written, plan(written))
    assert done == [Retired("2012-06", 5, 1, 0), Retired("2012-07", 3, 2, 0)]
    assert count(written, policy_evaluations) == 5
    assert count(written, kept_evaluations) == 3
    assert count(written, kept_rule_hits) == 3 * 2, "the size's cap and the confidence"
    assert count(written, retired_decisions) == 8
    assert length(written) == 8
    assert verify(written) == []


def test_dry_run_says_the_same_and_changes_nothing(written: Engine) -> None:
    foreseen = foresee(written, plan(written))
    assert count(written, policy_evaluations) == 16
    assert count(written, audit_anchors) == 0
    assert retire(written, plan(written)) == foreseen


def test_a_month_with_a_younger_row_stays(written: Engine) -> None:
    assert [one.part for one in foresee(written, plan(written, before=AUGUST - timedelta(days=1)))] == [
        "2012-06"
    ]
    assert foresee(written, plan(written, before=NOON + timedelta(days=10))) == []


def test_what_an_open_order_rests_on_is_kept_whole(house: House, written: Engine) -> None:
    retire(written, plan(written, signal_id(0), signal_id(10)))
    with reading(written) as connection:
        row = standing(connection, signal_id(10))
        assert row is not None
        assert replay(row, house.service.loader).matched
    assert count(written, kept_evaluations) == 5
    assert verify(written) == []


def test_kept_rows_leave_when_nothing_needs_them_any_more(house: House, shortened: Engine) -> None:
    house.service.reviews.expire_overdue()
    done = retire(shortened, plan(shortened))
    assert done == [Retired("kept", 3, 0, 0)]
    assert count(shortened, kept_evaluations) == count(shortened, kept_rule_hits) == 0
    assert verify(shortened) == []
    assert retire(shortened, plan(shortened)) == []


def test_the_chain_goes_on_after_everything_was_dropped(house: House, written: Engine) -> None:
    house.clock.time = LATER
    house.service.reviews.expire_overdue()
    retire(written, plan(written, before=LATER))
    assert set(ends(house).values()) == {1.0}, "every chain's end is found, wherever it has gone"
    assert count(written, policy_evaluations) == 0
    assert verify(written) == []
    house.service.evaluation.evaluate_batch([proposal(100)])
    assert verify(written) == []


def test_a_retired_signal_is_neither_decided_again_nor_approved(house: House, shortened: Engine) -> None:
    before = count(shortened, policy_evaluations)
    (answer,) = house.service.evaluation.evaluate_batch([proposal(0)])
    assert isinstance(answer, Problem)
    assert (answer.status, answer.slug) == (409, "signal-already-decided")
    assert "retired" in answer.detail
    assert count(shortened, policy_evaluations) == before
    with reading(shortened) as connection:
        assert standing(connection, signal_id(0)) is None


def test_a_kept_signal_gets_its_decision_again(house: House, shortened: Engine) -> None:
    (answer,) = house.service.evaluation.evaluate_batch([proposal(13, confidence=0.5)])
    assert not isinstance(answer, Problem)
    assert answer.decision == "REVIEW"


def test_retired_decisions_are_gone_and_unknown_ones_were_never_there(
    written: Engine, api: httpx.Client
) -> None:
    listed = api.get("/v1/policy/decisions?limit=500").json()["items"]
    ids = {one["signal_id"]: one["decision_id"] for one in listed if one.get("supersedes") is None}
    retire(written, plan(written))
    gone = api.get(f"/v1/policy/decisions/{ids[str(signal_id(0))]}")
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:trivet:problem:decision-retired")
    kept = f"/v1/policy/decisions/{ids[str(signal_id(13))]}"
    assert api.get(kept).json()["decision"] == "REVIEW"
    assert api.post(f"{kept}/replay", json={}).json() == {"matched": True, "differences": []}
    assert api.get(f"/v1/policy/decisions/{UUID(int=5)}").status_code == 404


def test_a_review_whose_decision_was_retired_is_answered_plainly(written: Engine, api: httpx.Client) -> None:
    answered = api.get("/v1/reviews?status=APPROVED").json()["items"][0]["review_id"]
    retire(written, plan(written))
    told = api.post(f"/v1/reviews/{answered}/approve", json={"note": "again"})
    assert (told.status_code, told.json()["type"]) == (410, "urn:trivet:problem:decision-retired")
    assert api.get(f"/v1/reviews/{answered}").json()["status"] == "APPROVED"


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit_anchors WHERE number = 1",
        "DELETE FROM audit_anchors WHERE number = (SELECT max(number) FROM audit_anchors)",
        "DELETE FROM audit_anchors",
        "UPDATE audit_anchors SET last_hash = hash_before WHERE number = 1",
        "UPDATE audit_anchors SET last_seq = last_seq + 1 WHERE number = 2",
        "UPDATE audit_anchors SET \"by\" = 'eve' WHERE number = 1",
        "UPDATE audit_anchors SET digest = hash WHERE number = 1",
        "UPDATE audit_anchors SET number = 99 WHERE number = 1",
        "DELETE FROM retired_decisions WHERE anchor = 1 AND seq = 1",
        "UPDATE retired_decisions SET verdict = 'REJECT' WHERE verdict = 'APPROVE'",
        "UPDATE retired_decisions SET anchor = 2 WHERE anchor = 1",
        "DELETE FROM kept_evaluations WHERE seq = (SELECT min(seq) FROM kept_evaluations)",
        "UPDATE kept_evaluations SET symbol = 'IBM'",
        "UPDATE kept_rule_hits SET message = 'nothing happened'",
        "DELETE FROM kept_rule_hits",
        "DELETE FROM policy_evaluations WHERE seq = (SELECT min(seq) FROM policy_evaluations)",
        "UPDATE policy_evaluations SET facts = replace(facts, '12', '13')",
        "DELETE FROM decided_signals WHERE decision_id IN (SELECT decision_id FROM retired_decisions)",
        "UPDATE audit_heads SET seq = seq - 1 WHERE chain = 'anchors/decisions'",
        "DELETE FROM audit_heads WHERE chain = 'anchors/decisions'",
        "UPDATE reviews SET answered_by = 'eve' WHERE status = 'APPROVED'",
    ],
)
def test_tampering_with_a_shortened_log_shows(copied: Engine, tampering: str) -> None:
    with copied.begin() as connection:
        assert connection.execute(text(tampering)).rowcount > 0
    assert verify(copied) != []


def test_an_anchor_for_links_that_are_there_shows(copied: Engine) -> None:
    """Whoever puts a forged anchor before a later deletion has to forge the anchors' own chain as well."""
    forged = (
        "INSERT INTO audit_anchors SELECT 1000, chain, last_seq + 100, last_seq + 101, hash_before, "
        'last_hash, rows, digest, at, "by", prev_hash, hash FROM audit_anchors WHERE number = 1'
    )
    with copied.begin() as connection:
        connection.execute(text(forged))
    assert "bridges no links that are missing where it says" in {flaw.what for flaw in verify(copied)}


def test_evidence_of_tampering_is_not_dropped(written: Engine) -> None:
    with written.begin() as connection:
        connection.execute(text("UPDATE policy_evaluations SET verdict = 'APPROVE' WHERE seq = 2"))
    with pytest.raises(LogDamaged, match="run `trivet audit verify`"):
        retire(written, plan(written))
    assert count(written, policy_evaluations) == 16
    assert count(written, kept_evaluations) == count(written, audit_anchors) == 0


def test_a_played_log_is_as_old_as_its_last_decision(written: Engine) -> None:
    last = NOON + timedelta(days=62)
    assert limit(written, datetime(2026, 11, 22, tzinfo=UTC), timedelta(days=30)) == last - timedelta(days=30)
    assert limit(written, last - timedelta(days=9), timedelta(0)) == last - timedelta(days=9)


def test_a_store_without_decisions_has_nothing_to_retire(store: Engine) -> None:
    assert limit(store, NOON, timedelta(days=180)) is None


def test_rows_of_finds_kept_rows_beside_the_others(shortened: Engine) -> None:
    with reading(shortened) as connection:
        ids = connection.scalars(select(kept_evaluations.c.decision_id)).all()
        ids += connection.scalars(select(policy_evaluations.c.decision_id)).all()
        assert set(rows_of(connection, ids)) == set(ids)


def test_judgements_of_packs_in_shadow_leave_with_their_month(house: House, store: Engine) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="test", shadow=True)
    for days in (0, 62):
        house.clock.time = NOON + timedelta(days=days)
        house.service.evaluation.evaluate_batch([proposal(days + number) for number in range(3)])
    assert count(store, shadow_judgements) == 6
    assert retire(store, plan(store))[0] == Retired("2012-06", 3, 0, 3)
    assert count(store, shadow_judgements) == 3
    assert verify(store) == []


def test_an_older_version_does_not_take_a_shortened_log(shortened: Engine) -> None:
    """Without anchors every missing link would look like tampering, so there is no way back."""
    with pytest.raises(RuntimeError, match="restore a backup"), writing(shortened) as connection:
        command.downgrade(alembic_config(connection), "0010")
    assert count(shortened, audit_anchors) > 0
    assert verify(shortened) == []


def test_what_is_left_of_memos_is_found_without_holding_each_against_every_decision(
    postgres_url: str,
) -> None:
    """A subplan that outgrows its memory is run anew for every memo: on a large log that never ends."""
    store = open_store(postgres_url)
    write_three_months(build_house(store))
    said: list[tuple[str, Any]] = []

    @event.listens_for(store, "before_cursor_execute")
    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("DELETE FROM reasoning_memos"):
            said.append((statement, parameters))

    retire(store, plan(store))
    with reading(store) as connection:
        for statement, parameters in said:
            steps = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
            assert not [step for step in steps if "SubPlan" in step], steps
    assert len(said) == 3, "June, July, and what was kept"
    store.dispose()
