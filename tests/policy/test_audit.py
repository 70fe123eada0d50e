"""The audit log: whole after a crash, and every change of it shows."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from adapters.storage.database import open_store
from policy.audit.verify import length, verify
from policy.explain import replay
from policy.retention.retire import LogBusy, Plan, retire
from policy.store import reading
from policy.tables import decided_signals, policy_evaluations
from tests.policy.parts import House, Texts, after_first, build_house, proposal, stricter_core

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(house: House, store: Engine) -> Engine:
    """A log of eight decisions, one of them a person's."""
    evaluate = house.service.evaluation.evaluate_batch
    evaluate([proposal(number) for number in range(4)])
    evaluate([proposal(number, confidence=0.5) for number in range(4, 6)])
    evaluate([proposal(6, symbol="ZZZ")])
    review = house.service.reviews.listed(None, None, 1)[0]
    house.service.reviews.approve(review.review_id, "ada", "fine")
    assert verify(store) == []
    assert length(store) == 8
    return store


def test_decisions_that_are_made_meanwhile_are_no_flaws(written: Engine, store_url: str) -> None:
    other = open_store(store_url)
    decide = partial(build_house(other).service.evaluation.evaluate_batch, [proposal(100, confidence=0.5)])
    with after_first(written, "FROM audit_heads", decide):
        assert verify(written) == []
    assert length(written) == 9
    assert verify(written) == []
    other.dispose()


def test_months_that_are_dropped_meanwhile_are_no_flaws(
    house: House, written: Engine, store_url: str
) -> None:
    """A dropped partition is gone for every transaction, also for one that began before."""
    house.clock.pass_by(days=40)
    house.service.reviews.expire_overdue()
    house.service.evaluation.evaluate_batch([proposal(100)])
    other, plan = open_store(store_url), Plan(house.clock.time, frozenset(), house.clock.time, "ada")

    def drop() -> None:
        with suppress(LogBusy):
            retire(other, plan)

    with after_first(written, "FROM audit_anchors", drop):
        assert verify(written) == []
    retire(other, plan)
    assert length(written) == 1
    assert verify(written) == []
    other.dispose()


# The link with the largest number, and one in the middle of the chain.
_LAST = "(SELECT max(seq) FROM policy_evaluations)"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE policy_evaluations SET verdict = 'APPROVE' WHERE seq = 7",
        "UPDATE policy_evaluations SET outcome = replace(outcome, '0.01', '0.02') WHERE seq = 2",
        "UPDATE policy_evaluations SET facts = replace(facts, '12', '13') WHERE seq = 2",
        "UPDATE policy_evaluations SET proposal = '{}' WHERE seq = 2",
        "UPDATE policy_evaluations SET packs = '[]' WHERE seq = 2",
        "UPDATE policy_evaluations SET answered_by = 'eve' WHERE seq = 8",
        "UPDATE policy_evaluations SET symbol = 'IBM' WHERE seq = 3",
        "UPDATE policy_evaluations SET expires_at = NULL WHERE seq = 1",
        "UPDATE policy_evaluations SET hash = prev_hash WHERE seq = 1",
        "UPDATE policy_evaluations SET seq = 99 WHERE seq = 3",
        "UPDATE policy_evaluations SET chain = 'other' WHERE seq = 3",
        "DELETE FROM policy_evaluations WHERE seq = 1",
        "DELETE FROM policy_evaluations WHERE seq = 3",
        f"DELETE FROM policy_evaluations WHERE seq = {_LAST}",
        "DELETE FROM policy_evaluations",
        "DELETE FROM decided_signals WHERE decision_id IN (SELECT decision_id FROM policy_rule_hits)",
        "UPDATE decided_signals SET body_hash = 'x'",
        "UPDATE audit_heads SET seq = 5",
        "UPDATE audit_heads SET hash = 'x'",
        "DELETE FROM audit_heads",
        "UPDATE policy_rule_hits SET message = 'nothing happened' WHERE verdict = 'REJECT'",
        "DELETE FROM policy_rule_hits WHERE verdict = 'REJECT'",
        "UPDATE reviews SET status = 'APPROVED' WHERE status = 'PENDING'",
        "UPDATE reviews SET answered_by = 'eve' WHERE status = 'APPROVED'",
        "DELETE FROM policy_evaluations WHERE supersedes IS NOT NULL",
    ],
)
def test_tampering_shows(written: Engine, tampering: str) -> None:
    with written.begin() as connection:
        assert connection.execute(text(tampering)).rowcount > 0
    assert verify(written) != []


