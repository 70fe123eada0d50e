"""Who gets in: every route by its roles, and every refusal on record."""

import threading
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select

from policy.access.callers import LOCAL, ROLES, Caller, Role
from policy.access.gate import access_of
from policy.access.keys import add_key, new_key
from policy.access.log import MOST_KINDS, AccessLog, AccessRefusal, count
from policy.access.routes import AUDITOR, every_route, needed_for
from policy.access.tables import access_refusals
from policy.api import create_app
from policy.http.guard import guarded
from policy.store import reading, writing
from tests.policy.parts import NOON, House, StillClock, body, serving

EVALUATE = "/v1/policy/evaluate"
REFUSED = AccessRefusal(403, "role-missing", "key:1", "robot", "GET /", "trader", "10.0.0.1")


def dice(number: int) -> Any:
    return lambda count: number.to_bytes(count, "big")


def key_for(store: Engine, number: int, name: str, *roles: Role) -> dict[str, str]:
    """The header that shows a new key of ``name``."""
    token, key = new_key(name, roles, "test", NOON, None, dice(number))
    with writing(store) as connection:
        add_key(connection, key)
    return {"authorization": f"Bearer {token}"}


def rows_of(store: Engine) -> list[Any]:
    with reading(store) as connection:
        return list(connection.execute(select(access_refusals).order_by(access_refusals.c.id)))


def awaited(store: Engine, number: int) -> list[Any]:
    deadline = time.monotonic() + 5
    while len(found := rows_of(store)) < number and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@pytest.fixture
def guarded_house(house: House) -> Any:
    house.service.start()
    access = access_of(house.service.store, house.clock, required=True)
    with serving(create_app(house.service, access=access)) as client:
        yield house, client


def test_a_route_needs_one_of_its_roles(guarded_house: Any) -> None:
    house, client = guarded_house
    store = house.service.store
    robot = key_for(store, 1, "robot", Role.STRATEGY)
    alice = key_for(store, 2, "alice", Role.REVIEWER)
    assert client.post(EVALUATE, json=body(1), headers=robot).status_code == 200
    assert client.get("/v1/reviews", headers=alice).status_code == 200
    refused = client.post(EVALUATE, json=body(2), headers=alice)
    assert refused.status_code == 403
    assert refused.json()["detail"] == "this needs strategy; the credential of alice has reviewer"
    missing = client.post(EVALUATE, json=body(2))
    assert missing.status_code == 401
    assert missing.headers["www-authenticate"] == 'Bearer realm="trivet"'


def test_health_and_metrics_need_no_key(guarded_house: Any) -> None:
    _, client = guarded_house
    assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3


def test_without_a_credential_every_other_route_is_401(guarded_house: Any) -> None:
    _, client = guarded_house
    for route in every_route():
        if route.roles:
            path = route.path.replace("{}", "6f9f0d0e-8a52-4d0b-9a51-0a4f3b7f9a10")
            answer = client.request(route.method, path, json={})
            assert answer.status_code == 401, route
    assert client.get("/v1/nowhere").status_code == 401


def test_every_refusal_is_on_record_without_its_secret(guarded_house: Any) -> None:
    house, client = guarded_house
    store = house.service.store
    alice = key_for(store, 2, "alice", Role.REVIEWER)
    client.post(EVALUATE, json=body(1), headers=alice)
    client.post(EVALUATE, json=body(1))
    client.get("/v1/reviews", headers={"authorization": "Bearer trv_0badc0de_" + "5" * 64})
    client.get("/v1/reviews", headers={"host": "trivet.example"})
    found = [
        (row.status, row.reason, row.credential, row.name, row.route, row.needs, row.address)
        for row in awaited(store, 4)
    ]
    evaluate, reviews = f"POST {EVALUATE}", "GET /v1/reviews"
    assert sorted(found) == [
        (401, "key-unknown", "key:0badc0de", "-", reviews, "auditor reviewer", "127.0.0.1"),
        (401, "no-credential", "-", "-", evaluate, "strategy", "127.0.0.1"),
        (403, "foreign-host", "-", "-", reviews, "auditor reviewer", "127.0.0.1"),
        (403, "role-missing", "key:00000002", "alice", evaluate, "strategy", "127.0.0.1"),
    ]


def test_equal_refusals_of_a_minute_are_one_row_with_a_count(store: Engine) -> None:
    clock = StillClock()
    log, other = AccessLog(store, clock), AccessLog(store, clock)
    for _ in range(5):
        log.refused(REFUSED)
        other.refused(REFUSED)
    clock.pass_by(minutes=1)
    log.refused(REFUSED)
    log.close()
    other.close()
    assert [(row.times, row.last_at.minute) for row in awaited(store, 2)] == [(10, 0), (1, 1)]


def test_a_flood_from_everywhere_is_counted_and_fills_no_disk(store: Engine) -> None:
    log = AccessLog(store, StillClock())
    flood = 1000
    for number in range(flood):
        log.refused(AccessRefusal(401, "no-credential", "-", "-", "GET /", "", f"2001:db8::{number:x}"))
    log.close()
    found = awaited(store, MOST_KINDS + 1)
    assert len(found) == MOST_KINDS + 1
    assert sum(row.times for row in found) == flood
    assert next(row.times for row in found if row.address == "*") == flood - MOST_KINDS


def test_refusals_of_half_a_year_ago_leave(store: Engine) -> None:
    clock = StillClock()
    log = AccessLog(store, clock)
    log.refused(REFUSED)
    log.close()
    clock.pass_by(days=181)
    later = AccessLog(store, clock)
    later.refused(REFUSED)
    later.close()
    assert [row.minute for row in awaited(store, 1)] == [clock.now().replace(second=0)]


