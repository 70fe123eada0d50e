"""What a pack declares besides its rules: the facts it may read and its named limits."""

from dataclasses import dataclass
from typing import Literal

from engine.tree import Scalar, Type
from engine.verdict import Verdict

Absent = Literal["required", "skip", "REVIEW", "REJECT"]
Direction = Literal["riskier_up", "safer_up"]
Source = Literal["caller", "house"]


@dataclass(frozen=True, slots=True)
class Input:
    """One fact that rules may read.

    ``minimum`` and ``maximum`` bound numbers (inclusive), ``min_length`` and ``max_length`` count
    characters of strings, ``one_of`` lists all strings allowed. ``direction`` says which way a
    number gets riskier. ``absent`` says what a rule that cannot be judged without it gives.
    ``source: house`` means that no caller may set it.
    """

    name: str
    type: Type
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    one_of: tuple[str, ...] | None = None
    min_length: int | None = None
    max_length: int | None = None
    absent: Absent = "required"
    direction: Direction | None = None
    source: Source = "caller"

    @property
    def required(self) -> bool:
        """Whether facts without it are incomplete."""
        return self.absent == "required"

    @property
    def verdict_when_absent(self) -> Verdict:
        """What an unknown rule gives when this input is missing; APPROVE for ``skip``: no objection."""
        return {"REVIEW": Verdict.REVIEW, "REJECT": Verdict.REJECT}.get(self.absent, Verdict.APPROVE)


@dataclass(frozen=True, slots=True)
class Limit:
    """A named number, word, switch or list of one type, with its unit."""

    name: str
    value: Scalar | tuple[Scalar, ...]
    unit: str | None = None


def type_of(value: Scalar) -> Type:
    """The condition type of a parsed value."""
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"
