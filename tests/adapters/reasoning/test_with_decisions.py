"""Memos and the decisions made with them: named, vouched for, shown, and gone together."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, delete, select, text, update

from adapters.reasoning.mind import Opinion, failed, thought_of
from adapters.reasoning.service import Reasoning
from adapters.storage.database import open_store
from adapters.wiring.reasoning import HouseReasoner
from policy.api import create_app
from policy.audit.verify import verify
from policy.decisions import memo_ref_of
from policy.handlers import SignalHandler
from policy.memo_tables import reasoning_memos
from policy.retention.retire import Plan, held_by_reviews, retire
from policy.store import reading, writing
from policy.tables import policy_evaluations
from tests.adapters.reasoning.questions import CALM, Thinking, question
from tests.adapters.reasoning.test_service import TRIED
from tests.policy.parts import House, build_house, serving, signal_id
from tests.policy.signals import candidate
from tests.policy.test_handlers import told
from tests.policy.test_opinions import Calm

CAUTION = thought_of(Opinion("ALLOW_WITH_CAUTION", "it rises", "it is stretched", ("stretched",), ()))
ALLOW = thought_of(Opinion("ALLOW", "it rises", "it may fall", (), ()))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Engine]:
    engine = open_store(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def house(store: Engine) -> Iterator[House]:
    built = build_house(store)
    yield built
    built.service.stop()


@pytest.fixture
def mind() -> Thinking:
    return Thinking(lambda _: CAUTION)


def handler(house: House, mind: Thinking) -> SignalHandler:
    reasoning = Reasoning(house.service.store, mind, house.clock)
    reasoner = HouseReasoner(reasoning, lambda *_: question().features, lambda *_: None)
    return SignalHandler(house.service.evaluation, Calm(), reasoner)


def decisions(store: Engine) -> list[Any]:
    with reading(store) as connection:
        return list(connection.execute(select(policy_evaluations).order_by(policy_evaluations.c.id)))


def memos(store: Engine) -> list[Any]:
    with reading(store) as connection:
        return list(connection.execute(select(reasoning_memos).order_by(reasoning_memos.c.asked_at)))


def test_a_decision_names_its_memo_and_what_its_record_hashes_to(
    house: House, mind: Thinking, store: Engine
) -> None:
    handler(house, mind)([told(candidate(1))])
    [decision], [memo] = decisions(store), memos(store)
    assert decision.verdict == "REVIEW"
    ref = memo_ref_of(decision)
    assert (ref.memo_id, ref.digest) == (memo.memo_id, memo.digest)
    assert mind.asked[0].features.values == CALM
    assert verify(store) == []


def test_a_decision_shows_its_memo(house: House, mind: Thinking, store: Engine) -> None:
    handler(house, mind)([told(candidate(1))])
    [decision] = decisions(store)
    house.service.start()
    with serving(create_app(house.service)) as client:
        shown = client.get(f"/v1/policy/decisions/{decision.decision_id}").json()
    assert shown["memo"]["thesis"] == "it rises"
    assert shown["memo"]["counter_thesis"] == "it is stretched"
    assert shown["memo"]["risk_flags"] == ["stretched"]
    assert (shown["memo"]["reasoner"], shown["memo"]["citations"]) == ("thinking", [])


def test_a_review_that_is_answered_still_shows_the_memo_it_was_opened_with(
    house: House, mind: Thinking, store: Engine
) -> None:
    handler(house, mind)([told(candidate(1))])
    review = house.service.reviews.listed(None, None, 1)[0]
    house.service.reviews.approve(review.review_id, "ada", "fine")
    assert {memo_ref_of(row).memo_id for row in decisions(store)} == {memos(store)[0].memo_id}
    assert verify(store) == []


@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        (delete(reasoning_memos), "is gone, and decision"),
        (update(reasoning_memos).values(memo=text("replace(memo, 'neither', 'each')")), "was changed"),
        (update(reasoning_memos).values(attempts="[]"), "was changed"),
        (update(reasoning_memos).values(memo="{"), "was changed"),
        (update(reasoning_memos).values(digest="0" * 64), "is not the memo that decision"),
        (update(reasoning_memos).values(signal_id=signal_id(99)), "is not the memo that decision"),
    ],
)
def test_a_memo_that_is_lost_or_changed_shows(
    house: House, mind: Thinking, store: Engine, tampering: Any, what: str
) -> None:
    mind.answer = lambda _: TRIED
    handler(house, mind)([told(candidate(1))])
    with writing(store) as connection:
        connection.execute(tampering)
    flaws = verify(store)
    assert any(flaw.table == "reasoning_memos" and what in flaw.what for flaw in flaws), flaws


@pytest.mark.parametrize("said", ["replace(memo, 'it rises', 'buy it')", "'{'", "'[]'"])
def test_a_memo_that_was_changed_is_not_shown_as_the_one_the_decision_was_made_with(
    house: House, mind: Thinking, store: Engine, said: str
) -> None:
    handler(house, mind)([told(candidate(1))])
    with writing(store) as connection:
        connection.execute(update(reasoning_memos).values(memo=text(said)))
    [decision] = decisions(store)
    house.service.start()
    with serving(create_app(house.service)) as client:
        shown = client.get(f"/v1/policy/decisions/{decision.decision_id}")
    assert (shown.status_code, shown.json().get("memo")) == (200, None)


def test_how_long_it_took_is_not_vouched_for(house: House, mind: Thinking, store: Engine) -> None:
    handler(house, mind)([told(candidate(1))])
    with writing(store) as connection:
        connection.execute(update(reasoning_memos).values(seconds=3.5))
    assert verify(store) == []


def test_memos_leave_with_the_last_evaluation_of_their_signal(
    house: House, mind: Thinking, store: Engine
) -> None:
    decide = handler(house, mind)
    decide([told(candidate(1))])
    mind.answer = lambda _: ALLOW
    decide([told(candidate(2))])
    house.clock.pass_by(days=62)
    decide([told(candidate(3))])
    before = house.clock.time - timedelta(days=20)

    def retired() -> None:
        with reading(store) as connection:
            held = frozenset(held_by_reviews(connection))
        retire(store, Plan(before, held, house.clock.time, "ada"))

    retired()
    assert {row.signal_id for row in memos(store)} == {signal_id(1), signal_id(3)}, "1 waits for a person"
    assert verify(store) == []
    house.service.reviews.expire_overdue()
    retired()
    assert {row.signal_id for row in memos(store)} == {signal_id(3)}
    assert verify(store) == []


def test_a_callers_memo_never_touches_the_houses_decision_on_the_same_signal(
    house: House, mind: Thinking, store: Engine
) -> None:
    blocking = Thinking(lambda _: thought_of(Opinion("BLOCK", "it falls", "none", (), ())))
    theirs = Reasoning(store, blocking, house.clock).memos("callers", [question(1)])
    mind.answer = lambda _: ALLOW
    handler(house, mind)([told(candidate(1))])
    [decision] = decisions(store)
    assert decision.verdict == "APPROVE"
    assert memo_ref_of(decision).memo_id != theirs[0].memo_id
    assert {(row.source, row.status) for row in memos(store)} == {("callers", "OK"), ("house", "OK")}


def test_what_could_not_be_recorded_is_a_review_and_names_no_memo(
    house: House, mind: Thinking, store: Engine
) -> None:
    with writing(store) as connection:
        connection.execute(text("ALTER TABLE reasoning_memos RENAME TO elsewhere"))
    handler(house, mind)([told(candidate(1))])
    [decision] = decisions(store)
    assert decision.verdict == "REVIEW"
    assert '"reason":"not-recorded"' in decision.proposal
    assert memo_ref_of(decision) is None


def test_a_failed_memo_is_on_record_with_its_reason(house: House, mind: Thinking, store: Engine) -> None:
    mind.answer = lambda _: failed("refused", "the model would not answer")
    handler(house, mind)([told(candidate(1))])
    [decision], [memo] = decisions(store), memos(store)
    assert decision.verdict == "REVIEW"
    assert (memo.status, memo.reason) == ("FAILED", "refused")
    assert memo_ref_of(decision).memo_id == memo.memo_id


def test_a_decision_whose_memo_is_gone_says_what_the_rules_read(
    house: House, mind: Thinking, store: Engine
) -> None:
    handler(house, mind)([told(candidate(1))])
    with writing(store) as connection:
        connection.execute(delete(reasoning_memos))
    [decision] = decisions(store)
    house.service.start()
    with serving(create_app(house.service)) as client:
        shown: httpx.Response = client.get(f"/v1/policy/decisions/{decision.decision_id}")
    assert shown.json()["memo"] is None
    assert shown.json()["reasoning"]["recommendation"] == "ALLOW_WITH_CAUTION"