def test_refusals_wait_for_a_store_that_is_away(store: Engine) -> None:
    log = AccessLog(store, StillClock())
    with writing(store) as connection:
        access_refusals.drop(connection)
    log.refused(REFUSED)
    log.close()
    with writing(store) as connection:
        access_refusals.create(connection)
    log.close()
    assert [row.times for row in rows_of(store)] == [1]


def test_what_is_being_written_is_on_record_once_the_log_is_closed(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def slowly(*told: Any) -> None:
        begun.set()
        time.sleep(0.3)
        count(*told)

    monkeypatch.setattr("policy.access.log.count", slowly)
    log = AccessLog(store, StillClock())
    log.refused(REFUSED)
    assert begun.wait(5)
    log.close()
    assert [row.times for row in rows_of(store)] == [1]


def test_reviewer_and_credential_must_be_the_same(guarded_house: Any) -> None:
    house, client = guarded_house
    store = house.service.store
    robot = key_for(store, 1, "robot", Role.STRATEGY)
    alice = key_for(store, 2, "alice", Role.REVIEWER)
    review = client.post(EVALUATE, json=body(1, reasoning={"status": "FAILED"}), headers=robot).json()[
        "review_id"
    ]
    path = f"/v1/reviews/{review}/reject"
    other = client.post(path, json={"note": "no", "reviewer": "bob"}, headers=alice)
    assert other.status_code == 422
    assert other.json()["errors"][0] == {
        "pointer": "/reviewer",
        "code": "not_the_caller",
        "detail": 'the credential belongs to "alice"; leave the field out',
    }
    assert client.post(path, json={"note": "no"}, headers=alice).json()["answered_by"] == "alice"


class SlowIssuer:
    """Reads no token before it is let; tells how many wait."""

    def __init__(self) -> None:
        self.let, self.waiting = threading.Event(), threading.Semaphore(0)

    def read(self, _token: str) -> Caller:
        self.waiting.release()
        self.let.wait(20)
        return Caller("alice", frozenset({Role.REVIEWER}), "oidc:1")


def test_a_slow_issuer_holds_up_its_tokens_and_no_other_route(house: House) -> None:
    issuer, answers = SlowIssuer(), list[int]()
    access = access_of(house.service.store, house.clock, tokens=issuer)
    with serving(create_app(house.service, access=access)) as client:

        def ask() -> None:
            headers = {"authorization": "Bearer a.b.c"}
            answers.append(client.get("/v1/reviews", headers=headers).status_code)

        asking = [threading.Thread(target=ask) for _ in range(60)]
        for one in asking:
            one.start()
        assert issuer.waiting.acquire(timeout=5)
        time.sleep(0.5)
        try:
            assert client.get("/v1/reviews", timeout=5).status_code == 200
        finally:
            issuer.let.set()
            for one in asking:
                one.join()
    assert answers == [200] * 60


def test_in_local_mode_a_credential_still_counts(api: httpx.Client, house: House) -> None:
    alice = key_for(house.service.store, 2, "alice", Role.REVIEWER)
    assert api.get("/v1/reviews").status_code == 200
    assert api.get("/v1/reviews", headers=alice).status_code == 200
    assert api.post(EVALUATE, json=body(1), headers=alice).status_code == 403
    assert api.get("/v1/reviews", headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_a_route_that_nobody_declared_answers_nobody(store: Engine) -> None:
    app = FastAPI()
    app.get("/v1/forgotten")(lambda: "in")
    guarded(app, access_of(store, StillClock()))
    with serving(app) as client:
        refused = client.get("/v1/forgotten")
        assert refused.status_code == 403
        assert refused.json()["type"] == "urn:trivet:problem:route-not-declared"
        assert client.get("/v1/nowhere").status_code == 404


def test_whoever_comes_after_the_guard_finds_the_caller(store: Engine) -> None:
    seen: list[Caller] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["trivet.caller"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = FastAPI()
    app.get("/v1/player")(lambda: None)
    app.router.default = inside
    guarded(app, access_of(store, StillClock()))
    robot = key_for(store, 1, "robot", Role.OPERATOR)
    with serving(app) as client:
        client.put("/v1/nothing-here")
        client.put("/v1/nothing-here", headers=robot)
    assert seen == [LOCAL, Caller("robot", frozenset({Role.OPERATOR}), "key:00000001")]


def test_auditors_read_everything_and_change_nothing() -> None:
    for route in every_route():
        if route.roles:
            harmless = route.method == "GET" or route.path.endswith("/replay")
            assert (AUDITOR in route.roles) is harmless, route


def test_every_role_opens_something_and_no_parameter_swallows_a_path() -> None:
    assert frozenset(role for route in every_route() for role in route.roles) == ROLES
    assert needed_for("GET", "/v1/orders/1/2") is None
    assert needed_for("DELETE", "/v1/orders/1") is None


def test_every_answer_carries_the_security_headers(api: httpx.Client) -> None:
    nothing = "default-src 'none'; frame-ancestors 'none'"
    answers = [api.get("/v1/reviews"), api.get("/v1/nowhere"), api.post(EVALUATE, json=body(1))]
    answers += [api.post(EVALUATE, json={}), api.get("/healthz"), api.get("/x", headers={"host": "evil"})]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == nothing


def test_the_page_of_docs_runs_its_own_script_and_its_viewer_alone(api: httpx.Client) -> None:
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers.get_list("content-security-policy")
    assert len(policy) == 1
    script = next(part for part in policy[0].split("; ") if part.startswith("script-src"))
    assert "'sha256-" in script
    assert "unsafe" not in script
    assert "frame-ancestors 'none'" in policy[0]
