"""Who calls and in which roles: the words that routes, keys, tokens and the record share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import Depends, Request

from policy.problems import Fault, Problem, invalid_request

SCOPE = "trivet.caller"
"""Where the guard leaves the ``Caller`` in the ASGI scope, for whoever comes after it."""


class Role(StrEnum):
    """What a credential may be used for; ``access/routes.py`` says which routes that opens."""

    STRATEGY = "strategy"
    TRADER = "trader"
    REVIEWER = "reviewer"
    AUTHOR = "author"
    ACTIVATOR = "activator"
    OPERATOR = "operator"
    AUDITOR = "auditor"


ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name that goes on record, the roles, and by which credential it is known.

    ``credential`` is ``key:`` with a key's prefix, ``oidc:`` with a digest of issuer and subject, or
    ``local`` for whoever sits at this machine and showed none. It never holds a secret.
    """

    name: str
    roles: frozenset[Role]
    credential: str

    @property
    def is_known(self) -> bool:
        """Whether a credential was shown, so that the name is more than a default."""
        return self.credential != LOCAL.credential


LOCAL = Caller("local", ROLES, "local")
"""Who calls without a credential where none is asked for: whoever can reach this machine's loopback."""

RESERVED = frozenset(
    {
        *(LOCAL.name, "caller", "house", "broker", "execution", "reconciliation", "recovery", "screens"),
        "overnight",
    }
)
"""Names that the record gives to the house's own parts; no key and no token may bear one."""


class Unauthenticated(Problem):
    """401: no credential, or none that counts; ``reason`` is for the record and not for the caller."""

    def __init__(self, slug: str, detail: str, reason: str, credential: str = "-") -> None:
        super().__init__(401, slug, detail)
        self.reason = reason
        self.credential = credential

    @property
    def headers(self) -> dict[str, str]:
        """The challenge that RFC 6750 asks for."""
        error = ', error="invalid_token"' if self.slug == "credential-invalid" else ""
        return {"WWW-Authenticate": f'Bearer realm="trivet"{error}'}


class TokenReader(Protocol):
    """Tells who a signed token speaks of."""

    def read(self, token: str) -> Caller:
        """The token's owner; may ask its issuer for keys, so it may take seconds.

        Raises ``Unauthenticated`` for a token that does not count, and a 503 problem when the
        issuer's keys cannot be had.
        """
        ...


def unknown_credential(reason: str, credential: str = "-") -> Unauthenticated:
    """The same words for every credential that does not count: a guess learns nothing from them."""
    detail = "the credential is unknown, expired or revoked; ask whoever runs this for a new one"
    return Unauthenticated("credential-invalid", detail, reason, credential)


def role_missing(caller: Caller, needed: frozenset[Role]) -> Problem:
    """403: a good credential without the role that the route needs."""
    has = ", ".join(sorted(caller.roles)) or "none"
    wanted = " or ".join(sorted(needed)) or "a role that nobody has"
    return Problem(403, "role-missing", f"this needs {wanted}; the credential of {caller.name} has {has}")


def caller_of(request: Request) -> Caller:
    """Who asks, as the guard found; raises KeyError on an application that has no guard."""
    found: Caller = request.scope[SCOPE]
    return found


Asking = Annotated[Caller, Depends(caller_of)]
"""The caller as a parameter of a route."""


def named(caller: Caller, given: str | None, field: str) -> str:
    """The name for the record: the credential's, or ``given`` where there is no credential.

    Raises a 422 problem that points to ``field`` where ``given`` is somebody else.
    """
    if given is None or given == caller.name:
        return caller.name
    if caller.is_known:
        detail = f'the credential belongs to "{caller.name}"; leave the field out'
        raise invalid_request([Fault(pointer=f"/{field}", code="not_the_caller", detail=detail)])
    return given
