"""Lets a request in, or says why not: the credential it shows, against what its route needs."""

from dataclasses import dataclass, field

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy import Engine
from starlette.types import Scope

from policy.access.callers import (
    LOCAL,
    SCOPE,
    Caller,
    TokenReader,
    Unauthenticated,
    role_missing,
    unknown_credential,
)
from policy.access.key_ring import KeyRing
from policy.access.keys import Known, keys_by_prefix, owner_of
from policy.access.log import AccessLog, AccessRefusal
from policy.access.routes import Needed
from policy.ports import Clock
from policy.problems import Problem
from policy.store import reading

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_AUDITED = frozenset({401, 403})
_LONGEST_TOKEN = 8_192
_TOKEN_THREADS = 8


@dataclass(frozen=True)
class Access:
    """Who may do what in one process; ``clock`` is the real one, whatever time a player plays.

    ``required``: without a credential nobody gets in; otherwise such a call is the local user's.
    ``hosts`` are the names under which this process may be asked.
    """

    required: bool
    keys: KeyRing
    log: AccessLog
    clock: Clock
    tokens: TokenReader | None = None
    hosts: frozenset[str] = LOOPBACK_NAMES
    _readers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_TOKEN_THREADS), repr=False)

    async def admit(self, scope: Scope, shown: bytes | None, needed: Needed | None) -> None:
        """Leave the caller in ``scope``; raises a 401 or 403 problem, or 503 where nobody can be known.

        ``shown`` is the Authorization header. A route that is in no table needs a credential like the
        others; the guard has seen to it already that nothing answers there.
        """
        caller = await self._caller(shown, needed)
        scope[SCOPE] = caller
        if needed is not None and needed.roles and not needed.roles & caller.roles:
            raise role_missing(caller, needed.roles)

    def audit(self, scope: Scope, problem: Problem, needed: Needed | None) -> None:
        """Put a 401 or 403 on record, without any part of a secret; other problems are none of ours."""
        if problem.status not in _AUDITED:
            return
        caller: Caller | None = scope.get(SCOPE)
        client = scope.get("client")
        shown = problem.credential if isinstance(problem, Unauthenticated) else "-"
        self.log.refused(
            AccessRefusal(
                status=problem.status,
                reason=problem.reason if isinstance(problem, Unauthenticated) else problem.slug,
                credential=caller.credential if caller else shown,
                name=caller.name if caller else "-",
                route=f"{needed.method} {needed.path}" if needed else "-",
                needs=" ".join(sorted(needed.roles)) if needed else "",
                address=client[0][:64] if client else "-",
            )
        )

    async def _caller(self, shown: bytes | None, needed: Needed | None) -> Caller:
        is_open = needed is not None and not needed.roles
        if shown is None:
            if self.required and not is_open:
                detail = "this needs a key: send the header Authorization: Bearer KEY"
                raise Unauthenticated("credential-missing", detail, "no-credential")
            return LOCAL
        return LOCAL if is_open else await self._known(_token(shown))

    async def _known(self, token: str) -> Caller:
        if self.tokens is not None and token.count(".") == 2:
            # A slow issuer holds these threads of its own and none of those that the routes share.
            return await run_sync(self.tokens.read, token, limiter=self._readers)
        key = owner_of(token, await self.keys.known(), self.clock.now())
        self.log.used(key.prefix, key.last_used_at)
        return key.caller


def access_of(
    store: Engine,
    clock: Clock,
    *,
    required: bool = False,
    tokens: TokenReader | None = None,
    hosts: frozenset[str] = frozenset(),
) -> Access:
    """Access by the keys of ``store``; ``hosts`` come beside the names of this machine's loopback."""

    def read() -> Known:
        with reading(store) as connection:
            return keys_by_prefix(connection)

    return Access(required, KeyRing(read), AccessLog(store, clock), clock, tokens, LOOPBACK_NAMES | hosts)


def _token(shown: bytes) -> str:
    """The bearer token of an Authorization header; raises ``Unauthenticated`` for anything else."""
    kind, _, token = shown.decode("latin-1").partition(" ")
    if kind.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise unknown_credential("token-unreadable")
    return token.strip()
