"""Keys from the command line to the request: what opens, what does not, and what is kept of it."""

import asyncio
import re
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from adapters.access.opening import open_access
from adapters.clock import SystemClock
from adapters.settings import Settings, UnsafeSettings
from adapters.storage.database import open_store
from policy.access.key_ring import KeyRing
from policy.access.keys import every_key
from policy.access.tables import api_keys
from policy.api import create_app
from policy.problems import Problem
from policy.store import reading, writing
from tests.policy.parts import body, build_house, serving
from tests.trivet import answer, trivet

EVALUATE = "/v1/policy/evaluate"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "var"


@pytest.fixture
def store(home):
    opened = open_store(Settings(home=home).store_url())
    yield opened
    opened.dispose()


@pytest.fixture
def asked(home, store):
    """A client of a policy service that asks for a key, as ``trivet serve`` puts it together."""
    house = build_house(store)
    house.service.start()
    access = open_access(Settings(home=home, auth="required"), store, "127.0.0.1")
    with serving(create_app(house.service, access=access)) as client:
        yield client
    house.service.stop()


def made(home, *words):
    done = trivet(home, "keys", "create", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def test_a_key_opens_what_its_role_opens_and_is_named_on_record(asked, home):
    key = made(home, "robot", "--role", "strategy", "--expires", "90d")
    assert asked.post(EVALUATE, json=body(1), headers=bearer(key)).status_code == 200
    refused = asked.post("/v1/policy/decisions/6f9f0d0e-8a52-4d0b-9a51-0a4f3b7f9a10/replay",
                         json={}, headers=bearer(key))  # fmt: skip
    assert refused.status_code == 403
    assert "robot has strategy" in refused.json()["detail"]
    assert asked.post(EVALUATE, json=body(2)).status_code == 401


def test_the_secret_is_shown_once_and_kept_nowhere(home, store):
    done = trivet(home, "keys", "create", "robot", "--role", "strategy")
    key = done.stdout.strip()
    assert re.fullmatch(r"trv_[0-9a-f]{8}_[0-9a-f]{64}", key)
    secret = key.split("_")[2]
    assert secret not in trivet(home, "keys", "list").stdout
    listed = answer(trivet(home, "keys", "list", "--json"))["keys"]
    assert [(one["prefix"], one["name"], one["state"]) for one in listed] == [
        (key.split("_")[1], "robot", "usable")
    ]
    store.dispose()
    assert all(secret.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_two_keys_are_never_alike(home):
    assert len({made(home, "robot", "--role", "strategy") for _ in range(5)}) == 5


def test_a_revoked_key_opens_nothing_within_five_seconds(asked, home):
    key = made(home, "robot", "--role", "strategy")
    assert asked.post(EVALUATE, json=body(1), headers=bearer(key)).status_code == 200
    assert trivet(home, "keys", "revoke", key.split("_")[1]).returncode == 0
    started = time.monotonic()
    while asked.post(EVALUATE, json=body(1), headers=bearer(key)).status_code == 200:
        assert time.monotonic() - started < 5
        time.sleep(0.05)
    assert asked.post(EVALUATE, json=body(1), headers=bearer(key)).status_code == 401
    again = trivet(home, "keys", "revoke", key.split("_")[1])
    assert again.returncode == 2
    assert "left to revoke" in again.stderr


def test_an_expired_key_opens_nothing(asked, home, store):
    key = made(home, "robot", "--role", "strategy", "--expires", "12h")
    with writing(store) as connection:
        connection.execute(update(api_keys).values(expires_at=SystemClock().now()))
    assert asked.post(EVALUATE, json=body(1), headers=bearer(key)).status_code == 401


@pytest.mark.parametrize(
    "shown",
    ["Bearer", "Bearer nothing", "Basic dXNlcjpwYXNz", "Bearer trv_00000000_" + "0" * 64,
     "Bearer a.b.c", "bearer trv_" + "x" * 9000, "trv_00000000_" + "0" * 64],
)  # fmt: skip
def test_what_is_no_key_is_refused_in_the_same_words(asked, shown):
    refused = asked.get("/v1/reviews", headers={"authorization": shown})
    assert refused.status_code == 401
    assert refused.json()["type"] == "urn:trivet:problem:credential-invalid"
    assert refused.headers["www-authenticate"] == 'Bearer realm="trivet", error="invalid_token"'


def test_a_right_prefix_with_a_wrong_secret_is_refused(asked, home):
    key = made(home, "robot", "--role", "strategy")
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert asked.post(EVALUATE, json=body(1), headers=bearer(wrong)).status_code == 401


def test_last_use_is_kept_and_not_more_often_than_once_a_minute(asked, home, store):
    key = made(home, "robot", "--role", "strategy")
    for number in range(3):
        asked.post(EVALUATE, json=body(number), headers=bearer(key))
    first = _until(lambda: _used(store, "robot"))
    time.sleep(1.2)  # the next write would have come by now
    asked.post(EVALUATE, json=body(3), headers=bearer(key))
    time.sleep(1.2)
    assert _used(store, "robot") == first


def test_the_machine_makes_a_key_of_its_own_that_only_its_owner_reads(home, store):
    open_access(Settings(home=home), store, "127.0.0.1")
    path = home / "local.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    open_access(Settings(home=home), store, "127.0.0.1")
    assert path.read_text() == first
    with reading(store) as connection:
        assert [key.name for key in every_key(connection)] == ["local"]


def test_services_that_start_together_make_one_key(home, store):
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda _: open_access(Settings(home=home), store, "127.0.0.1"), range(8)))
    token = (home / "local.key").read_text().strip()
    with reading(store) as connection:
        assert [key.prefix for key in every_key(connection)] == [token.split("_")[1]]
    assert sorted(path.name for path in home.glob("local.key*")) == ["local.key"]


