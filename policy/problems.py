"""What a caller is told when something is wrong: problem+json (RFC 9457)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from policy.contracts import Contract

MEDIA_TYPE = "application/problem+json"
_URN = "urn:trivet:problem:"
_RETRY_AFTER_SECONDS = 1


class Fault(Contract):
    """One thing wrong with what was sent; ``pointer`` is a JSON pointer (RFC 6901) to it."""

    pointer: str
    code: str
    detail: str


class ProblemBody(Contract):
    """The body of every error answer."""

    type: str = Field(pattern=f"^{_URN}[a-z0-9-]+$")
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] | None = None


class Problem(Exception):
    """An error answer on its way out: HTTP ``status``, ``slug`` for machines, ``detail`` for people.

    ``errors`` lists every fault of the request; ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        errors: Sequence[Fault] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the answer."""
        further = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 408:  # the rest of what was sent is not going to be read
            further["Connection"] = "close"
        return further

    def body(self) -> bytes:
        """The answer's JSON."""
        shape = ProblemBody(
            type=_URN + self.slug,
            title=self.slug.replace("-", " "),
            status=self.status,
            detail=self.detail,
            errors=self.errors or None,
        )
        return shape.model_dump_json(exclude_none=True).encode()


def unavailable(slug: str, detail: str) -> Problem:
    """A 503 that says when to come back."""
    return Problem(503, slug, detail, retry_after=_RETRY_AFTER_SECONDS)


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer from the keys and indices that lead to a value."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def faults_of(errors: Iterable[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """Pydantic's errors as faults, one for each place and kind."""
    found = (_fault_of(error) for error in errors)
    return tuple({(fault.pointer, fault.code): fault for fault in found}.values())


def invalid_request(faults: Sequence[Fault]) -> Problem:
    """The 422 that names every fault at once."""
    many = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
    return Problem(422, "invalid-request", f"the request has {many}; see errors", faults)


def _fault_of(error: Mapping[str, Any]) -> Fault:
    path = tuple(part for part in error["loc"] if part not in ("body", "query", "path"))
    if path[:1] == ("facts",) and len(path) > 2:  # a union adds the name of the type it tried
        return Fault(
            pointer=pointer(path[:2]),
            code="scalar_type",
            detail="must be true, false, a finite number or a string",
        )
    return Fault(pointer=pointer(path), code=str(error["type"]), detail=_plain(str(error["msg"])))


def _plain(message: str) -> str:
    text = message.removeprefix("Value error, ").rstrip(".")
    return text[:1].lower() + text[1:]
