"""``trivet reason`` asks for a memo and records nothing; ``trivet memo`` shows one on record."""

import json

import pytest

from adapters.reasoning.builtin import BuiltIn
from adapters.reasoning.line import as_sent
from adapters.reasoning.mind import Attempt, Thought
from adapters.reasoning.prompt import first_prompt
from adapters.reasoning.service import Reasoning
from adapters.settings import STORE_FILE
from adapters.storage.database import open_store
from policy.memo_contracts import MemoQuestion
from tests.adapters.reasoning.questions import Thinking, question
from tests.policy.parts import StillClock
from tests.trivet import PROJECT, answer, trivet

EXAMPLE = "docs/example-memo-question.json"
QUESTION = json.loads((PROJECT / EXAMPLE).read_text("utf-8"))


def asked(home, features=None, *arguments):
    changed = json.loads(json.dumps(QUESTION))
    changed["features"]["values"].update(features or {})
    return trivet(home, "reason", "-", *arguments, stdin=json.dumps(changed))


@pytest.mark.parametrize(
    ("features", "word", "code"),
    [
        ({"relative_volume": 1.0}, "ALLOW", 0),
        ({}, "ALLOW_WITH_CAUTION", 10),
        ({"rsi_14": 80}, "BLOCK", 20),
    ],
)
def test_the_exit_code_is_the_recommendation(tmp_path, features, word, code):
    done = asked(tmp_path, features, "--json")
    assert (answer(done)["recommendation"], done.returncode) == (word, code)


def test_nothing_is_recorded_and_the_same_signal_may_be_asked_about_again(tmp_path):
    first, second = asked(tmp_path), asked(tmp_path)
    assert first.stdout == second.stdout
    assert "against" in first.stdout
    assert not (tmp_path / STORE_FILE).exists()


def test_a_skipped_memo_is_no_failure(tmp_path):
    done = asked(tmp_path, None, "--reasoner", "off")
    assert done.returncode == 0
    assert done.stdout.startswith("SKIPPED reasoner-off: ")


def test_a_model_that_nobody_named_is_bad_usage(tmp_path):
    done = asked(tmp_path, None, "--reasoner", "model")
    assert done.returncode == 2
    assert "TRIVET_MODEL_URL" in json.loads(done.stderr)["detail"]


def test_the_prompt_is_shown_as_it_would_be_sent(tmp_path):
    done = trivet(tmp_path, "reason", EXAMPLE, "--show-prompt", "--json")
    sent = first_prompt(MemoQuestion.model_validate_json((PROJECT / EXAMPLE).read_bytes()))
    assert done.stdout.strip() == as_sent(sent.messages)
    assert "press@example.com" not in done.stdout


@pytest.mark.parametrize("text", ["{", '{"signal": 1, "signal": 2}', '{"signal": {}}', "NaN"])
def test_what_cannot_be_read_is_bad_input(tmp_path, text):
    done = trivet(tmp_path, "reason", "-", stdin=text)
    assert done.returncode == 2
    assert json.loads(done.stderr)["status"] in (400, 422)


def test_a_folder_is_bad_input(tmp_path):
    done = trivet(tmp_path, "reason", str(tmp_path))
    assert done.returncode == 2
    assert str(tmp_path) in json.loads(done.stderr)["detail"]


def test_a_memo_on_record_is_shown_and_one_that_is_not_is_not_found(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / STORE_FILE}")
    kept = Reasoning(store, BuiltIn(), StillClock()).memos("house", [question()])[0]
    store.dispose()
    shown = trivet(tmp_path, "memo", str(kept.signal_id), "--prompts")
    assert shown.returncode == 0
    assert kept.thesis in shown.stdout
    assert kept.digest in shown.stdout
    other = trivet(tmp_path, "memo", str(kept.signal_id), "--source", "callers")
    assert (other.returncode, json.loads(other.stderr)["title"]) == (2, "memo not found")


def test_what_a_model_answered_gives_the_terminal_no_orders(tmp_path):
    tried = Attempt(prompt="[]", raw="\x1b[2Jtwo\nlines\u202e", error="invalid-json: \x9b31m is no JSON")
    store = open_store(f"sqlite:///{tmp_path / STORE_FILE}")
    mind = Thinking(lambda _: Thought("FAILED", reason="invalid-json", reason_text="no", attempts=(tried,)))
    kept = Reasoning(store, mind, StillClock()).memos("house", [question()])[0]
    store.dispose()
    shown = trivet(tmp_path, "memo", str(kept.signal_id), "--prompts").stdout
    assert "[2Jtwo\nlines" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
