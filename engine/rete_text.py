"""Writes facts and rules in the one notation that durable-rules reads correctly.

Its JSON reader takes a number in exponent form for an error and one without a point for a
saturating 64-bit integer, so numbers are positional and always have a point; strings are never
written at all (the planner gives each a code).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from engine.rete_plan import AlphaTest, Field, Tests
from engine.rete_values import Facts
from engine.tree import Scalar

RETRACTION = '{"id":"f"}'
_OPENING = '{"id":"f","z":0.5'
EMPTY_FACT = _OPENING + "}"
# Two bounds, so that a number read as 0, or without its fraction, keeps the sentinel silent.
SENTINEL_TESTS = '{"$gt":{"z":0.25}},{"$lt":{"z":0.75}}'

_OPERATORS = {"==": "$eq", "!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_EXPONENT_FORM = re.compile(r"[\d.]+e[-+]?\d+")


def positional(number: str) -> str:
    """A double's ``repr`` without exponent: ``1e-05`` becomes ``0.00001``; there is always a point."""
    text = format(Decimal(number), "f") if "e" in number else number
    return text if "." in text else f"{text}.0"


def rule_text(name: str, tests: Tests) -> str:
    """One named rule that fires when all ``tests`` hold; with no tests, whenever it is asked."""
    body = ",".join(map(_test_text, tests)) or SENTINEL_TESTS
    return f'"{name}":{{"all":[{{"m":{{"$and":[{body}]}}}}]}}'


def _test_text(test: AlphaTest) -> str:
    constant = str(test.constant) if type(test.constant) is int else positional(repr(test.constant))
    return f'{{"{_OPERATORS[test.op]}":{{"{test.field.name}":{constant}}}}}'


class FactWriter:
    """Writes the fact of one ruleset: only the fields that its rules read, in one pass."""

    def __init__(self, fields: Sequence[Field]) -> None:
        inputs = [(f.path, f) for f in fields if f.path is not None]
        self._direct = [(path, _form(f)) for path, f in inputs if f.codes is None]
        self._strings = [(path, *_coded(f, f.codes)) for path, f in inputs if f.codes is not None]
        self._derived = [(f.read, _form(f)) for f in fields if f.path is None]
        self._template = _OPENING + "".join(form for _, form in self._direct)
        self._values = _getter([path for path, _ in self._direct])

    def write(self, facts: Facts) -> str:
        """The fact as text; a field whose value is absent or unknown is left out."""
        try:
            text: str = self._template % self._values(facts)
        except KeyError:
            text = _OPENING + "".join(form % facts[path] for path, form in self._direct if path in facts)
        for path, coded, other in self._strings:
            word = facts.get(path)
            if word is not None:
                text += coded.get(word, other)
        for read, form in self._derived:
            value = read(facts)
            if value is not None:
                text += form % value
        # No name holds an "e", so one in the text is a number's exponent.
        if "e" in text:
            text = _EXPONENT_FORM.sub(lambda number: positional(number[0]), text)
        return text + "}"


def _form(field: Field) -> str:
    return f',"{field.name}":%{"r" if field.is_number else "d"}'


def _coded(field: Field, codes: Mapping[Scalar, int]) -> tuple[dict[Scalar, str], str]:
    """What to write for each word that matters, and for all others."""
    form = _form(field)
    return {word: form % code for word, code in codes.items()}, form % 0


def _getter(paths: list[str]) -> Callable[[Facts], Any]:
    return itemgetter(*paths) if paths else lambda _: ()
