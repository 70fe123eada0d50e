"""The reasoner in another process: the same memos, patience while it is away, and a failure after that."""

import threading
import time

import pytest

from adapters.events.jetstream.connection import NatsLine
from adapters.settings import Settings
from adapters.wiring.apart.conductor import PATIENCE_SECONDS
from adapters.wiring.apart.reasoner import RemoteReasoner, Waiting, reasoner_answers, waiting_for
from policy.contracts import ReasoningMemo
from policy.ports import HouseContexts
from tests.policy.signals import candidate
from tests.policy.test_opinions import CALM

HASTY = Waiting(at_once=4, batch=8, answer=0.3, patience=1.5)
SIGNALS = [(candidate(number), CALM) for number in range(10)]


@pytest.fixture
def line(nats_url):
    with NatsLine(nats_url, "test") as line:
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
