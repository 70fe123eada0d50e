"""The protocol of asking, with a clock that goes only when the line takes time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from adapters.reasoning.asking import Asking, Budget, Price
from adapters.reasoning.line import INPUT_TOKENS, Answer, LineFault, Message, as_sent, tokens_at_most
from adapters.reasoning.mind import Thought
from adapters.reasoning.prompt import first_prompt
from tests.adapters.reasoning.mishaps import ASKED
from tests.adapters.reasoning.stand_in.replies import memo

GOOD = Answer(memo(), "stop", None, 800, 100)
BAD = Answer("I think so", "stop", None, 800, 5)


@dataclass
class Scripted:
    """A line that takes ``seconds`` for each answer or fault of ``script``, whatever time it is given."""

    script: list[tuple[float, Answer | LineFault]]
    form_tokens: int = 0
    at: float = 1000.0
    sent: list[tuple[tuple[Message, ...], float]] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def send(self, messages: Sequence[Message], within: float) -> Answer:
        self.sent.append((tuple(messages), within))
        seconds, outcome = self.script[len(self.sent) - 1]
        self.at += seconds
        if isinstance(outcome, LineFault):
            raise outcome
        return outcome


def asked(*script: tuple[float, Answer | LineFault], waited: float = 0.0) -> tuple[Thought, Scripted]:
    line = Scripted(list(script))
    asking = Asking(line, Budget(), Price(Decimal("2.5"), Decimal(10)), line.now)
    return asking.ask(first_prompt(ASKED), line.at - waited), line


def test_an_answer_at_once_is_the_memo_and_nothing_is_repaired() -> None:
    thought, line = asked((1.5, GOOD))
    assert (thought.status, thought.reason, thought.seconds, thought.slow) == ("OK", None, 1.5, False)
    assert thought.opinion is not None
    assert thought.opinion.recommendation == "ALLOW"
    assert [within for _, within in line.sent] == [15.0]
    [attempt] = thought.attempts
    assert (attempt.raw, attempt.error, attempt.repair, attempt.seconds) == (memo(), None, False, 1.5)
    assert attempt.prompt == as_sent(line.sent[0][0])


def test_the_repair_shows_what_was_wrong_and_has_only_the_time_that_is_left() -> None:
    thought, line = asked((3, BAD), (2, GOOD))
    assert thought.status == "OK"
    (first, _), (again, within) = line.sent
    assert within == 12.0
    text = " ".join(message.text for message in again)
    assert "I think so" in text
    assert "not JSON" in text
    assert first[-1].text in text
    assert [attempt.repair for attempt in thought.attempts] == [False, True]
    assert [attempt.error is None for attempt in thought.attempts] == [False, True]
    assert thought.attempts[0].error.startswith("invalid-json: ")  # type: ignore[union-attr]


def test_a_second_answer_that_is_no_memo_has_failed_as_what_it_was() -> None:
    thought, line = asked((1, BAD), (1, Answer('{"recommendation": "BUY"}', "stop")))
    assert (thought.status, thought.reason, len(line.sent)) == ("FAILED", "wrong-schema", 2)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(memo(), "stop", "I will not"), "refused"),
        (Answer("", "content_filter", "I will not"), "refused"),
        (Answer(memo(), "content_filter"), "refused"),
        (Answer(memo(), "length"), "truncated"),
        (Answer(" \n", "stop"), "empty"),
    ],
)
def test_what_the_model_had_to_say_is_not_asked_for_again(answer: Answer, reason: str) -> None:
    thought, line = asked((1, answer), (1, GOOD))
    assert (thought.status, thought.reason, len(line.sent)) == ("FAILED", reason, 1)
    assert thought.attempts[0].raw == (answer.refusal or answer.text)


@pytest.mark.parametrize("code", ["provider-error", "unreachable", "time-out", "breaker-open"])
def test_a_fault_of_the_line_is_the_reason_and_not_tried_again(code: str) -> None:
    thought, line = asked((1, LineFault(code, "no")), (1, GOOD))  # type: ignore[arg-type]
    assert (thought.status, thought.reason, len(line.sent)) == ("FAILED", code, 1)
    assert thought.attempts[0].raw is None


def test_an_answer_between_the_time_outs_counts_and_is_slow() -> None:
    thought, _ = asked((9, GOOD))
    assert (thought.status, thought.slow) == ("OK", True)


def test_after_the_soft_time_out_no_repair_is_begun() -> None:
    thought, line = asked((8, BAD), (1, GOOD))
    assert (thought.status, thought.reason, len(line.sent)) == ("FAILED", "invalid-json", 1)
    assert thought.reason_text.endswith("no repair is begun any more")


def test_a_repair_that_was_begun_may_end_after_the_soft_time_out() -> None:
    thought, _ = asked((7.9, BAD), (7, GOOD))
    assert (thought.status, thought.slow, thought.seconds) == ("OK", True, 14.9)


@pytest.mark.parametrize("script", [[(15.01, GOOD)], [(7, BAD), (8.01, GOOD)]])
def test_an_answer_after_the_hard_time_out_is_not_looked_at(script: list[tuple[float, Answer]]) -> None:
    thought, _ = asked(*script)
    assert (thought.status, thought.reason, thought.opinion) == ("FAILED", "time-out", None)
    assert thought.attempts[-1].raw is None


def test_time_that_was_waited_for_a_place_counts() -> None:
    thought, line = asked((1, GOOD), waited=14.5)
    assert line.sent[0][1] == 0.5
    assert thought.reason == "time-out"
    thought, line = asked((1, GOOD), waited=15)
    assert (thought.reason, line.sent) == ("time-out", [])


def test_what_is_longer_than_the_bound_is_not_sent() -> None:
    prompt = first_prompt(ASKED)
    line = Scripted([(1, GOOD)], form_tokens=INPUT_TOKENS - tokens_at_most(prompt.messages))
    assert Asking(line, Budget(), now=line.now).ask(prompt, line.at).status == "OK"
    line = Scripted([(1, GOOD)], form_tokens=line.form_tokens + 1)
    thought = Asking(line, Budget(), now=line.now).ask(prompt, line.at)
    assert (thought.status, thought.reason, line.sent) == ("FAILED", "too-long", [])


def test_tokens_are_bounded_by_bytes_and_not_by_letters() -> None:
    assert tokens_at_most([Message("user", "é" * 100)]) - tokens_at_most([Message("user", "e" * 100)]) == 100


def test_tokens_cost_what_the_prices_say_to_the_last_digit() -> None:
    thought, _ = asked((1, BAD), (1, GOOD))
    assert [attempt.cost for attempt in thought.attempts] == [Decimal("0.00205"), Decimal("0.003")]
    assert [attempt.input_tokens for attempt in thought.attempts] == [800, 800]


def test_without_a_price_or_a_count_no_cost_is_told() -> None:
    line = Scripted([(1, GOOD)])
    assert Asking(line, Budget(), now=line.now).ask(first_prompt(ASKED), line.at).attempts[0].cost is None
    thought, _ = asked((1, Answer(memo(), "stop")))
    assert thought.attempts[0].cost is None


def test_a_prompt_is_kept_as_the_messages_of_the_request() -> None:
    messages = (Message("system", "s"), Message("user", 'a "b"\n“c”'))
    assert json.loads(as_sent(messages)) == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": 'a "b"\n“c”'},
    ]
