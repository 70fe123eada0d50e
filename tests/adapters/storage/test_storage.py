"""Stores: migrated to exactly the tables the code declares, the same values on both databases."""

import random
import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from adapters.storage.checkpoints import checkpoints
from adapters.storage.database import connect, open_store
from adapters.storage.migrate import StoreTooNew
from policy import bulk
from policy.bulk import insert_new_rows
from policy.columns import CanonicalJson, Exact, Id, SafeText, UtcTime, metadata
from policy.store import reading, writing
from policy.tables import decided_signals

assert checkpoints.metadata is metadata

samples = Table(
    "samples",
    MetaData(),
    Column("place", Integer, primary_key=True),
    Column("id", Id()),
    Column("at", UtcTime()),
    Column("amount", Exact()),
    Column("words", SafeText()),
    Column("tree", CanonicalJson()),
)
AT = datetime(2012, 6, 1, 16, 0, 0, 5, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(url: str) -> Any:
    opened = open_store(url)
    samples.create(opened, checkfirst=True)
    yield opened
    opened.dispose()


def row(place: int = 1, **values: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("id", "at", "amount", "words", "tree"))
    return {"place": place, **empty, **values}


def kept(store: Engine) -> Any:
    with reading(store) as connection:
        return connection.execute(select(samples).order_by(samples.c.place)).all()


def _no_partition(name: str | None, kind: str, _parents: object) -> bool:
    """A partition is a part of a declared table, not a table of its own."""
    parts = r"policy_(evaluations|rule_hits)_(default|\d{4}_\d\d)"
    return kind != "table" or not re.fullmatch(parts, name or "")


def test_migrations_make_exactly_the_declared_tables(store: Engine) -> None:
    samples.drop(store)
    with store.connect() as connection:
        options = {"compare_type": True, "include_name": _no_partition}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_opening_again_changes_nothing(store: Engine, url: str) -> None:
    with writing(store) as connection:
        bulk.insert(connection, bulk.rows_for(samples, [row(words="kept")]))
    again = open_store(url)
    assert [one.words for one in kept(again)] == ["kept"]
    again.dispose()


def test_store_of_a_later_version_is_refused(store: Engine, url: str) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="use the Trivet that wrote it"):
        open_store(url)


@pytest.mark.parametrize("at_once", [True, False])
def test_values_come_back_as_they_went(store: Engine, at_once: bool) -> None:
    sent = row(
        id=UUID(int=7),
        at=AT.astimezone(timezone(timedelta(hours=2))),
        amount=Decimal("1000000.10"),
        words='NUL \0 and \\0 and \\\\0 \\ "quoted" ☃ 🙂',
        tree={"b": [1, 2.5, None], "a": "\u0000\\"},
    )
    with writing(store) as connection:
        if at_once:
            bulk.insert(connection, bulk.rows_for(samples, [sent]))
        else:
            connection.execute(insert(samples), [sent])
    (back,) = kept(store)
    assert (back.id, back.at, back.amount) == (UUID(int=7), AT, Decimal("1000000.10"))
    assert back.at.tzinfo is UTC
    assert (back.words, back.tree) == (sent["words"], sent["tree"])


def test_any_text_survives(store: Engine) -> None:
    dice = random.Random(7)
    words = ["".join(dice.choices("\\\0a0", k=dice.randint(0, 9))) for _ in range(300)]
    with writing(store) as connection:
        bulk.insert(
            connection, bulk.rows_for(samples, [row(place, words=one) for place, one in enumerate(words)])
        )
    assert [one.words for one in kept(store)] == words


def test_times_are_sorted_by_the_database(store: Engine) -> None:
    times = [AT, AT + timedelta(microseconds=1), AT + timedelta(days=4000), AT.replace(microsecond=0)]
    with writing(store) as connection:
        bulk.insert(connection, bulk.rows_for(samples, [row(place, at=at) for place, at in enumerate(times)]))
    with reading(store) as connection:
        assert list(connection.scalars(select(samples.c.at).order_by(samples.c.at))) == sorted(times)


def test_time_without_a_zone_is_refused(store: Engine) -> None:
    naive = row(at=AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has no zone"), writing(store) as connection:
        bulk.insert(connection, bulk.rows_for(samples, [naive]))
    with pytest.raises(StatementError, match="has no zone"), writing(store) as connection:
        connection.execute(insert(samples), [naive])


def test_rows_that_are_there_already_are_left_as_they_are(store: Engine) -> None:
    def claim(number: int, body: str) -> dict[str, Any]:
        return {"signal_id": UUID(int=number), "body_hash": body, "decision_id": UUID(int=number + 1000)}

    with writing(store) as connection:
        first = insert_new_rows(
            connection, decided_signals, [claim(n, "first") for n in range(300)], "signal_id"
        )
        again = insert_new_rows(
            connection, decided_signals, [claim(n, "again") for n in (5, 300)], "signal_id"
        )
    assert first == [(UUID(int=n), None) for n in range(300)]
    assert again == [(UUID(int=300), None)]
    with reading(store) as connection:
        hashes = connection.execute(select(decided_signals.c.body_hash)).scalars().all()
    assert sorted(set(hashes)) == ["again", "first"]
    assert hashes.count("again") == 1


def test_failed_transaction_leaves_nothing(store: Engine) -> None:
    def write_twice() -> None:
        with writing(store) as connection:
            bulk.insert(connection, bulk.rows_for(samples, [row(1)]))
            bulk.insert(connection, bulk.rows_for(samples, [row(2), row(1)]))

    with pytest.raises(IntegrityError):
        write_twice()
    assert kept(store) == []


def test_sqlite_keeps_every_commit_and_every_reference(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    store.dispose()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_sqlite_makes_its_folder(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/not/yet/there 100%?.db".replace("?", "")).dispose()
    assert (tmp_path / "not" / "yet" / "there 100%.db").exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "not a database URL"),
        ("trivet.db", "not a database URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://localhost/x", "names mysql"),
    ],
)
def test_address_that_is_no_store_is_told_what_to_write(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        connect(address)


def test_postgres_that_is_not_there_is_an_error_and_not_a_wait() -> None:
    with pytest.raises(OperationalError):
        open_store("postgresql://nobody:x@127.0.0.1:1/none")


def test_more_threads_than_connections_share_a_store(store: Engine) -> None:
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for turn in range(10):
                with writing(store) as connection:
                    bulk.insert(connection, bulk.rows_for(samples, [row(thread * 100 + turn)]))
                with reading(store) as connection:
                    connection.execute(select(samples)).all()
        except Exception as error:  # a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(kept(store)) == 240
