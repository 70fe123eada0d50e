"""Commands about the rollout: phase show, phase advance, phase back, phase sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, USAGE, account_name, plain_failures, say, say_json, settings_of_store
from adapters.wiring.refusal import Refused
from policy.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.wiring.closes import Ended
    from policy.rollout.contracts import AdvanceRequest, Checklist, Finding, PhaseTold, RolloutView
    from policy.rollout.rollout import Rollout

By = Annotated[str | None, typer.Option("--by", help="Who you are; the name of the account without.")]
Note = Annotated[str, typer.Option("--note", help="Why; kept on record.")]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(name="phase", no_args_is_help=True, help="The rollout: where it stands, on and back.")
    group.command()(show)
    group.command()(advance)
    group.command()(back)
    group.command()(sessions)
    app.add_typer(group)


def show(as_json: Json = False) -> None:
    """Show the phase, its packs and limits, and what the next phase asks for, found just now.

    Example: trivet phase show
    """
    with _rollout() as rollout:
        view = rollout.view()
        checklist = rollout.checklist() if view.next_phase is not None else None
    if as_json:
        found = None if checklist is None else checklist.model_dump(mode="json")
        say_json(view.model_dump(mode="json") | {"checklist": found})
        return
    _show(view, checklist)


def advance(
    note: Note = "",
    by: By = None,
    confirm: Annotated[
        UUID | None,
        typer.Option("--confirm", metavar="REQUEST", help="Confirm what another person asked for."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask to enter the next phase; with --confirm, as another person, enter it.

    The checklist is gathered from the records both times, printed and kept. Where anything on it is
    missing the request is refused, every reason with its next step, and the exit code is 1. At this
    machine two names are two people's word; where keys are required, both ask over HTTP with their own.

    Example: trivet phase advance --by anna --note "four weeks on paper, no difference, drills passed"
    """
    from policy.access.callers import LOCAL  # noqa: PLC0415

    with _rollout(alone=False) as rollout:
        who = by or account_name()
        if confirm is not None:
            _say_moved(rollout.confirm(confirm, LOCAL, who), as_json)
            return
        request = rollout.ask(LOCAL, who, note)
    _say_asked(request, as_json)


def back(note: Note = "", by: By = None, as_json: Json = False) -> None:
    """Go back to the phase before, at once; one person is enough.

    Example: trivet phase back --note "the broker's fills look odd"
    """
    with _rollout() as rollout:
        _say_moved(rollout.back(by or account_name(), note), as_json)


def sessions(
    every: Annotated[bool, typer.Option("--all", help="Full days too, not only half days.")] = False,
    as_json: Json = False,
) -> None:
    """Show how the sessions of a run ended: how many flat, and of half days when the last share was sold.

    Exit code 1 where one of them ended with something held.

    Example: trivet phase sessions --json
    """
    with plain_failures(USAGE):
        from adapters.wiring.closes import ended_sessions  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415

        with store_of(settings_of_store()) as store:
            found = ended_sessions(store)
    if as_json:
        say_json({"sessions": [one.to_json() for one in found]})
    else:
        for one in found:
            if every or one.is_half_day or not one.is_flat:
                say(_ended_line(one))
        flat, half = sum(one.is_flat for one in found), sum(one.is_half_day for one in found)
        say(f"{len(found)} sessions, {half} of them half days; {flat} ended flat")
    if not all(one.is_flat for one in found):
        raise typer.Exit(FAILED)


def _ended_line(one: "Ended") -> str:
    kind = "half day" if one.is_half_day else "full day"
    head = f"{one.session}  {kind}, closes {one.closes:%H:%M} UTC"
    if one.held:
        return f"{head}: held {', '.join(f'{qty} {symbol}' for symbol, qty in sorted(one.held.items()))}"
    if one.flat_since is None:
        return f"{head}: flat, nothing was traded"
    return f"{head}: flat since {one.flat_since:%H:%M}, {one.opened} shares opened and left"


@contextmanager
def _rollout(*, alone: bool = True) -> Iterator["Rollout"]:
    """The rollout of the settings' store; what it refuses is said in plain words.

    ``alone``: one person at the machine may do it, also where people are known by their keys.
    """
    with plain_failures(USAGE):
        from adapters.wiring.rollout import open_rollout  # noqa: PLC0415

        chosen = settings_of_store()
        if not alone and chosen.auth == "required":
            raise Refused(
                "TRIVET_AUTH=required: two people advance a phase, each with a key of their own; "
                "ask with POST /v1/rollout/advance and let the other POST /v1/rollout/confirm"
            )
        with open_rollout(chosen) as rollout:
            try:
                yield rollout
            except Problem as problem:
                _say_refused(problem)


def _say_refused(problem: Problem) -> None:
    """The checklist, where that is why, and the reason; ends the command."""
    from policy.rollout.rollout import AdvanceRefused  # noqa: PLC0415

    if isinstance(problem, AdvanceRefused):
        _say_checklist(problem.items)
    typer.echo(problem.detail, err=True)
    raise typer.Exit(FAILED) from problem


def _say_asked(request: "AdvanceRequest", as_json: bool) -> None:
    if as_json:
        say_json(request.model_dump(mode="json"))
    else:
        _say_checklist(request.checklist)
        _say_next(request)
    if request.status != "OPEN":
        raise typer.Exit(FAILED)


def _say_next(request: "AdvanceRequest") -> None:
    wish = f"{request.from_phase} to {request.to_phase}"
    if request.status == "OPEN":
        say(f"{request.asked_by} asked to go from {wish}; another person confirms it:")
        say(f"  trivet phase advance --confirm {request.request_id} --by NAME")
        return
    missing = sum(not one.satisfied for one in request.checklist)
    say(f"refused: {missing} of {len(request.checklist)} are missing to go from {wish}; kept on record")


def _say_moved(told: "PhaseTold", as_json: bool) -> None:
    if as_json:
        say_json(told.model_dump(mode="json"))
        return
    if told.checklist:
        _say_checklist(told.checklist)
    confirmed = f", confirmed by {told.confirmed_by}" if told.confirmed_by else ""
    since = f"{told.at:%Y-%m-%d %H:%M:%S} UTC"
    say(f"phase {told.phase} since {since}, from {told.from_phase}, by {told.by}{confirmed}")


def _show(view: "RolloutView", checklist: "Checklist | None") -> None:
    since = f" since {view.since:%Y-%m-%d %H:%M:%S} UTC" if view.since else ""
    say(f"phase {view.phase}{since}")
    say(f"packs   {', '.join(f'{one.pack}@{one.version} for {one.set}' for one in view.packs) or 'none'}")
    for limit in view.limits:
        say(f"limit   {limit.name} {limit.value} {limit.unit}")
    for request in (one for one in view.requests if one.status == "OPEN"):
        who = f"asked by {request.asked_by}, waits for another person"
        say(f"request {request.request_id} to {request.to_phase}, {who}")
    if checklist is None:
        say("live is the last phase")
        return
    say(f"to enter {checklist.next_phase}:")
    _say_checklist(checklist.items)


def _say_checklist(items: "Sequence[Finding]") -> None:
    for one in items:
        say(f"  {'ok     ' if one.satisfied else 'missing'} {one.code}: {one.found}")
        if not one.satisfied:
            say(f"            asked: {one.asks}")
            say(f"            next:  {one.next_step}")
