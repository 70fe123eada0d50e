"""The command that compares two versions of packs over recorded signals: regress."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from adapters.cli.packs import Json
from adapters.cli.playing import From, To
from adapters.cli.proving import named_pack
from adapters.cli.speech import FAILED, USAGE, log_to_stderr, plain_failures, say, say_json, settings
from adapters.settings import Settings
from adapters.wiring.refusal import Refused
from engine import RulePack

if TYPE_CHECKING:
    from adapters.regress.compare import Progress, Question
    from adapters.regress.report import Report
    from adapters.wiring.journey import Plan


def add_to(app: typer.Typer) -> None:
    """Give ``app`` this command."""
    app.command()(regress)


def regress(
    base: Annotated[
        list[str],
        typer.Option(
            metavar="A", help="PACK@VERSION, PACK (its editable text), or a path; several by comma."
        ),
    ],
    head: Annotated[list[str], typer.Option(metavar="B", help="The same, for what would take its place.")],
    signals: Annotated[
        str,
        typer.Option(
            metavar="PARQUET|decisions|sample", help="Files, this store's decisions, or sample bars."
        ),
    ] = "sample",
    first: From = None,
    last: To = None,
    baseline: Annotated[
        Path | None, typer.Option(help="What may move; below the pack's folder without it.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Write what moved as the new baseline.")] = False,
    page: Annotated[
        Path | None, typer.Option(help="Where the page of plots goes; TRIVET_HOME without it.")
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="Signals to explain of each way to move.")] = 3,
    engine: Annotated[
        Literal["duckdb", "spark"], typer.Option(help="Where the signals are judged.")
    ] = "duckdb",
    as_json: Json = False,
) -> None:
    """Judge the same signals by two versions of a pack and show what moved, where, and by which rule.

    Several packs, by comma or by the option repeated, judge together, as a set in force does.

    Exit code 0 when nothing moved that the baseline does not allow, 1 when something did, 2 on any
    failure. Without a baseline nothing may move; --accept writes what moved as the new one.

    Example: trivet regress --base trading-core@1.0.0 --head trading-core --signals sample
    """
    if signals != "sample" and (first or last):
        raise typer.BadParameter("--from and --to choose days of the sample bars; leave them out")
    chosen = settings()
    with plain_failures(USAGE):
        from adapters.regress.baseline import accept as write_baseline  # noqa: PLC0415
        from adapters.regress.baseline import beyond, bounds, place_of  # noqa: PLC0415
        from adapters.regress.compare import Question  # noqa: PLC0415
        from adapters.regress.page import page as page_of  # noqa: PLC0415

        sides = _packs(chosen, base), _packs(chosen, head)
        days = _plan(first, last)
        report = _compared(chosen, Question(*sides, signals, examples, engine), days)
        place = baseline or place_of(chosen.rules, report)
        if accept:
            write_baseline(place, report)
        found = bounds(place, report)
        written = _write(page or _page_place(chosen, report), page_of(report, found))
    further = [str(one) for one in beyond(found)]
    if as_json:
        say_json({**report.to_json(), "beyond_baseline": further, "page": str(written)})
    else:
        _print(report, further, place if accept else None, written)
    raise typer.Exit(FAILED if further else 0)


def _packs(chosen: Settings, named: list[str]) -> list[RulePack]:
    """The packs of one side.

    Raises:
        Refused: one pack stands there twice.
    """
    packs = [named_pack(chosen, which.strip()) for one in named for which in one.split(",")]
    names = [pack.name for pack in packs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"{', '.join(twice)} stands twice on one side; compare one version with another")
    return packs


def _compared(chosen: Settings, asked: "Question", days: "Plan") -> "Report":
    from adapters.regress.compare import compare  # noqa: PLC0415

    chosen.home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="regress-", dir=chosen.home)))
        progress = stack.enter_context(_progress())
        signals = _signals(chosen, asked, days, folder, progress)
        return compare(asked, signals, folder, progress)


def _signals(chosen: Settings, asked: "Question", days: "Plan", folder: Path, progress: "Progress") -> Path:
    """Where the signals lie as Parquet; those of the sample bars are decided on a store of their own."""
    from adapters.cli.recorded_signals import DECISIONS, signals_at  # noqa: PLC0415

    source, packs = asked.source, (*asked.base, *asked.head)
    if source == "sample":
        sample = chosen.model_copy(update={"bars": None})
        chosen, source = sample.at_home(folder / "replay"), DECISIONS
        _replay(chosen, days, progress("playing the sample bars"))
    return signals_at(chosen, source, packs, folder, progress("reading the signals"))


def _plan(first: datetime | None, last: datetime | None) -> "Plan":
    from adapters.wiring.journey import Plan  # noqa: PLC0415

    return Plan(first.date() if first else None, last.date() if last else None)


def _replay(chosen: Settings, days: "Plan", told: Callable[[float], None]) -> None:
    """Play the sample bars on a store of its own."""
    from adapters.market.player import PlayerDone  # noqa: PLC0415
    from adapters.wiring.journey import journey  # noqa: PLC0415

    log_to_stderr(logging.ERROR)  # that the played broker stumbles is part of the play, and on record
    with journey(chosen, days, keep="session") as travel:
        whole = max((travel.last - travel.first).days, 1)
        try:
            while True:
                session = travel.player.step().session or travel.first
                told((session - travel.first).days / whole)
        except PlayerDone:
            told(1.0)


@contextmanager
def _progress() -> Iterator["Progress"]:
    """A bar for each thing that is done, on standard error where somebody watches."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    console = Console(stderr=True)
    with Bars(console=console, disable=not console.is_terminal, transient=True) as bars:

        def begin(what: str) -> Callable[[float], None]:
            task = bars.add_task(what, total=1.0)
            return lambda done: bars.update(task, completed=done)

        yield begin


def _page_place(chosen: Settings, report: "Report") -> Path:
    return chosen.home / "regress" / f"{report.head[0].name}-{Path(report.source).stem}.html"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _print(report: "Report", further: list[str], accepted: Path | None, page: Path) -> None:
    from adapters.cli.regression_words import as_text  # noqa: PLC0415

    say(as_text(report))
    if accepted:
        say(f"accepted as the new baseline: {accepted}")
    for line in further:
        say(f"beyond the baseline: {line}")
    say(f"page of plots: {page}")
