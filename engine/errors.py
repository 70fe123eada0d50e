"""What can go wrong inside the engine: one root, and each family with its own class.

The author's mistakes are ``PackProblems``, the caller's ``FactsIncomplete``, ours ``EngineFailure``;
they are never mixed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.problems import Problem


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class PackProblems(EngineError):
    """A pack text cannot be used; ``problems`` holds every mistake, in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class FactFault:
    """One fact that is missing, misspelt or not what its input declares."""

    fact: str
    code: str
    text: str


class FactsIncomplete(EngineError):
    """The facts cannot be judged; ``faults`` holds every one that is wrong."""

    def __init__(self, faults: Iterable[FactFault]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(fault.text for fault in self.faults))


class EngineFailure(EngineError):
    """The Rete network did not answer as it must; the caller has to fail closed, never assume a miss."""
