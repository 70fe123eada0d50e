"""The reasoning service of a process that ends: what it cuts short is on no record, and is asked again."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.strategy.scenario import nothing_added
from adapters.wiring.reasoning import reasons_of
from policy.memo_tables import reasoning_memos
from policy.ports import Unanswered
from policy.store import reading
from tests.adapters.reasoning.questions import question
from tests.adapters.reasoning.stand_in.replies import memo, said
from tests.adapters.reasoning.stand_in.server import standing_in
from tests.policy.parts import StillClock
from tests.policy.signals import candidate
from tests.policy.test_opinions import CALM

SCENE: Any = SimpleNamespace(
    scenario=nothing_added(),
    features=SimpleNamespace(snapshot=lambda *_: None),
    news=SimpleNamespace(summary=lambda *_: None),
)


@pytest.fixture
def store(sqlite_url):
    opened = open_store(sqlite_url)
    yield opened
    opened.dispose()


def on_record(store):
    with reading(store) as connection:
        return [(row.source, row.status) for row in connection.execute(select(reasoning_memos))]


def model_at(url):
    return Settings(reasoner="model", model_url=url, model="stand-in-1", model_key=SecretStr("sk-x"))


def until(true):
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to that")


def test_a_memo_that_is_cut_short_by_the_end_is_thought_about_anew_by_whoever_comes_after(store):
    asked, ends = [(candidate(1), CALM)], []

    def opine(reasons):
        try:
            reasons.house.opine(asked)
        except Unanswered as end:
            ends.append(end)

    with standing_in(said(memo(), after=10)) as server:
        with reasons_of(model_at(server.url), store, StillClock(), SCENE) as reasons:
            waiting = threading.Thread(target=opine, args=(reasons,))
            waiting.start()
            until(lambda: server.heard)
        waiting.join()
        assert len(ends) == 1
        with pytest.raises(Unanswered):
            reasons.house.opine(asked)
    assert on_record(store) == []
    with (
        standing_in(said(memo())) as server,
        reasons_of(model_at(server.url), store, StillClock(), SCENE) as reasons,
    ):
        [told] = reasons.house.opine(asked)
    assert told.status == "OK"
    assert on_record(store) == [("house", "OK")]


def test_a_caller_who_is_cut_short_may_ask_again(store):
    with standing_in(said(memo())) as server:
        with reasons_of(model_at(server.url), store, StillClock(), SCENE) as reasons:
            desk = reasons.desk
            known = desk.callers.memos("callers", [question(1)])
        assert desk.callers.memos("callers", [question(1)]) == known
        with pytest.raises(Unanswered):
            desk.callers.memos("callers", [question(2)])
    assert on_record(store) == [("callers", "OK")]
