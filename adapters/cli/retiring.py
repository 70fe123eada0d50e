"""Commands about decisions that are old: retention."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import USAGE, plain_failures, say, say_json, settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from policy.retention.retire import Plan, Retired


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(retention)


def retention(
    days: Annotated[
        int | None, typer.Option(min=1, help="Keep that many; TRIVET_RETENTION_DAYS without it.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Drop what was decided before TIME instead.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who says so; kept on record.")] = "local",
    as_json: Json = False,
) -> None:
    """Drop old decisions from the log by whole months; what is still needed is kept aside first.

    Days count back from the last decision on record. Claims stay, so that no signal is ever decided twice,
    and anchors take the place of what went, so that `trivet audit verify` still walks every chain.

    Example: trivet retention --days 180 --dry-run
    """
    with plain_failures(USAGE):
        from adapters.wiring.store import store_of  # noqa: PLC0415

        with store_of(settings()) as store:
            limit = _asked(store, before) if before is not None else _limit(store, days)
            told = [] if limit is None else _told(_plan(store, limit, by), store, dry_run)
    if as_json:
        say_json(
            {
                "before": limit.isoformat() if limit else None,
                "dry_run": dry_run,
                "parts": [asdict(one) for one in told],
            }
        )
    else:
        _show(told, limit, dry_run)


def _limit(store: "Engine", days: int | None) -> datetime | None:
    from adapters.clock import SystemClock  # noqa: PLC0415
    from policy.retention.retire import limit  # noqa: PLC0415

    return limit(store, SystemClock().now(), timedelta(days=days or settings().retention_days))


def _asked(store: "Engine", text: str) -> datetime | None:
    """The time named; None where nothing was ever decided. A played log has its own present."""
    from adapters.clock import SystemClock  # noqa: PLC0415
    from policy.retention.retire import limit  # noqa: PLC0415

    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--before {text} is no time; write it like 2012-06-01T00:00:00Z") from error
    if at.tzinfo is None:
        raise Refused(f"--before {text} has no zone; write it like 2012-06-01T00:00:00Z")
    present = limit(store, SystemClock().now(), timedelta(0))
    if present is not None and at > present:
        raise Refused(
            f"--before {text} is yet to come: the last decision on record is of {present:%Y-%m-%d %H:%M}Z, "
            "and one that is still to be made cannot be old"
        )
    return at if present is not None else None


def _told(plan: "Plan", store: "Engine", dry_run: bool) -> "list[Retired]":
    from policy.retention.anchors import LogDamaged  # noqa: PLC0415
    from policy.retention.retire import LogBusy, foresee, retire  # noqa: PLC0415

    try:
        return foresee(store, plan) if dry_run else retire(store, plan)
    except (LogBusy, LogDamaged) as error:
        raise Refused(str(error)) from error


def _plan(store: "Engine", before: datetime, by: str) -> "Plan":
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.execution.store import open_signals  # noqa: PLC0415
    from policy.retention.retire import Plan, held_by_reviews  # noqa: PLC0415
    from policy.store import reading  # noqa: PLC0415

    with reading(store) as connection:
        held = frozenset({*held_by_reviews(connection), *open_signals(connection)})
    return Plan(before, held, SystemClock().now(), by)


def _show(told: "list[Retired]", before: datetime | None, dry_run: bool) -> None:
    would = "would be" if dry_run else "were"
    for one in told:
        beside = f", {one.shadows} shadow judgements with them" if one.shadows else ""
        say(f"{one.part}: {one.dropped} decisions {would} dropped{beside}, {one.kept} {would} kept aside")
    if before is None:
        say("nothing was ever decided, so nothing is old")
    elif not told:
        say(f"no month ended before {before:%Y-%m-%d %H:%M}Z, so nothing is old enough")
