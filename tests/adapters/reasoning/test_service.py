"""Memos are thought about once, on record before they are answered, and vouched for by their digest."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from operator import itemgetter
from threading import Barrier
from time import sleep

import pytest
from sqlalchemy import Engine, select, text

from adapters.reasoning.mind import Attempt, Opinion, Thought, failed, thought_of
from adapters.reasoning.record import Thinker, keep, row_of
from adapters.reasoning.service import Reasoning
from adapters.storage.database import open_store
from policy.canonical import canonical
from policy.memo_contracts import MemoQuestion
from policy.memo_tables import memo_digest, reasoning_memos
from policy.problems import Problem
from policy.store import reading, writing
from tests.adapters.reasoning.questions import Thinking, question, with_features
from tests.policy.parts import StillClock

FINE = thought_of(Opinion("ALLOW", "it rises", "it may fall", ("thin",), ()))
TRIED = Thought(
    status="FAILED",
    reason="invalid-json",
    reason_text="neither answer was JSON",
    attempts=(
        Attempt(
            '[{"role":"user"}]',
            "write to jo@example.com",
            "invalid-json: no",
            "stop",
            900,
            30,
            Decimal("0.002"),
        ),
        Attempt("again", None, "time-out: 15 s", seconds=7.5, repair=True),
    ),
    seconds=15.0,
)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = open_store(request.getfixturevalue(f"{request.param}_url"))
    yield engine
    engine.dispose()


def _asked(store: Engine, mind: Thinking) -> Reasoning:
    return Reasoning(store, mind, StillClock())


def _rows(store: Engine) -> list:
    with reading(store) as connection:
        return list(connection.execute(select(reasoning_memos).order_by(reasoning_memos.c.memo_id)))


def test_a_signal_is_thought_about_once_however_often_it_is_asked(store: Engine) -> None:
    mind = Thinking(lambda _: FINE)
    reasoning = _asked(store, mind)
    first = reasoning.memos("house", [question(1), question(2), question(1)])
    again = _asked(store, mind).memos("house", [question(2), question(1)])
    assert [one.signal_id for one in first] == [question(n).signal.signal_id for n in (1, 2, 1)]
    assert again == [first[1], first[0]]
    assert len(mind.asked) == 2


def test_the_house_keeps_its_memo_though_the_contexts_are_others_by_now(store: Engine) -> None:
    reasoning = _asked(store, Thinking(lambda _: FINE))
    assert reasoning.memos("house", [question()]) == reasoning.memos("house", [with_features(close=1.0)])


def test_a_caller_gets_another_question_on_the_same_signal_refused(store: Engine) -> None:
    reasoning = _asked(store, Thinking(lambda _: FINE))
    reasoning.memos("callers", [question()])
    with pytest.raises(Problem) as caught:
        reasoning.memos("callers", [with_features(close=1.0)])
    assert (caught.value.status, caught.value.slug) == (409, "signal-already-reasoned")


def test_a_callers_memo_is_not_the_houses(store: Engine) -> None:
    answers = iter([thought_of(Opinion("BLOCK", "no", "yes")), FINE])
    reasoning = _asked(store, Thinking(lambda _: next(answers)))
    theirs, ours = reasoning.memos("callers", [question()]), reasoning.memos("house", [question()])
    assert (theirs[0].recommendation, ours[0].recommendation) == ("BLOCK", "ALLOW")
    assert theirs[0].memo_id != ours[0].memo_id


def test_a_record_holds_every_attempt_and_no_address(store: Engine) -> None:
    memo = _asked(store, Thinking(lambda _: TRIED)).memos("house", [question()])[0]
    row = _rows(store)[0]
    tried = json.loads(row.attempts)
    assert (memo.status, memo.reason, memo.memo_id, memo.digest) == (
        "FAILED",
        "invalid-json",
        row.memo_id,
        row.digest,
    )
    assert tried[0]["raw"] == "write to [e-mail]"
    assert (tried[0]["error"], tried[1]["raw"], tried[1]["repair"]) == ("invalid-json: no", None, True)
    assert (row.input_tokens, row.output_tokens, row.cost, row.seconds) == (900, 30, Decimal("0.002"), 15.0)


def test_the_digest_vouches_for_the_record_and_not_for_how_long_it_took(store: Engine) -> None:
    memo = _asked(store, Thinking(lambda _: TRIED)).memos("house", [question()])[0]
    row = _rows(store)[0]
    attempts = json.loads(row.attempts)
    said, settings = json.loads(row.memo), json.loads(row.settings)

    def summed(tried: list) -> str:
        return memo_digest(row.question_hash, row.reasoner, settings, tried, said)

    assert summed(attempts) == memo.digest
    assert summed([one | {"seconds": 99.0} for one in attempts]) == memo.digest
    assert summed([one | {"raw": "other"} for one in attempts]) != memo.digest


def test_a_mind_that_raises_has_failed_and_the_others_have_not(store: Engine) -> None:
    def breaks_on_one(asked: MemoQuestion) -> Thought:
        if asked.signal == question(1).signal:
            raise RuntimeError("secret sk-123")
        return FINE

    memos = _asked(store, Thinking(breaks_on_one, at_once=4)).memos("house", [question(n) for n in (1, 2, 3)])
    assert [memo.status for memo in memos] == ["FAILED", "OK", "OK"]
    assert memos[0].reason == "reasoner-broke"
    assert "sk-123" not in canonical(
        [dict(row._mapping, memo_id=0, signal_id=0, asked_at=0) for row in _rows(store)]
    )


def test_many_questions_at_once_come_back_in_their_order(store: Engine) -> None:
    mind = Thinking(lambda asked: failed("empty", str(asked.signal.signal_id)), at_once=4)
    asked = [question(number) for number in range(40)]
    memos = _asked(store, mind).memos("house", asked)
    assert [memo.reason_text for memo in memos] == [str(one.signal.signal_id) for one in asked]


def test_a_memo_that_cannot_be_recorded_is_failed_and_no_caller_gets_one(store: Engine) -> None:
    with store.begin() as connection:
        reasoning_memos.drop(connection)
    reasoning = _asked(store, Thinking(lambda _: FINE))
    memo = reasoning.memos("house", [question()])[0]
    assert (memo.status, memo.reason, memo.memo_id, memo.digest) == ("FAILED", "not-recorded", None, None)
    with pytest.raises(Problem) as caught:
        reasoning.memos("callers", [question()])
    assert (caught.value.status, caught.value.slug) == (503, "not-recorded")


def test_only_what_is_on_record_is_counted(store: Engine) -> None:
    counted: list[Thought] = []
    reasoning = Reasoning(store, Thinking(lambda _: FINE), StillClock(), counted.append)
    reasoning.memos("house", [question(1), question(2)])
    reasoning.memos("house", [question(1)])
    with store.begin() as connection:
        reasoning_memos.drop(connection)
    reasoning.memos("house", [question(3)])
    assert counted == [FINE, FINE]


def test_a_mind_may_not_claim_an_opinion_it_failed_to_have() -> None:
    for status, opinion, reason in (
        ("FAILED", FINE.opinion, "x"),
        ("OK", None, None),
        ("OK", FINE.opinion, "x"),
    ):
        with pytest.raises(ValueError, match="an opinion goes with status OK"):
            Thought(status=status, opinion=opinion, reason=reason)  # type: ignore[arg-type]


def test_two_who_think_at_once_get_one_memo_and_one_count(store: Engine) -> None:
    together = Barrier(2)
    words = iter(["first", "second"])

    def waits(asked: MemoQuestion) -> Thought:
        together.wait(10)
        return thought_of(Opinion("ALLOW", next(words), "it may fall"))

    counted: list[Thought] = []
    reasoning = Reasoning(store, Thinking(waits), StillClock(), counted.append)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(reasoning.memos, "house", [question()]) for _ in range(2)]
        one, other = (waiting.result() for waiting in asked)
    assert one == other
    assert [thought.opinion.thesis for thought in counted] == [one[0].thesis]


def test_what_no_database_takes_is_kept_as_its_escape(store: Engine) -> None:
    odd = Thought(
        "FAILED", reason="invalid-json", reason_text="\0 \ud800", attempts=(Attempt("p", "\0 \udfff \\ x"),)
    )
    memo = _asked(store, Thinking(lambda _: odd)).memos("house", [question()])[0]
    assert memo.reason_text == "\0 \\ud800"
    assert json.loads(_rows(store)[0].attempts)[0]["raw"] == "\0 \\udfff \\ x"


def test_two_who_record_the_same_signals_in_another_order_never_wait_for_each_other(
    postgres_url: str,
) -> None:
    store, thinker = open_store(postgres_url), Thinker("thinking", {})
    rows = [row_of("house", question(number), FINE, thinker, StillClock().now()) for number in (1, 2)]
    small, large = sorted(rows, key=itemgetter("memo_id"))

    def other() -> int:
        with writing(store) as connection:
            return len(keep(connection, [large, small]))

    with ThreadPoolExecutor(1) as pool, writing(store) as connection:
        keep(connection, [small])
        beside = pool.submit(other)
        with store.connect() as looking:
            waits = text("SELECT 1 FROM pg_locks WHERE NOT granted")
            while not beside.done() and not looking.execute(waits).first():
                looking.rollback()
                sleep(0.01)
        assert len(keep(connection, [large])) == 1
    assert beside.result() == 0
    store.dispose()
