"""Typed reading of located YAML: every wrong type, missing or unknown key becomes a problem at its place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.problems import Problem, Severity, did_you_mean
from engine.strict_yaml import Located
from engine.tree import Scalar


@dataclass
class Notes:
    """The problems found so far in one source."""

    source: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, at: Located, code: str, text: str, severity: Severity = "error", offset: int = 0) -> None:
        """Note that ``text`` is wrong ``offset`` characters into ``at``."""
        self.problems.append(Problem(self.source, at.line, at.column_at(offset), code, text, severity))


class Section:
    """One mapping of a pack with the words that name it in problems."""

    def __init__(self, at: Located, name: str, notes: Notes, known: Iterable[str] | None = None) -> None:
        self.at = at
        self.name = name
        self.notes = notes
        self.entries: dict[str, Located] = at.value if isinstance(at.value, dict) else {}
        if not isinstance(at.value, dict):
            notes.add(at, "P301", f"{name} must be a mapping of names to values")
        elif known is not None:
            self._refuse_unknown(tuple(known))

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def items(self) -> Iterator[tuple[str, Located]]:
        """Every key with its located value."""
        return iter(self.entries.items())

    def key(self, name: str) -> Located:
        """Where the key itself stands."""
        assert self.at.keys is not None
        return self.at.keys[name]

    def text(self, key: str, required: bool = False) -> str | None:
        """The string at ``key``, or None with a problem if it is missing or no string."""
        at = self._entry(key, required)
        if at is None or isinstance(at.value, str):
            return at.value if at else None  # type: ignore[return-value]
        hint = "; put it in quotes" if isinstance(at.value, int | float) else ""
        self.notes.add(at, "P302", f"{self.name}: {key} must be text{hint}")
        return None

    def one_of(self, key: str, words: tuple[str, ...], required: bool = False) -> str | None:
        """The word at ``key``, which must be one of ``words``."""
        word = self.text(key, required)
        if word is None or word in words:
            return word
        hint = did_you_mean(word, words) or f"; write one of {', '.join(words)}"
        self.notes.add(self.entries[key], "P303", f"{self.name}: {key} cannot be '{word}'{hint}")
        return None

    def number(self, key: str) -> float | None:
        """The number at ``key`` as a double."""
        at = self._entry(key, required=False)
        if at is None:
            return None
        if isinstance(at.value, int | float) and not isinstance(at.value, bool):
            return self._double(at)
        self.notes.add(at, "P302", f"{self.name}: {key} must be a number")
        return None

    def whole(self, key: str, default: int | None = None) -> int | None:
        """The whole number at ``key``, 0 or more."""
        at = self._entry(key, required=False)
        if at is None:
            return default
        if isinstance(at.value, int) and not isinstance(at.value, bool) and at.value >= 0:
            return at.value
        self.notes.add(at, "P302", f"{self.name}: {key} must be a whole number, 0 or more")
        return default

    def flag(self, key: str) -> bool:
        """The boolean at ``key``; False when it is not there."""
        at = self._entry(key, required=False)
        if at is not None and not isinstance(at.value, bool):
            self.notes.add(at, "P302", f"{self.name}: {key} must be true or false")
        return at is not None and at.value is True

    def section(
        self, key: str, required: bool = False, known: Iterable[str] | None = None
    ) -> "Section | None":
        """The mapping at ``key`` as a section of its own."""
        at = self._entry(key, required)
        return Section(at, f"{self.name}: {key}" if self.name else key, self.notes, known) if at else None

    def sequence(self, key: str, required: bool = False) -> list[Located]:
        """The list at ``key``; empty with a problem if it is none."""
        at = self._entry(key, required)
        if at is None or isinstance(at.value, list):
            return at.value if at else []  # type: ignore[return-value]
        self.notes.add(at, "P302", f"{self.name}: {key} must be a list")
        return []

    def scalar(self, at: Located) -> Scalar | None:
        """A fact or limit value: text, true, false or a finite number (as a double)."""
        if isinstance(at.value, str | bool):
            return at.value
        if isinstance(at.value, int | float):
            return self._double(at)
        self.notes.add(at, "P302", f"{self.name} must be a number, text, true or false")
        return None

    def _double(self, at: Located) -> float | None:
        try:
            return float(at.value)  # type: ignore[arg-type]
        except OverflowError:
            self.notes.add(
                at, "P109", f"{self.name}: the number is larger than any double; write a smaller one"
            )
            return None

    def _entry(self, key: str, required: bool) -> Located | None:
        at = self.entries.get(key)
        if at is None and required:
            self.notes.add(self.at, "P304", f"{self.name or 'the pack'} needs {key}")
        return at

    def _refuse_unknown(self, known: tuple[str, ...]) -> None:
        for key in self.entries:
            if key not in known:
                hint = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
                self.notes.add(
                    self.key(key), "P305", f"{self.name or 'the pack'} has an unknown key '{key}'{hint}"
                )