def test_swapped_links_show(written: Engine) -> None:
    with written.begin() as connection:
        for statement in ("99 WHERE seq = 2", "2 WHERE seq = 3", "3 WHERE seq = 99"):
            connection.execute(text(f"UPDATE policy_evaluations SET seq = {statement}"))
    flaws = verify(written)
    assert len([flaw for flaw in flaws if flaw.table == "policy_evaluations"]) >= 2


def test_cut_tail_with_a_forged_head_shows_by_its_claims(written: Engine) -> None:
    with written.begin() as connection:
        connection.execute(text("DELETE FROM policy_evaluations WHERE seq > 5"))
        connection.execute(
            text("UPDATE audit_heads SET seq = 5, hash = (SELECT hash FROM policy_evaluations WHERE seq = 5)")
        )
    assert "decided_signals" in {flaw.table for flaw in verify(written)}


def test_flaw_names_its_row(written: Engine) -> None:
    with reading(written) as connection:
        changed = connection.scalar(
            select(policy_evaluations.c.decision_id).where(policy_evaluations.c.seq == 2)
        )
    with written.begin() as connection:
        connection.execute(text("UPDATE policy_evaluations SET symbol = 'IBM' WHERE seq = 2"))
    assert [str(flaw) for flaw in verify(written)] == [
        f"policy_evaluations {changed} (main 2): was changed: its content does not give its hash"
    ]


def test_recorded_decision_replays_from_its_frozen_pack(house: House, written: Engine) -> None:
    house.library.add(stricter_core("1.1.0"))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers", "house"], by="test")
    with reading(written) as connection:
        rows = connection.execute(select(policy_evaluations)).all()
    for row in rows:
        assert replay(row, house.service.loader).matched, row


def test_replay_names_what_differs(house: House, written: Engine) -> None:
    with written.begin() as connection:
        connection.execute(
            text("UPDATE policy_evaluations SET facts = replace(facts, '12.0', '31.0') WHERE seq = 1")
        )
    with reading(written) as connection:
        row = connection.execute(select(policy_evaluations).where(policy_evaluations.c.seq == 1)).one()
    found = replay(row, house.service.loader)
    assert not found.matched
    parts = {difference.what for difference in found.differences}
    assert {"verdict", "hits", "rules/trading-core/stale-data", "facts"} <= parts


def test_replay_without_its_pack_says_so(house: House, written: Engine) -> None:
    house.service.loader._packs.clear()
    house.library.lose("trading-core", "1.0.0")
    with reading(written) as connection:
        row = connection.execute(select(policy_evaluations)).first()
    assert row is not None
    found = replay(row, house.service.loader)
    assert [difference.what for difference in found.differences] == ["packs"]


def test_edited_release_is_not_replayed_as_if_it_were_the_same(house: House, written: Engine) -> None:
    house.service.loader._packs.clear()
    edited = Texts().frozen_text("trading-core", "1.0.0").replace("{value: 0.6,", "{value: 0.7,")
    house.library.texts["trading-core", "1.0.0"] = edited
    with reading(written) as connection:
        row = connection.execute(select(policy_evaluations)).first()
    assert row is not None
    assert not replay(row, house.service.loader).matched


WORKER = """
import sys
from adapters.storage.database import open_store
from tests.policy.parts import build_house, proposal
house = build_house(open_store(sys.argv[1]))
house.service.writer.start()
print("ready", flush=True)
number = int(sys.argv[2])
while True:
    house.service.evaluation.evaluate_batch([proposal(number + n, confidence=0.5) for n in range(7)])
    number += 5  # two of each seven come again
"""


def test_killed_while_writing_leaves_a_whole_log(store_url: str) -> None:
    for start in (0, 100_000):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, store_url, str(start)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            env=os.environ,
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        time.sleep(0.4)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    store = open_store(store_url)
    try:
        assert length(store) > 0
        assert verify(store) == []
        with reading(store) as connection:
            claimed = connection.scalar(select(func.count()).select_from(decided_signals))
            decided = connection.scalar(select(func.count(func.distinct(policy_evaluations.c.signal_id))))
        assert claimed == decided == length(store)
    finally:
        store.dispose()


def test_outcome_on_record_is_plain_json(written: Engine) -> None:
    with reading(written) as connection:
        outcome = connection.scalar(select(policy_evaluations.c.outcome).where(policy_evaluations.c.seq == 1))
    assert json.loads(outcome or "")["verdict"] == "APPROVE"
