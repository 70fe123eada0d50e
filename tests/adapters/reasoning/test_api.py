"""Memos over HTTP: asked for once, shown with prompts to those who may, and how the reasoner stands."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from adapters.access.opening import open_access
from adapters.reasoning.api import MOST_WAITING, ReasoningDesk, router
from adapters.reasoning.breaker import BreakerState
from adapters.reasoning.informed import Informed
from adapters.reasoning.mind import Opinion, thought_of
from adapters.reasoning.service import Reasoning
from adapters.settings import Settings
from adapters.storage.database import open_store
from policy.access.callers import Role
from policy.access.keys import add_key, new_key
from policy.api import create_app
from policy.store import writing
from tests.adapters.reasoning.questions import Thinking, question
from tests.adapters.reasoning.test_service import TRIED
from tests.policy.parts import build_house, serving, signal_id

FINE = thought_of(Opinion("ALLOW", "it rises", "it may fall", ("thin",), ("f-rsi_14",)))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Engine]:
    engine = open_store(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def mind() -> Thinking:
    return Thinking(lambda _: FINE)


@pytest.fixture
def desk(store: Engine, mind: Thinking) -> ReasoningDesk:
    house = build_house(store)
    informed = Informed(mind, lambda *_: question().features)
    callers = Reasoning(store, informed, house.clock)
    return ReasoningDesk(callers, mind, store, house.clock, lambda: BreakerState.OPEN)


@pytest.fixture
def api(store: Engine, desk: ReasoningDesk) -> Iterator[httpx.Client]:
    with serving(create_app(build_house(store).service, [router(desk)])) as client:
        yield client


def body(number: int = 1, **changes: Any) -> dict[str, Any]:
    return question(number).model_dump(mode="json") | changes


def test_a_caller_gets_a_memo_and_the_same_again(api: httpx.Client, mind: Thinking) -> None:
    first = api.post("/v1/reasoning/memo", json=body())
    assert first.status_code == 200, first.text
    memo = first.json()
    assert (memo["status"], memo["recommendation"], memo["reasoner"]) == ("OK", "ALLOW", "thinking")
    assert memo["memo_id"] is not None
    assert api.post("/v1/reasoning/memo", json=body()).json() == memo
    assert len(mind.asked) == 1


def test_a_signal_and_its_contexts_are_enough(api: httpx.Client, mind: Thinking) -> None:
    asked = body()
    for name in ("news", "features"):
        del asked[name]
    assert api.post("/v1/reasoning/memo", json=asked).status_code == 200
    assert mind.asked[0].features == question().features, "the house's own, where the caller has none"


def test_another_question_on_the_same_signal_is_refused(api: httpx.Client) -> None:
    api.post("/v1/reasoning/memo", json=body())
    answer = api.post("/v1/reasoning/memo", json=body(features=None))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:trivet:problem:signal-already-reasoned")


def test_every_fault_of_a_question_is_told_at_once(api: httpx.Client, mind: Thinking) -> None:
    asked = body()
    asked["signal"]["confidence"] = "high"
    asked["advice"] = "approve"
    answer = api.post("/v1/reasoning/memo", json=asked)
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/signal/confidence", "/advice"}
    assert mind.asked == []


def test_no_record_no_memo(api: httpx.Client, store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(text("ALTER TABLE reasoning_memos RENAME TO elsewhere"))
    answer = api.post("/v1/reasoning/memo", json=body())
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:trivet:problem:not-recorded")


def test_those_who_wait_for_a_slow_reasoner_leave_room_for_others(api: httpx.Client, mind: Thinking) -> None:
    goes_on, begun = threading.Event(), threading.Semaphore(0)

    def slow(_question: Any) -> Any:
        begun.release()
        goes_on.wait(20)
        return FINE

    mind.answer = slow
    waiting = [
        threading.Thread(target=api.post, args=("/v1/reasoning/memo",), kwargs={"json": body(number)})
        for number in range(MOST_WAITING)
    ]
    for one in waiting:
        one.start()
    for _ in waiting:
        assert begun.acquire(timeout=20)
    answer = api.post("/v1/reasoning/memo", json=body(100))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:trivet:problem:reasoner-busy")
    assert api.get("/v1/reasoning/status").status_code == 200
    goes_on.set()
    for one in waiting:
        one.join()


def test_a_memo_on_record_is_shown_with_its_prompts_only_where_they_are_asked_for(
    api: httpx.Client, mind: Thinking
) -> None:
    mind.answer = lambda _: TRIED
    api.post("/v1/reasoning/memo", json=body())
    at = f"/v1/reasoning/memos/{signal_id(1)}"
    plain = api.get(at, params={"source": "callers"}).json()
    assert plain["attempts"] is None
    assert (plain["input_tokens"], plain["output_tokens"], plain["cost"]) == (900, 30, "0.002")
    full = api.get(at, params={"source": "callers", "prompts": "true"}).json()
    assert full["memo"] == plain["memo"]
    assert [one["prompt"] for one in full["attempts"]] == ['[{"role":"user"}]', "again"]
    assert "jo@example.com" not in str(full)
    assert api.get(at).status_code == 404, "the house has none on that signal"


def test_prompts_are_for_operators_and_auditors(store: Engine, desk: ReasoningDesk, tmp_path: Any) -> None:
    now, service = datetime.now(UTC), build_house(store).service
    keys = {role: new_key(role.value, [role], "test", now, None, token_bytes) for role in Role}
    with writing(store) as connection:
        for _, key in keys.values():
            add_key(connection, key)
    access = open_access(Settings(home=tmp_path, auth="required"), store, "127.0.0.1")
    desk.callers.memos("callers", [question(1)])
    at = f"/v1/reasoning/memos/{signal_id(1)}"
    with serving(create_app(service, [router(desk)], access)) as client:
        answers = {
            role: client.get(
                at,
                params={"source": "callers", "prompts": "true"},
                headers={"Authorization": f"Bearer {token}"},
            ).status_code
            for role, (token, _) in keys.items()
        }
    assert {role for role, status in answers.items() if status == 200} == {Role.OPERATOR, Role.AUDITOR}
    assert set(answers.values()) == {200, 403}


def test_a_day_of_memos_without_a_price_tells_no_cost(api: httpx.Client) -> None:
    api.post("/v1/reasoning/memo", json=body(1))
    today = api.get("/v1/reasoning/status").json()["today"]
    assert (today["statuses"], today["cost"]) == ({"OK": 1}, None)


def test_the_status_tells_who_reasons_and_what_the_day_came_to(api: httpx.Client, mind: Thinking) -> None:
    api.post("/v1/reasoning/memo", json=body(1))
    mind.answer = lambda _: TRIED
    api.post("/v1/reasoning/memo", json=body(2))
    shown = api.get("/v1/reasoning/status").json()
    assert (shown["reasoner"], shown["breaker"]) == ("thinking", "open")
    today = shown["today"]
    assert today["statuses"] == {"FAILED": 1, "OK": 1}
    assert today["reasons"] == {"invalid-json": 1}
    assert (today["input_tokens"], today["output_tokens"], today["cost"]) == (900, 30, "0.002")
    assert today["slowest_seconds"] == 15.0
