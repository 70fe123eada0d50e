"""Commands about orders and what they left in the books: reconcile."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import USAGE, account_name, plain_failures, say, say_json, settings_of_store
from adapters.wiring.refusal import Refused
from policy.canonical import canonical

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.execution.unexplained import Unexplained
    from policy.reconciliation_contracts import ReconciliationView

SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(reconcile)


def reconcile(
    report: Annotated[
        bool, typer.Option("--report", help="Both books side by side, repairs, and what to do next.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --report: repairs from when on.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="SYMBOL|cash", help="Let what is frozen take new risk again.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why; kept on record.")] = None,
    by: Annotated[str | None, typer.Option(help="Who says so; the name of the account without.")] = None,
    as_json: Json = False,
) -> None:
    """Show what the books and the broker's did not agree on and nobody has explained yet.

    It reads what is on record: the comparison itself is made by execution, at its start, after each step of a
    player and every five seconds, and at once when POST /v1/reconciliation/run asks for it.

    Example: trivet reconcile --report --since 2012-06-01T14:30:00Z
    """
    with plain_failures(USAGE):
        from adapters.execution.reconciliation.shown import reconciled  # noqa: PLC0415
        from adapters.execution.unexplained import unexplained  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415

        if since is not None and not report:
            raise Refused("--since says which repairs --report tells of; give both, or neither")
        first = _time(since)
        with store_of(settings_of_store()) as store:
            if release is not None:
                _release(store, release, by or account_name(), note)
            view, found = reconciled(store, SHOWN, first), unexplained(store, SHOWN)
    if report:
        _report(view, as_json)
    elif as_json:
        say_json({**found.to_json(), **_standing(view)})
    else:
        for line in _lines(view, found):
            say(line)


def _time(text: str | None) -> datetime | None:
    """The time that ``text`` names; a day begins at midnight in UTC."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--since {text} is no time; write it like 2012-06-01T14:30:00Z") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _release(store: "Engine", asset: str, by: str, note: str | None) -> None:
    from adapters.execution.reconciliation.picture import asset_named  # noqa: PLC0415
    from adapters.execution.unexplained import NotFrozen, release  # noqa: PLC0415
    from adapters.wiring.store import clock_of  # noqa: PLC0415

    if note is None or not note.strip():
        raise Refused("--release needs a --note that says why the position is explained")
    try:
        release(store, asset_named(asset), by, note, clock_of(store).now())
    except NotFrozen as error:
        raise Refused(f"{asset} is not frozen; trivet reconcile lists what is") from error


def _report(view: "ReconciliationView", as_json: bool) -> None:
    from adapters.cli.reconciliation_words import report  # noqa: PLC0415

    if as_json:
        say_json(view.model_dump(mode="json"))
        return
    for line in report(view):
        say(line)


def _standing(view: "ReconciliationView") -> dict[str, Any]:
    """Where execution's start stands and what the last look came to, without its picture."""
    shown: dict[str, Any] = view.model_dump(
        mode="json", include={"start": True, "last": {"at", "first_at", "outcome", "why"}}
    )
    return shown


def _lines(view: "ReconciliationView", found: "Unexplained") -> Iterator[str]:
    from adapters.cli.reconciliation_words import standing  # noqa: PLC0415

    yield from standing(view)
    for asset, why in sorted(found.frozen.items()):
        yield f"frozen     {asset}: {why}"
    for alert in found.alerts:
        about = f" {alert.symbol}" if alert.symbol else ""
        yield f"{alert.at:%Y-%m-%d %H:%M:%S}  {alert.what}{about}  {canonical(alert.detail)}"
    if not found.frozen and not found.alerts:
        yield "nothing is frozen and nothing was out of the ordinary"
