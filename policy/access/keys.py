"""API keys: how one is made and recognised, and what is kept of it.

A key is ``trv_<prefix>_<secret>``: eight hexadecimal digits that may be shown, sixty-four that may
not. The secret is 256 random bits, so nobody can try them all, and a slow hash, which passwords
need because they can be guessed, would only make every request slower. What is kept is the SHA-256.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from policy.access.callers import LOCAL, Caller, Role, unknown_credential
from policy.access.tables import api_keys as keys
from policy.canonical import digest
from policy.store import insert_new

Dice = Callable[[int], bytes]
"""As many random bytes as asked for, such as ``secrets.token_bytes``."""

_TOKEN = re.compile(r"trv_([0-9a-f]{8})_[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class KeyRefused(Exception):
    """A key that cannot be made or revoked as asked."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key as it is on record; times are aware UTC."""

    prefix: str
    name: str
    roles: frozenset[Role]
    token_hash: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """``usable``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "usable"

    @property
    def caller(self) -> Caller:
        """Who shows this key."""
        return Caller(self.name, self.roles, f"key:{self.prefix}")


Known = Mapping[str, ApiKey]
"""Keys by their prefix."""


def new_key(
    name: str, roles: Iterable[Role], by: str, now: datetime, expires_at: datetime | None, dice: Dice
) -> tuple[str, ApiKey]:
    """A token that nobody has seen yet, and what to keep of it.

    Raises ``KeyRefused`` for a name that is not a word, a key without a role, and an end in the past.
    """
    if not _NAME.fullmatch(name):
        raise KeyRefused(f"'{name}' is no name for a key; use up to 64 of A-Z a-z 0-9 . _ @ -")
    if not (kept := frozenset(roles)):
        raise KeyRefused(f"a key without a role opens nothing; give --role, one of {', '.join(Role)}")
    if expires_at is not None and expires_at <= now:
        raise KeyRefused("the key would have expired already; give a time to come")
    token = f"trv_{dice(4).hex()}_{dice(32).hex()}"
    return token, key_of_token(token, name, kept, by, now, expires_at)


def key_of_token(
    token: str, name: str, roles: frozenset[Role], by: str, now: datetime, expires_at: datetime | None = None
) -> ApiKey:
    """What to keep of ``token``, which has the form of a key."""
    return ApiKey(prefix_of(token) or "", name, roles, digest(token), now, by, expires_at)


def prefix_of(token: str) -> str | None:
    """The part of ``token`` that may be shown; None where it has not the form of a key."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def owner_of(token: str, known: Known, now: datetime) -> ApiKey:
    """The key that ``token`` is; raises ``Unauthenticated`` for one that does not count now."""
    prefix = prefix_of(token)
    if prefix is None:
        raise unknown_credential("token-unreadable")
    key = known.get(prefix)
    shown = f"key:{prefix}"
    if key is None or not compare_digest(key.token_hash, digest(token)):
        raise unknown_credential("key-unknown", shown)
    if (state := key.state(now)) != "usable":
        raise unknown_credential(f"key-{state}", shown)
    return key


def add_key(connection: Connection, key: ApiKey) -> None:
    """Keep ``key``; raises ``IntegrityError`` for a prefix that is taken."""
    connection.execute(insert(keys).values(**_row(key)))


def keep_key(connection: Connection, key: ApiKey) -> None:
    """As ``add_key``; a key that is there already stays as it is."""
    connection.execute(insert_new(connection, keys).values(**_row(key)))


def revoke(connection: Connection, prefix: str, by: str, now: datetime) -> ApiKey:
    """End the key of ``prefix`` for good; raises ``KeyRefused`` where none is left to end."""
    open_ = (keys.c.prefix == prefix, keys.c.revoked_at.is_(None))
    ended = update(keys).where(*open_).values(revoked_at=now, revoked_by=by).returning(keys)
    row = connection.execute(ended).first()
    if row is None:
        raise KeyRefused(f"no key {prefix} is left to revoke; `trivet keys list` shows them")
    return _key(row)


def every_key(connection: Connection) -> Sequence[ApiKey]:
    """All keys there ever were, oldest first."""
    rows = connection.execute(select(keys).order_by(keys.c.created_at, keys.c.prefix))
    return [_key(row) for row in rows]


def keys_by_prefix(connection: Connection) -> Known:
    """All keys, by what names them."""
    return {key.prefix: key for key in every_key(connection)}


def has_usable_key(connection: Connection, now: datetime) -> bool:
    """Whether somebody can get in by a key that a person made; the machine's own does not count."""
    return any(key.name != LOCAL.name and key.state(now) == "usable" for key in every_key(connection))


def note_use(connection: Connection, used: Mapping[str, datetime]) -> None:
    """Keep when each key, by prefix, was last used."""
    for prefix, at in sorted(used.items()):
        connection.execute(update(keys).where(keys.c.prefix == prefix).values(last_used_at=at))


def _row(key: ApiKey) -> dict[str, Any]:
    names = ("prefix", "name", "token_hash", "created_at", "created_by", "expires_at")
    return {"roles": sorted(key.roles)} | {name: getattr(key, name) for name in names}


def _key(row: Row[Any]) -> ApiKey:
    told = row._asdict()
    return ApiKey(**told | {"roles": frozenset(map(Role, told["roles"]))})
