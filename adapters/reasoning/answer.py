"""The answer that is wanted of a model: its form as a type, as JSON schema and in words, all from here."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from policy.contracts import Contract, Recommendation

LONGEST_TEXT = 500
MOST_FLAGS, LONGEST_FLAG = 6, 80
# What is accepted: twice what is asked for, since models do not count letters well.
_Text = Annotated[str, Field(min_length=1, max_length=2 * LONGEST_TEXT)]
_Flag = Annotated[str, Field(min_length=1, max_length=2 * LONGEST_FLAG)]


class Answer(Contract):
    """A model's answer, as it has to be: no other keys, nothing coerced."""

    recommendation: Recommendation
    thesis: _Text
    counter_thesis: _Text
    risk_flags: Annotated[tuple[_Flag, ...], Field(max_length=2 * MOST_FLAGS)]
    citations: Annotated[tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=32)]


ANSWER_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "recommendation": {"type": "string", "enum": ["ALLOW", "ALLOW_WITH_CAUTION", "BLOCK"]},
        "thesis": {"type": "string"},
        "counter_thesis": {"type": "string"},
        "risk_flags": {"type": "array", "items": {"type": "string"}},
        "citations": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["recommendation", "thesis", "counter_thesis", "risk_flags", "citations"],
    "additionalProperties": False,
}
"""JSON schema of ``Answer`` in the words that every server understands: lengths are checked here alone."""

IN_WORDS = f"""\
Answer with one JSON object and nothing else, with exactly these keys:
"recommendation": "ALLOW", "ALLOW_WITH_CAUTION" or "BLOCK"; in doubt the stricter one.
"thesis": what speaks for the trade, at most {LONGEST_TEXT} letters.
"counter_thesis": what speaks against it, at most {LONGEST_TEXT} letters.
"risk_flags": at most {MOST_FLAGS} texts of at most {LONGEST_FLAG} letters; [] if there is nothing to watch.
"citations": ids of the news items that you rest on; [] without any. Cite none that is not shown.
Use numbers that are shown and no others. Give no advice on size or price."""
