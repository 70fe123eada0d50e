"""The screens' key: enough to start a service that others can reach, and the same at every start."""

from secrets import token_bytes

from adapters.access.screens_key import NAME, ensure_screens_key
from adapters.clock import SystemClock
from adapters.storage.database import open_store
from policy.access.keys import every_key, has_usable_key, owner_of
from policy.store import reading
from tests.trivet import trivet


def test_a_service_that_others_can_reach_starts_with_it(tmp_path, sqlite_url):
    trivet(tmp_path, "migrate", "--screens-key", TRIVET_DATABASE_URL=sqlite_url, TRIVET_AUTH="required")
    store, now = open_store(sqlite_url), SystemClock().now()
    with reading(store) as connection:
        known = {key.prefix: key for key in every_key(connection)}
        assert has_usable_key(connection, now)
    store.dispose()
    assert owner_of((tmp_path / "local.key").read_text().strip(), known, now).name == NAME
    assert (tmp_path / "local.key").stat().st_mode & 0o777 == 0o600


def test_where_no_key_is_needed_none_is_made(tmp_path, sqlite_url):
    done = trivet(tmp_path, "migrate", "--screens-key", TRIVET_DATABASE_URL=sqlite_url)
    assert done.stdout == "the store is up to date\n"
    assert not (tmp_path / "local.key").exists()


def test_a_new_store_gets_to_know_the_key_that_is_there(tmp_path, sqlite_url):
    first = open_store(sqlite_url)
    path = ensure_screens_key(tmp_path, first, SystemClock(), token_bytes)
    token = path.read_text()
    first.dispose()

    second = open_store(f"{sqlite_url}.second")
    ensure_screens_key(tmp_path, second, SystemClock(), token_bytes)
    ensure_screens_key(tmp_path, second, SystemClock(), token_bytes)

    with reading(second) as connection:
        [key] = every_key(connection)
    second.dispose()
    assert path.read_text() == token
    assert token.startswith(f"trv_{key.prefix}_")
