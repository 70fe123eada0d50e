"""Commands about API keys: make one, list them, end one."""

import re
from datetime import datetime, timedelta
from typing import Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import USAGE, account_name, plain_failures, say, say_json, settings_of_store
from adapters.wiring.refusal import Refused
from policy.access.callers import RESERVED, Role
from policy.access.keys import ApiKey, KeyRefused
from policy.contracts import utc_text

_SPAN = re.compile(r"([1-9][0-9]{0,3})([dh])")
Roles = Annotated[
    list[Role], typer.Option("--role", help="What it may be used for; may be given several times.")
]
Expires = Annotated[str | None, typer.Option(metavar="SPAN", help="When it ends, such as 90d or 12h.")]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(name="keys", no_args_is_help=True, help="API keys: create, list, revoke.")
    group.command()(create)
    group.command(name="list")(listed)
    group.command()(revoke)
    app.add_typer(group)


def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; this name goes on record.")],
    role: Roles,
    expires: Expires = None,
) -> None:
    """Make a key and show it, this once: only its digest is kept.

    Example: trivet keys create alice --role reviewer --role auditor --expires 90d
    """
    from secrets import token_bytes  # noqa: PLC0415

    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.wiring.store import store_of  # noqa: PLC0415
    from policy.access.keys import add_key, new_key  # noqa: PLC0415
    from policy.store import writing  # noqa: PLC0415

    with plain_failures(USAGE):
        _refuse_reserved(name)
        now = SystemClock().now()
        try:
            token, key = new_key(name, role, account_name(), now, _end(now, expires), token_bytes)
        except KeyRefused as refused:
            raise Refused(str(refused)) from refused
        with store_of(settings_of_store()) as store, writing(store) as connection:
            add_key(connection, key)
    typer.echo(f"the key of {name} ({_terms(key)}); it is shown this once:", err=True)
    say(token)


def listed(as_json: Json = False) -> None:
    """List every key there ever was, by its prefix; the secret is nowhere.

    Example: trivet keys list --json
    """
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.wiring.store import store_of  # noqa: PLC0415
    from policy.access.keys import every_key  # noqa: PLC0415
    from policy.store import reading  # noqa: PLC0415

    with plain_failures(USAGE), store_of(settings_of_store()) as store, reading(store) as connection:
        found = every_key(connection)
    now = SystemClock().now()
    if as_json:
        say_json({"keys": [_told(key, now) for key in found]})
        return
    for key in found:
        used = f", last used {utc_text(key.last_used_at)}" if key.last_used_at else ", never used"
        say(f"{key.prefix}  {key.state(now):8}{key.name}  ({_terms(key)}){used}")
    if not found:
        say("there is no key yet; make one with: trivet keys create NAME --role ROLE")


def revoke(prefix: Annotated[str, typer.Argument(help="What `trivet keys list` shows of it.")]) -> None:
    """End a key for good; running services know within five seconds.

    Example: trivet keys revoke 1f3a9c02
    """
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.wiring.store import store_of  # noqa: PLC0415
    from policy.access.keys import revoke as ended  # noqa: PLC0415
    from policy.store import writing  # noqa: PLC0415

    with plain_failures(USAGE), store_of(settings_of_store()) as store, writing(store) as connection:
        try:
            key = ended(connection, prefix, account_name(), SystemClock().now())
        except KeyRefused as refused:
            raise Refused(str(refused)) from refused
    say(f"{prefix} of {key.name} opens nothing any more")


def _refuse_reserved(name: str) -> None:
    if name in RESERVED:
        raise Refused(f"the record calls a part of the house '{name}'; choose another name")


def _end(now: datetime, span: str | None) -> datetime | None:
    if span is None:
        return None
    found = _SPAN.fullmatch(span)
    if found is None:
        raise Refused(f"'{span}' is no span; write 90d for days or 12h for hours")
    return now + (timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1])))


def _terms(key: ApiKey) -> str:
    end = f"until {utc_text(key.expires_at)}" if key.expires_at else "no end"
    return f"{' '.join(sorted(key.roles))}; {end}"


def _told(key: ApiKey, now: datetime) -> dict[str, object]:
    times = ("created_at", "expires_at", "revoked_at", "last_used_at")
    moments = {name: _moment(getattr(key, name)) for name in times}
    about: dict[str, object] = {
        "prefix": key.prefix,
        "name": key.name,
        "roles": sorted(key.roles),
        "state": key.state(now),
    }
    return about | moments | {"created_by": key.created_by, "revoked_by": key.revoked_by}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)
