"""Commands that play a market in one process: run, replay."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from adapters.cli.living import refuse_what_is_live, refuse_what_is_played, run_live
from adapters.cli.packs import Json, pack_and_version
from adapters.cli.speech import USAGE, log_to_stderr, plain_failures, say, say_json, settings
from adapters.settings import STORE_FILE, Settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from decimal import Decimal

    from adapters.wiring.cast import Keep
    from adapters.wiring.journey import Journey, Plan
    from adapters.wiring.summary import Summary


def _pace(speed: float | None) -> float | None:
    from adapters.market.player import checked_speed  # noqa: PLC0415

    try:
        return None if speed is None else checked_speed(speed)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, included.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")]
Bars = Annotated[
    Path | None, typer.Option("--bars", help="Play the bars of this folder; TRIVET_BARS, else the sample.")
]
AllowGaps = Annotated[bool, typer.Option("--allow-gaps", help="Play them though sessions are missing.")]
Speed = Annotated[
    float | None,
    typer.Option(help="Steps per second; a session has six.", callback=_pace),
]
Keeping = Annotated[
    Literal["step", "session"],
    typer.Option("--keep", help="How often portfolio and settled state are written down."),
]

_WIDTH = 60


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(run)
    app.command()(replay)


def run(
    speed: Speed = None,
    paused: Annotated[bool, typer.Option("--paused", help="Wait for resume or step.")] = False,
    at: Annotated[str | None, typer.Option(help="Start at this time, such as 2012-06-04T14:30:00Z.")] = None,
    first: From = None,
    last: To = None,
    bars: Bars = None,
    allow_gaps: AllowGaps = False,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="Without the screens.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the APIs.")] = 8000,
    ui_port: Annotated[int, typer.Option(help="Port of the screens.")] = 8501,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start a new store; the old one is kept aside.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="On the real clock, with Alpaca's market; see TRIVET_ALPACA_….")
    ] = False,
    symbols: Annotated[
        str | None, typer.Option(help="What a live house looks at, with commas; TRIVET_SYMBOLS without.")
    ] = None,
) -> None:
    """Play the sample bars through the gate, everything in one process, with the screens beside it.

    Goes on where its store stood. Ctrl-C stops cleanly. With --live, or TRIVET_MARKET=alpaca, nothing is
    played: the market is the real one, and so is the time.

    Example: trivet run --paused --at 2012-06-04T14:30:00Z
    """
    chosen = _with_bars(settings(), bars, allow_gaps)
    if live or chosen.market != "played":
        refuse_what_is_played(speed, paused, at, first, last)
        run_live(chosen, symbols, host, port, None if no_ui else ui_port, fresh=fresh)
        return
    refuse_what_is_live(symbols)
    with plain_failures(USAGE):
        from adapters.clock import SystemClock  # noqa: PLC0415
        from adapters.observability.process import observed  # noqa: PLC0415
        from adapters.wiring.journey import journey, set_aside  # noqa: PLC0415
        from adapters.wiring.serving import serve_journey  # noqa: PLC0415

        chosen.refuse_unsafe(host)
        chosen.refuse_mixed()
        if chosen.clock == "player":
            raise Refused("trivet run is everything in one process; unset TRIVET_CLOCK, or start trivet up")
        plan = plan_of(first, last, at)
        if fresh and (kept := set_aside(chosen)):
            say(f"the old store is kept in {kept}")
        say("reading the bars ...")
        played = journey(chosen, plan, keep="step", speed=speed, real=SystemClock())
        with observed(chosen, "house"), played as travel:
            _say_where(travel, chosen)
            serve_journey(travel, chosen, host, port, None if no_ui else ui_port, paused=paused, say=say)
    say("stopped; start again to go on from here")


def replay(
    first: From = None,
    last: To = None,
    bars: Bars = None,
    allow_gaps: AllowGaps = False,
    pack: Annotated[
        list[str] | None, typer.Option("--pack", metavar="PACK@VERSION", help="Judge by these instead.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Keep the store in this folder.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted replay.")] = False,
    curve: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write the equity of every session there.")
    ] = None,
    keep: Keeping = "session",
    phase: Annotated[
        Literal["paper", "sandbox"] | None,
        typer.Option(help="Begin the new store in this phase of the rollout, instead of development."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Play the bars as fast as it goes, on a fresh store, and sum up what was decided and what was traded.

    The same bars under the same packs give the same sha256, to the byte.

    Example: trivet replay --from 2012-05-18 --to 2013-03-01 --json
    """
    chosen = _with_bars(settings(), bars, allow_gaps)
    log_to_stderr(logging.ERROR)  # that the played broker stumbles is part of the play, and on record
    with plain_failures(USAGE):
        packs = tuple(map(pack_and_version, pack or ()))
        _replay(chosen, plan_of(first, last, None, phase), packs, store, resume, curve, keep, as_json)


