"""What a model's answer is worth: a checked opinion, or the fault that keeps it from being one.

An answer may cite only what it was shown. A number in it that nothing shown bears out stays, with a flag that
the model cannot take away.
"""

import re
from collections.abc import Iterable

from pydantic import ValidationError

from adapters.reasoning.answer import ANSWER_SCHEMA, LONGEST_FLAG, LONGEST_TEXT, Answer
from adapters.reasoning.budget import FAULT_BYTES, cut
from adapters.reasoning.mind import Opinion
from adapters.reasoning.numerals import unheld
from adapters.reasoning.prompt import Prompt
from adapters.reasoning.shown import clean
from policy.http.strict_json import require_json
from policy.problems import Problem, faults_of

__all__ = ["ANSWER_SCHEMA", "Ungrounded", "grounded"]

UNSUPPORTED = "unsupported-number"
_MOST_UNSUPPORTED = 8
_MOST_FAULTS = 3
_CITED = re.compile(r"\bn-[0-9a-f]{12}\b")


class Ungrounded(Exception):
    """An answer that is no memo: ``code`` for machines, the text for the model that is asked to mend it.

    Codes: ``invalid-json``, ``wrong-schema``, ``unsupplied-citation``. The text may quote the answer: it is
    plain and short, as everything from outside.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(cut(clean(text), FAULT_BYTES))
        self.code = code


def grounded(prompt: Prompt, raw: str) -> Opinion:
    """The opinion that ``raw``, a model's answer to ``prompt``, holds; raises ``Ungrounded``."""
    answer = _read(raw)
    thesis, counter = _worded(answer, "thesis"), _worded(answer, "counter_thesis")
    flags = _distinct(clean(flag, 2 * LONGEST_FLAG) for flag in answer.risk_flags)
    texts = (thesis, counter, *flags)
    _refuse_unsupplied(
        [*answer.citations, *(cited for text in texts for cited in _CITED.findall(text))], prompt
    )
    return Opinion(
        recommendation=answer.recommendation,
        thesis=thesis,
        counter_thesis=counter,
        risk_flags=(*flags, *_unsupported(texts, prompt)),
        citations=_distinct(answer.citations),
    )


def _read(raw: str) -> Answer:
    body = raw.encode("utf-8", "surrogatepass")
    try:
        require_json(body)
    except Problem as problem:
        raise Ungrounded("invalid-json", problem.detail.replace("the body", "the answer")) from None
    try:
        return Answer.model_validate_json(body)
    except ValidationError as error:
        faults = faults_of([dict(one) for one in error.errors(include_input=False)])
        told = "; ".join(
            f"{fault.pointer or 'the answer'}: {fault.detail}" for fault in faults[:_MOST_FAULTS]
        )
        raise Ungrounded("wrong-schema", told) from None


def _worded(answer: Answer, name: str) -> str:
    """A text of the answer as it may be shown; one of which nothing is left says nothing."""
    text = clean(getattr(answer, name), 2 * LONGEST_TEXT)
    if not text:
        raise Ungrounded("wrong-schema", f"/{name}: holds no text")
    return text


def _refuse_unsupplied(cited: Iterable[str], prompt: Prompt) -> None:
    for one in cited:
        if one not in prompt.supplied:
            known = ", ".join(sorted(prompt.supplied)) or "none: leave citations empty"
            raise Ungrounded(
                "unsupplied-citation", f'"{one}" is not among the items shown; there are {known}'
            )


def _unsupported(texts: Iterable[str], prompt: Prompt) -> tuple[str, ...]:
    """A flag for each number that nothing shown bears out; the last tells how many more there are."""
    found = _distinct(number for text in texts for number in unheld(text, prompt.numbers))
    told = [f"{UNSUPPORTED}: {number}" for number in found[:_MOST_UNSUPPORTED]]
    more = len(found) - len(told)
    return (*told, *([f"{UNSUPPORTED}: {more} more"] if more else []))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
