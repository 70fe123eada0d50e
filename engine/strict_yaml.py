"""YAML without surprises: only JSON's scalars, no tags, anchors or repeated keys, a position for everything.

PyYAML's parser is used for its events alone; what a scalar means is decided here. Plain ``true``,
``false``, ``null`` and JSON numbers are themselves, every other scalar is a string, so ``ON``,
``12:30``, ``017`` and ``2012-06-04`` stay what the author wrote.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from engine.problems import Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Located:
    """A YAML value with the place it starts at; ``keys`` holds the places of a mapping's keys."""

    value: "bool | int | float | str | list[Located] | dict[str, Located] | None"
    line: int
    column: int
    keys: "Mapping[str, Located] | None" = None
    inline: bool = False
    """True for a one-line string written without escapes: an offset in it is an offset in the file."""

    def column_at(self, offset: int) -> int:
        """The column of the character at ``offset`` of this string, its start where that is not exact."""
        return self.column + offset if self.inline else self.column


def read_yaml(text: str, source: str) -> tuple[Located | None, list[Problem]]:
    """The document of ``text``, or None when it cannot be read at all, and every problem found."""
    if too_large := _size_problem(text, source):
        return None, [too_large]
    reader = _Reader(text, source)
    try:
        return reader.document(), sorted(reader.problems)
    except yaml.MarkedYAMLError as error:
        return None, sorted([*reader.problems, _syntax_problem(error, source)])
    except yaml.reader.ReaderError as error:
        return None, [_character_problem(error, text, source)]
    except _TooDeepError as error:
        return None, sorted([*reader.problems, error.problem])


def _size_problem(text: str, source: str) -> Problem | None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size <= MAX_BYTES:
        return None
    return Problem(
        source, 1, 1, "P101", f"is {size} bytes long; {MAX_BYTES} is the most allowed: split the pack"
    )


def _syntax_problem(error: yaml.MarkedYAMLError, source: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = " ".join(part for part in (error.context, error.problem) if part)
    return Problem(source, line, column, "P102", f"is not YAML: {what}; check indentation, colons and quotes")


def _character_problem(error: yaml.reader.ReaderError, text: str, source: str) -> Problem:
    before = text[: error.position] if isinstance(error.position, int) else ""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Problem(source, line, column, "P103", "holds a character YAML does not allow; remove it")


class _TooDeepError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class _Reader:
    """Builds located values from parser events and collects what must not be there."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.problems: list[Problem] = []
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_Parser))

    def document(self) -> Located | None:
        self._refuse_tabs()
        next(self._events)  # stream start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._add(1, 1, "P104", "is empty; a pack starts with 'pack: its-name'")
            return None
        root = self._value(next(self._events), 0)
        next(self._events)  # document end
        extra = next(self._events)
        if not isinstance(extra, yaml.StreamEndEvent):
            self._refuse(extra, "P105", "starts a second document; one file holds one pack")
        return root

    def _value(self, event: yaml.Event, depth: int) -> Located:
        if depth > MAX_DEPTH:
            raise _TooDeepError(
                self._problem(event, "P106", f"nests deeper than {MAX_DEPTH} levels; flatten it")
            )
        self._refuse_decorations(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, depth)
        return self._scalar(event)

    def _mapping(self, start: yaml.Event, depth: int) -> Located:
        entries: dict[str, Located] = {}
        keys: dict[str, Located] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            name = self._key_name(key)
            if name in entries:
                first = keys[name].line
                self._add(
                    key.line,
                    key.column,
                    "P107",
                    f"repeats the key '{name}' of line {first}; keep one of them",
                )
            else:
                entries[name], keys[name] = value, key
        return Located(entries, *_place(start), keys)

    def _key_name(self, key: Located) -> str:
        if isinstance(key.value, str):
            return key.value
        self._add(key.line, key.column, "P108", "has a key that is not a plain word; quote it")
        return str(key.value)

    def _sequence(self, start: yaml.Event, depth: int) -> Located:
        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return Located(items, *_place(start))

    def _scalar(self, event: yaml.Event) -> Located:
        line, column = _place(event)
        if not isinstance(event, yaml.ScalarEvent):  # an alias: refused already
            return Located(None, line, column)
        if not event.style:  # None from PyYAML's own parser, "" from libyaml's
            return Located(self._plain(event), line, column, inline=self._verbatim(event, 0))
        exact = event.style in "'\"" and self._verbatim(event, 1)
        return Located(event.value, line, column + (1 if exact else 0), inline=exact)

    def _verbatim(self, event: yaml.ScalarEvent, quotes: int) -> bool:
        """Whether the value stands in the text just so: one line, nothing escaped or folded."""
        start = _mark(event).index + quotes
        return self.text[start : start + len(event.value)] == event.value

    def _plain(self, event: yaml.ScalarEvent) -> bool | int | float | str | None:
        word: str = event.value
        if word in _WORDS:
            return _WORDS[word]
        if not (match := _JSON_NUMBER.fullmatch(word)):
            return word or None
        if match.group(2) is None and match.group(3) is None and len(word) < 300:
            return int(word)
        number = float(word)
        if not math.isfinite(number):
            self._refuse(event, "P109", f"'{word[:40]}' is larger than any double; write a smaller number")
        return number

    def _refuse_decorations(self, event: yaml.Event) -> None:
        quote = "if it is text, put it in quotes"
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "P110", f"uses an alias '*{anchor}'; write the value out, or {quote}")
        elif anchor:
            self._refuse(event, "P111", f"sets an anchor '&{anchor}'; {quote}")
        if tag := getattr(event, "tag", None):
            self._refuse(event, "P112", f"uses a tag '{tag}'; {quote}")

    def _refuse_tabs(self) -> None:
        for number, line in enumerate(self.text.split("\n"), 1):
            if "\t" in line:
                self._add(number, line.index("\t") + 1, "P113", "holds a tab; use spaces")

    def _refuse(self, event: yaml.Event, code: str, text: str) -> None:
        self.problems.append(self._problem(event, code, text))

    def _problem(self, event: yaml.Event, code: str, text: str) -> Problem:
        return Problem(self.source, *_place(event), code, text)

    def _add(self, line: int, column: int, code: str, text: str) -> None:
        self.problems.append(Problem(self.source, line, column, code, text))


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = _mark(event)
    return mark.line + 1, mark.column + 1


def _mark(event: yaml.Event) -> "yaml.Mark | yaml._yaml.Mark":
    assert event.start_mark is not None  # the parser marks every event
    return event.start_mark