def _replay(
    chosen: Settings,
    plan: "Plan",
    packs: tuple[tuple[str, str], ...],
    store: Path | None,
    resume: bool,
    curve: Path | None,
    keep: "Keep",
    as_json: bool,
) -> None:
    chosen.home.mkdir(parents=True, exist_ok=True)
    _refuse_wrong_store(store, resume)
    with TemporaryDirectory(prefix="replay-", dir=chosen.home) as temporary:
        summary, equity = _played(chosen.at_home(store or Path(temporary)), plan, packs, curve, keep)
    if as_json:
        say_json(summary.to_json())
    else:
        _print_summary(summary, equity)


def _refuse_wrong_store(store: Path | None, resume: bool) -> None:
    exists = store is not None and (store / STORE_FILE).exists()
    if resume and not exists:
        raise Refused("--resume needs --store with the folder of the replay that was interrupted")
    if exists and not resume:
        raise Refused(f"{store} holds a replay already; go on with --resume or name another folder")


def _played(
    chosen: Settings, plan: "Plan", packs: tuple[tuple[str, str], ...], curve: Path | None, keep: "Keep"
) -> "tuple[Summary, list[Decimal]]":
    """The run in numbers, and its equity at every close."""
    from adapters.wiring.curve import curve_of, write_csv  # noqa: PLC0415
    from adapters.wiring.journey import journey  # noqa: PLC0415
    from adapters.wiring.summary import standing_of, summarise  # noqa: PLC0415

    with journey(chosen, plan, keep=keep, house_packs=packs) as travel:
        _play_with_progress(travel)
        sessions = curve_of(travel)
        if curve is not None:
            write_csv(curve, sessions)
        return summarise(travel.house.store, standing_of(travel)), [one.closed_with for one in sessions]


def _play_with_progress(travel: "Journey") -> None:
    """Play to the end, with a bar on standard error where somebody watches."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from adapters.market.player import PlayerDone  # noqa: PLC0415

    whole = max((travel.last - travel.first).days, 1)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("replay", total=whole)
        try:
            while True:
                session = travel.player.step().session or travel.first
                progress.update(task, completed=(session - travel.first).days, description=str(session))
        except PlayerDone:
            progress.update(task, completed=whole)


def _print_summary(summary: "Summary", equity: "list[Decimal]") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from adapters.wiring.curve import sparkline  # noqa: PLC0415

    table = Table("what", "how many", title=f"{summary.sessions} sessions, {summary.signals} signals")
    orders = {f"order {state}": count for state, count in summary.orders.items()}
    further = {"partly filled": summary.partly_filled, "fills": summary.fills}
    for name, count in {**summary.decisions, **summary.reasons, **orders, **further}.items():
        table.add_row(name, str(count))
    table.add_row("equity", summary.equity)
    Console().print(table)
    if equity:
        say(f"equity  {sparkline(equity, _WIDTH)}  {min(equity):,.2f} to {max(equity):,.2f}")
    say(f"sha256 {summary.sha256}")


def _say_where(travel: "Journey", chosen: Settings) -> None:
    status = travel.player.status
    where = "this version keeps it in the database" if chosen.database_url else f"store {chosen.home}"
    say(f"playing {travel.first} to {travel.last}, standing at {status.time:%Y-%m-%d %H:%M:%S} UTC; {where}")


def _with_bars(chosen: Settings, folder: Path | None, allow_gaps: bool) -> Settings:
    """``chosen`` with what the command line says about which bars are played."""
    gaps = allow_gaps or chosen.bars_allow_gaps
    return chosen.model_copy(update={"bars": folder or chosen.bars, "bars_allow_gaps": gaps})


def plan_of(
    first: datetime | None, last: datetime | None, at: str | None, phase: str | None = None
) -> "Plan":
    """What is asked for on a command line; raises ``typer.BadParameter`` for a time that is none."""
    from adapters.wiring.journey import Plan  # noqa: PLC0415
    from policy.rollout.phases import Phase  # noqa: PLC0415

    return Plan(_day(first), _day(last), moment(at), None if phase is None else Phase(phase))


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def moment(text: str | None) -> datetime | None:
    """An aware UTC time from ISO 8601; a time without a zone would be a guess."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is not a time; write it as 2012-06-04T14:30:00Z") from error
    if at.tzinfo is None:
        raise typer.BadParameter(f"'{text}' has no zone; write it as {text}Z if it is UTC")
    return at.astimezone(UTC)
