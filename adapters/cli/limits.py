"""Commands about execution's limits: limits show, limits check."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import USAGE, plain_failures, say, say_json, settings, settings_of_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.execution.controls.limits import Limits
    from adapters.settings import Settings
    from policy.rollout.phases import Phase

PhaseName = Annotated[
    Literal["development", "paper", "sandbox", "live"] | None,
    typer.Option("--phase", help="Limits of this phase; without it, of the one in force."),
]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(name="limits", no_args_is_help=True, help="What execution refuses, phase by phase.")
    group.command()(show)
    group.command()(check)
    app.add_typer(group)


def show(phase: PhaseName = None, as_json: Json = False) -> None:
    """Show every limit with its unit, what reads it, and how much of it is used up now.

    Now is the house's time: a played run counts its own seconds and days.

    Example: trivet limits show --phase sandbox
    """
    with plain_failures(USAGE):
        from adapters.execution.controls.limits_file import read_limits  # noqa: PLC0415
        from policy.rollout.phases import Phase  # noqa: PLC0415

        chosen = settings_of_store()
        every = read_limits(chosen.rules)
        in_force, used = _standing(chosen)
        asked = Phase(phase) if phase else in_force
    told = _told(every[asked], used if asked is in_force else {})
    if as_json:
        say_json({"phase": asked.value, "in_force": in_force.value, "limits": told})
        return
    _show(asked, told, in_force)


def check(as_json: Json = False) -> None:
    """Read the limits of every phase as execution does when it starts; exit 2 with every fault there is.

    Example: trivet limits check
    """
    with plain_failures(USAGE):
        from adapters.execution.controls.limits import LIMITS  # noqa: PLC0415
        from adapters.execution.controls.limits_file import read_limits  # noqa: PLC0415

        phases = [phase.value for phase in read_limits(settings().rules)]
    if as_json:
        say_json({"phases": phases, "limits": len(LIMITS)})
        return
    say(f"{len(LIMITS)} limits are set in each of {', '.join(phases)}")


def _standing(chosen: "Settings") -> "tuple[Phase, Mapping[str, str]]":
    """The phase in force and what is used up; a store that is not there yet is not made for a look.

    Raises ``Refused`` where the phase cannot be read.
    """
    from adapters.execution.controls.usage import used_up  # noqa: PLC0415
    from adapters.settings import STORE_FILE  # noqa: PLC0415
    from adapters.wiring.refusal import Refused  # noqa: PLC0415
    from adapters.wiring.store import clock_of, store_of  # noqa: PLC0415
    from policy.rollout.phases import Phase, PhaseUnreadable, phase_in_force  # noqa: PLC0415
    from policy.store import reading  # noqa: PLC0415

    if chosen.database_url is None and not (chosen.home / STORE_FILE).exists():
        return Phase.DEVELOPMENT, {}
    with store_of(chosen) as store:
        now = clock_of(store).now()
        try:
            with reading(store) as connection:
                return phase_in_force(connection), used_up(connection, now)
        except PhaseUnreadable as error:
            raise Refused(str(error)) from error


def _told(limits: "Limits", used: "Mapping[str, str]") -> list[dict[str, Any]]:
    from adapters.execution.controls.limits import LIMITS, text_of  # noqa: PLC0415

    return [
        {
            "name": name,
            "value": text_of(getattr(limits, name)),
            "unit": told.unit,
            "used": used.get(name),
            "read_by": told.control,
            "meaning": told.meaning,
        }
        for name, told in LIMITS.items()
    ]


def _show(phase: "Phase", told: list[dict[str, Any]], in_force: "Phase") -> None:
    from adapters.execution.controls.limits import file_of  # noqa: PLC0415

    standing = "in force" if phase is in_force else f"not in force; the house is in {in_force.value}"
    say(f"phase {phase.value} ({standing}), from {file_of(phase)}")
    for one in told:
        used = f"{one['used']} of " if one["used"] is not None else ""
        say(f"  {one['name']:<34}{used + one['value']:>22} {one['unit']:<20}{one['meaning']}")
