"""The reasoner in another process: the same memos, patience while it is away, and a failure after that."""

import threading
import time

import pytest
from sqlalchemy import func, select

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.consumer import Consumer, Patience
from adapters.events.jetstream.dead import dead_letters
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.settled import wait_until_settled
from adapters.events.jetstream.streams import ensure_streams, remove_streams
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.wiring.apart.conductor import PATIENCE_SECONDS
from adapters.wiring.apart.reasoner import RemoteReasoner, Waiting, reasoner_answers, waiting_for
from adapters.wiring.signals import event_of
from policy.contracts import EventType, ReasoningMemo
from policy.handlers import SignalHandler
from policy.ports import HouseContexts
from policy.store import reading
from policy.tables import policy_evaluations, refusals
from tests.policy.parts import build_house
from tests.policy.signals import candidate
from tests.policy.test_opinions import CALM, Calm

HASTY = Waiting(at_once=4, batch=8, answer=0.3, patience=1.5)
SIGNALS = [(candidate(number), CALM) for number in range(10)]


@pytest.fixture
def line(nats_url):
    with NatsLine(nats_url, "test") as line:
        remove_streams(line)
        yield line


class Near:
    """The reasoner at the other end: gives memos by ``answer`` and notes what it was asked."""

    def __init__(self, answer=lambda: None):
        self.answer = answer
        self.asked = []

    def opine(self, asked):
        self.asked.append(list(asked))
        self.answer()
        return [memo_on(signal) for signal, _ in asked]


def memo_on(signal):
    return ReasoningMemo(
        signal_id=signal.signal_id,
        status="OK",
        recommendation="ALLOW",
        thesis="it rises by ½",
        risk_flags=("thin",),
        citations=("n-000000000001",),
        reasoner="near",
        memo_id=signal.signal_id,
        digest="0" * 64,
    )


def joined(line, near):
    """Sit ``near`` down at the other end."""
    for subject, answer in reasoner_answers(near).items():
        line.respond(subject, answer)


def away(memos):
    return [memo.reason for memo in memos] == ["reasoner-away"] * len(memos)


def test_memos_come_over_as_they_are_and_in_order(line):
    near = Near()
    joined(line, near)
    asked = [*SIGNALS[:2], (candidate(2), HouseContexts(None, None))]
    assert RemoteReasoner(line, Waiting()).opine(asked) == [memo_on(signal) for signal, _ in asked]
    assert near.asked == [asked]


def test_many_signals_are_asked_about_in_rounds_that_a_mind_can_think_about_at_once(line):
    near = Near()
    joined(line, near)
    memos = RemoteReasoner(line, HASTY).opine(SIGNALS)
    assert [memo.signal_id for memo in memos] == [signal.signal_id for signal, _ in SIGNALS]
    assert [len(asked) for asked in near.asked] == [4, 4, 2]


def test_a_service_that_is_back_in_time_is_asked_again(line):
    near = Near()
    back = threading.Timer(0.5, joined, (line, near))
    back.start()
    [memo] = RemoteReasoner(line, HASTY).opine(SIGNALS[:1])
    back.join()
    assert memo.status == "OK"


def test_what_was_asked_of_a_process_that_died_is_asked_again(line):
    """Whoever comes after it has the memo on record, or thinks anew; an answer that is late is not heard."""
    silent = iter([1.0, 0.0])
    near = Near(lambda: time.sleep(next(silent)))
    joined(line, near)
    [memo] = RemoteReasoner(line, HASTY).opine(SIGNALS[:1])
    assert (memo.status, len(near.asked)) == ("OK", 2)


def test_a_service_that_stays_away_has_failed_and_is_waited_for_once(line):
    remote = RemoteReasoner(line, HASTY)
    begun = time.monotonic()
    assert away(remote.opine(SIGNALS))
    waited = time.monotonic() - begun
    assert HASTY.patience - 0.1 <= waited < HASTY.patience + 1.5
    begun = time.monotonic()
    assert away(remote.opine(SIGNALS))
    assert time.monotonic() - begun < 1
    joined(line, Near())
    assert [memo.status for memo in remote.opine(SIGNALS)] == ["OK"] * 10


def test_a_service_that_cannot_answer_has_failed(line):
    def broken():
        raise ZeroDivisionError("no clock")

    joined(line, Near(broken))
    assert away(RemoteReasoner(line, HASTY).opine(SIGNALS[:1]))


@pytest.mark.parametrize("reasoner", ["built-in", "off", "model"])
def test_whoever_waits_for_a_step_waits_longer_than_one_batch_may_take(reasoner):
    waiting = waiting_for(Settings(reasoner=reasoner))
    assert waiting.answer <= waiting.patience < PATIENCE_SECONDS


def test_a_model_that_takes_all_its_time_is_heard_to_the_end():
    waiting = waiting_for(Settings(reasoner="model"))
    rounds = -(-waiting.batch // waiting.at_once)
    assert waiting.answer > 15, "the hard time-out, and the way there and back"
    assert rounds * 15 < waiting.patience


@pytest.fixture
def house(sqlite_url):
    store = open_store(sqlite_url)
    built = build_house(store)
    yield built
    built.service.stop()
    store.dispose()


def test_no_signal_is_judged_twice_or_buried_because_the_reasoner_is_slow(line, house):
    """Each round takes longer than an event may be in hand without a sign of life."""
    ensure_streams(line)
    near = Near(lambda: time.sleep(0.6))
    joined(line, near)
    slow = Waiting(at_once=2, batch=4, answer=2, patience=5)
    handler = SignalHandler(house.service.evaluation, Calm(), RemoteReasoner(line, slow))
    kinds, hasty = (EventType.SIGNAL_CREATED,), Patience(ack_wait=0.5, most_deliveries=1)
    workers = [Consumer(line, "policy", kinds, handler, batch=slow.batch, patience=hasty) for _ in range(2)]
    for worker in workers:
        worker.start()
    Publisher(line).publish([event_of(signal) for signal, _ in SIGNALS])
    assert wait_until_settled(line, ["policy"], lambda: True, 20)
    for worker in workers:
        worker.stop()
    with reading(house.service.store) as connection:
        assert connection.scalar(select(func.count()).select_from(policy_evaluations)) == len(SIGNALS)
        assert connection.scalar(select(func.count()).select_from(refusals)) == 0
    asked = [signal.signal_id for some in near.asked for signal, _ in some]
    assert sorted(asked) == sorted(signal.signal_id for signal, _ in SIGNALS)
    assert dead_letters(line) == []
