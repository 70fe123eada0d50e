"""The looking after the promises is itself looked after: each break, made on purpose, is found."""

import shutil

import pytest
from sqlalchemy import create_engine, text

from adapters.storage.database import connect
from tests.faults.promises import broken
from tests.trivet import trivet

BREAKS = {
    "DELETE FROM policy_evaluations WHERE purpose IS NULL AND verdict = 'APPROVE'": "has no decision",
    "DELETE FROM decided_signals WHERE signal_id IN (SELECT signal_id FROM decided_signals LIMIT 1)": (
        "claimed or decided, not both"
    ),
    "UPDATE policy_evaluations SET verdict = 'APPROVE' WHERE verdict = 'REJECT'": "audit log",
    "UPDATE fills SET qty = '999'": "the broker has",
    "UPDATE positions SET qty = '999'": "the portfolio holds",
    "UPDATE holdings SET amount = '999'": "the house {",
    "UPDATE outbox SET delivered = 0 WHERE seq = 1": "never delivered",
    "UPDATE orders SET signal_id = (SELECT min(signal_id) FROM orders)": "orders",
    "UPDATE paper_submissions SET client_order_id = (SELECT min(client_order_id) FROM paper_submissions)": (
        "was handed in"
    ),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A folder with the store of a replay that traded."""
    folder = tmp_path_factory.mktemp("played")
    done = trivet(folder, "replay", "--from", "2012-05-18", "--to", "2012-06-08", "--store", folder / "kept")
    assert done.returncode == 0, done.stderr
    return folder / "kept" / "trivet.sqlite3"


def found_in(file):
    store = connect(f"sqlite:///{file}")
    try:
        return broken(store)
    finally:
        store.dispose()


def test_a_replay_keeps_every_promise(played):
    assert found_in(played) == []


@pytest.mark.parametrize("statement", BREAKS, ids=range(len(BREAKS)))
def test_a_broken_promise_is_found(played, tmp_path, statement):
    spoiled = shutil.copy(played, tmp_path / "spoiled.sqlite3")
    store = create_engine(f"sqlite:///{spoiled}")
    with store.begin() as connection:
        assert connection.execute(text(statement)).rowcount
    store.dispose()
    assert any(BREAKS[statement] in one for one in found_in(spoiled))
