"""Puts access together from the settings, and refuses to open a door that has no lock."""

from secrets import token_bytes

from sqlalchemy import Engine

from adapters.access.local_key import ensure_local_key
from adapters.access.oidc import Issuer
from adapters.clock import SystemClock
from adapters.settings import LOOPBACK, Settings, UnsafeSettings
from policy.access.gate import Access, access_of
from policy.access.keys import has_usable_key
from policy.store import reading


def open_access(settings: Settings, store: Engine, host: str) -> Access:
    """Who may call a service that listens on ``host``; on loopback this machine's own key is made sure of.

    Raises ``UnsafeSettings`` where ``host`` is reachable for others and nobody has a key.
    """
    clock = SystemClock()  # keys end by the real time, whatever time is played
    settings.refuse_unsafe(host)
    if host in LOOPBACK:
        ensure_local_key(settings.home, store, clock, token_bytes)
    else:
        with reading(store) as connection:
            usable = has_usable_key(connection, clock.now())
        if not usable and settings.oidc_issuer is None:
            raise UnsafeSettings(
                f"--host {host} is reachable from other machines and nobody has a key; make one with "
                "`trivet keys create NAME --role ROLE`"
            )
    return access_of(
        store,
        clock,
        required=settings.auth == "required",
        tokens=issuer_of(settings),
        hosts=settings.hosts,
    )


def issuer_of(settings: Settings) -> Issuer | None:
    """The issuer of people's tokens; None where none is set."""
    if settings.oidc_issuer is None:
        return None
    assert settings.oidc_audience is not None, "refuse_unsafe has seen to it"
    assert settings.oidc_jwks_url is not None, "refuse_unsafe has seen to it"
    return Issuer(
        settings.oidc_issuer,
        settings.oidc_audience,
        settings.oidc_jwks_url,
        settings.oidc_roles_claim,
        settings.oidc_name_claim,
    )
