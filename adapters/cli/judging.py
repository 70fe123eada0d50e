"""The command that judges one request without recording anything: evaluate."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.packs import pack_and_version
from adapters.cli.speech import problem_failures, say, settings
from adapters.settings import Settings
from policy.contracts import EvaluateRequest
from policy.explain import ExplainedDecision
from policy.http.strict_json import require_json
from policy.shelf import InForce, in_force

EXIT_CODES = {"APPROVE": 0, "REVIEW": 10, "REJECT": 20}


def add_to(app: typer.Typer) -> None:
    """Give ``app`` this command."""
    app.command()(evaluate)


def evaluate(
    file: Annotated[str, typer.Argument(help="A request as JSON; - reads standard input.")],
    pack: Annotated[
        list[str] | None,
        typer.Option("--pack", metavar="PACK@VERSION", help="Judge by these instead of the callers' packs."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Show every rule with its values and margins, and what would have to change."
        ),
    ] = False,
) -> None:
    """Judge one request as the API of the policy service alone would, and record nothing.

    Of the house's own facts its stops are known; what only a running house can measure is absent.

    Exit code 0 APPROVE, 10 REVIEW, 20 REJECT, 2 for bad input and any failure (problem JSON on
    standard error).

    Example: trivet evaluate docs/example-request.json --explain
    """
    with problem_failures():
        decision = _decide(settings(), _body(file), pack or (), explain)
    say(decision.model_dump_json(indent=2, exclude=set() if explain else {"rules", "nearest"}))
    raise typer.Exit(EXIT_CODES[decision.decision])


def _body(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    return Path(file).read_bytes()


def _decide(chosen: Settings, body: bytes, packs: Sequence[str], explain: bool) -> ExplainedDecision:
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.market.overrides_file import read_calendar  # noqa: PLC0415
    from adapters.wiring.store import stops_told  # noqa: PLC0415
    from policy.dry_run import dry_run  # noqa: PLC0415

    require_json(body)
    request = EvaluateRequest.model_validate_json(body)
    judging, now = _packs(chosen, packs), SystemClock().now()
    said = stops_told(chosen, judging, request, now)
    calendar = read_calendar(chosen.calendar_overrides)
    return dry_run(request, judging, now, calendar, nearest=explain, said=said)


def _packs(chosen: Settings, names: Sequence[str]) -> InForce:
    """The packs named, or the ones in force for callers."""
    from adapters.storage.packs import FrozenPacks  # noqa: PLC0415
    from adapters.wiring.store import packs_for_callers  # noqa: PLC0415
    from policy.packs import PackLoader  # noqa: PLC0415

    if not names:
        return packs_for_callers(chosen)
    loader = PackLoader(FrozenPacks(chosen.rules))
    return in_force([loader.load(*pack_and_version(name)) for name in names])