def test_the_machines_key_opens_a_service_that_asks_for_one(asked, home):
    key = (home / "local.key").read_text().strip()
    assert asked.get("/v1/reviews", headers=bearer(key)).status_code == 200
    assert asked.get("/v1/reviews").status_code == 401


def test_the_machines_key_is_known_to_a_new_store_too(home, store, tmp_path):
    open_access(Settings(home=home), store, "127.0.0.1")
    fresh = open_store(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    open_access(Settings(home=home), fresh, "127.0.0.1")
    with reading(fresh) as connection:
        assert len(every_key(connection)) == 1
    fresh.dispose()


def test_a_revoked_machine_key_is_replaced(home, store):
    open_access(Settings(home=home), store, "127.0.0.1")
    first = (home / "local.key").read_text()
    assert trivet(home, "keys", "revoke", first.split("_")[1]).returncode == 0
    open_access(Settings(home=home), store, "127.0.0.1")
    assert (home / "local.key").read_text() != first


def test_a_machine_key_that_others_can_read_is_refused(home, store):
    open_access(Settings(home=home), store, "127.0.0.1")
    (home / "local.key").chmod(0o644)
    with pytest.raises(UnsafeSettings, match="chmod 600"):
        open_access(Settings(home=home), store, "127.0.0.1")


def test_beyond_loopback_nothing_starts_without_required_auth_hosts_and_a_key(home, store):
    with pytest.raises(UnsafeSettings, match="TRIVET_AUTH=required"):
        open_access(Settings(home=home), store, "0.0.0.0")
    with pytest.raises(UnsafeSettings, match="TRIVET_ALLOWED_HOSTS"):
        open_access(Settings(home=home, auth="required"), store, "0.0.0.0")
    chosen = Settings(home=home, auth="required", allowed_hosts="policy, Trivet.example")
    with pytest.raises(UnsafeSettings, match="nobody has a key"):
        open_access(chosen, store, "0.0.0.0")
    open_access(Settings(home=home), store, "127.0.0.1")  # its own key is for this machine alone
    with pytest.raises(UnsafeSettings, match="nobody has a key"):
        open_access(chosen, store, "0.0.0.0")
    made(home, "robot", "--role", "strategy")
    access = open_access(chosen, store, "0.0.0.0")
    assert access.hosts >= {"policy", "trivet.example", "127.0.0.1"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("local", "--role", "trader"), "calls a part of the house 'local'"),
        (("broker", "--role", "trader"), "calls a part of the house 'broker'"),
        (("two words", "--role", "trader"), "is no name"),
        (("robot", "--role", "trader", "--expires", "soon"), "is no span"),
        (("robot", "--role", "king"), "king"),
        (("robot",), "--role"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(home, words, said):
    done = trivet(home, "keys", "create", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "there is no key yet" in trivet(home, "keys", "list").stdout


def test_keys_that_cannot_be_read_open_nothing(home, store, tmp_path):
    house = build_house(store)
    away = open_store(f"sqlite:///{tmp_path / 'away.sqlite3'}")
    with writing(away) as connection:
        api_keys.drop(connection)
    access = open_access_on(away, home)
    with serving(create_app(house.service, access=access)) as client:
        refused = client.get("/v1/reviews", headers=bearer("trv_00000000_" + "0" * 64))
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:trivet:problem:keys-unavailable"
    away.dispose()


def test_nobody_waits_for_keys_that_no_thread_could_be_found_to_read(monkeypatch):
    ring = KeyRing(dict)

    def none_left(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as scarce:
        scarce.setattr(threading.Thread, "start", none_left)
        for _ in range(2):
            with pytest.raises(Problem, match="the keys cannot be read"):
                asyncio.run(asyncio.wait_for(ring.known(), 5))
    assert asyncio.run(asyncio.wait_for(ring.known(), 5)) == {}


def open_access_on(store, home):
    from policy.access.gate import access_of

    return access_of(store, SystemClock(), required=True)


def _used(store, name):
    with reading(store) as connection:
        return connection.scalar(select(api_keys.c.last_used_at).where(api_keys.c.name == name))


def _until(found):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if (value := found()) is not None:
            return value
        time.sleep(0.05)
    raise AssertionError("it never came")
