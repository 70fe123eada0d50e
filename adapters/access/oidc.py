"""People's OIDC tokens, checked against the public keys of their issuer."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import structlog
from jwt import PyJWK

from policy.access.callers import RESERVED, Caller, Role, Unauthenticated, unknown_credential
from policy.canonical import digest
from policy.problems import unavailable

log = structlog.get_logger(__name__)

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
"""Signatures that only the issuer can make: never none, never a shared secret."""

PATIENCE_SECONDS = 5.0
REFETCH_SECONDS = 30.0
FRESH_SECONDS = 600.0
STALE_SECONDS = 3600.0
_LEEWAY_SECONDS = 30
_LONGEST_NAME = 64
_REQUIRED = ("exp", "iss", "aud", "sub")


class Issuer:
    """Implements ``policy.access.callers.TokenReader`` for one issuer and one audience; safe for threads.

    Its keys are fetched from ``jwks_url`` when they are first needed, every ten minutes, and when a token
    names a key that is not among them, yet never twice within half a minute. Where the issuer is away,
    keys count for an hour. ``roles_claim`` may be a path such as ``realm_access.roles``.
    """

    def __init__(
        self, issuer: str, audience: str, jwks_url: str, roles_claim: str = "roles", name_claim: str = "sub"
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._url = jwks_url
        self._roles_claim = roles_claim
        self._name_claim = name_claim
        self._door = threading.Lock()
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at = self._asked_at = -float("inf")

    def read(self, token: str) -> Caller:
        """The token's owner; raises ``Unauthenticated``, or a 503 problem where no key can be had."""
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise _refused(_word(error)) from error
        name = claims.get(self._name_claim)
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise _refused("token-without-name")
        if name in RESERVED:
            raise _refused("token-with-reserved-name")
        credential = digest(f"{self._issuer} {claims['sub']}")[:16]
        return Caller(name, _roles(claims, self._roles_claim), f"oidc:{credential}")

    def _claims(self, token: str) -> Mapping[str, Any]:
        head = jwt.get_unverified_header(token)
        kind, named = head.get("alg"), head.get("kid")
        if not isinstance(kind, str) or kind not in ALGORITHMS:
            raise _refused("token-algorithm")
        key = self._key(str(named))
        if key is None or key.algorithm_name != kind:
            raise _refused("token-key-unknown")
        return jwt.decode(
            token,
            key,
            algorithms=[kind],
            audience=self._audience,
            issuer=self._issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": list(_REQUIRED)},
        )

    def _key(self, named: str) -> PyJWK | None:
        if named not in self._keys or time.monotonic() - self._fetched_at > FRESH_SECONDS:
            self._renew()
        return self._keys.get(named)

    def _renew(self) -> None:
        with self._door:
            now = time.monotonic()
            if now - self._asked_at > REFETCH_SECONDS:
                self._asked_at = now
                self._fetch(now)
            if now - self._fetched_at > STALE_SECONDS:
                self._keys = {}
                detail = "the keys of the tokens' issuer cannot be had now, so nobody gets in; ask again"
                raise unavailable("issuer-unavailable", detail)

    def _fetch(self, now: float) -> None:
        try:
            near = httpx.URL(self._url).host in ("127.0.0.1", "localhost", "::1")
            answer = httpx.get(self._url, timeout=PATIENCE_SECONDS, trust_env=not near)
            answer.raise_for_status()
            self._keys, self._fetched_at = _usable(answer.json()["keys"]), now
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            log.warning("the issuer's keys could not be fetched", url=self._url, error=type(error).__name__)


def _usable(listed: list[Mapping[str, Any]]) -> dict[str, PyJWK]:
    """The keys that sign by one of our algorithms, by their name; others are none of ours."""
    signing = (one for one in listed if one.get("kty") != "oct" and one.get("use", "sig") == "sig")
    named = (_readable(one) for one in signing if one.get("kid"))
    return {str(key.key_id): key for key in named if key is not None and key.algorithm_name in ALGORITHMS}


def _readable(one: Mapping[str, Any]) -> PyJWK | None:
    """A listed key; None for a kind that is not known here, which must not cost the others (RFC 7517, 5)."""
    try:
        return PyJWK.from_dict(dict(one))
    except jwt.PyJWTError:
        return None


def _roles(claims: Mapping[str, Any], path: str) -> frozenset[Role]:
    """Those of the words at ``path`` that are roles here; an issuer may give others for other services."""
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    words = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return frozenset(role for role in Role if role in words)


def _refused(reason: str) -> Unauthenticated:
    return unknown_credential(reason, "oidc")


def _word(error: jwt.PyJWTError) -> str:
    """What was wrong with a token, for the record."""
    kinds: dict[type[jwt.PyJWTError], str] = {
        jwt.ExpiredSignatureError: "token-expired",
        jwt.ImmatureSignatureError: "token-too-early",
        jwt.InvalidAudienceError: "token-audience",
        jwt.InvalidIssuerError: "token-issuer",
        jwt.InvalidSignatureError: "token-signature",
    }
    return kinds.get(type(error), "token-invalid")
