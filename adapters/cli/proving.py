"""Commands that prove things about rule packs: diff, prove. The solver is imported when one of them runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.packs import Json, pack_and_version
from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings
from adapters.release import read_file
from adapters.settings import Settings
from engine import RulePack, read_pack

if TYPE_CHECKING:
    from adapters.regress.report import Report
    from engine.difference import Difference
    from engine.invariants_reader import Invariants

DIFF_EXIT_CODES = {"identical": 0, "stricter": 10, "looser": 20, "incomparable": 20, "unknown": 30}


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(diff)
    app.command()(prove)


def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help="PACK@VERSION, PACK (its editable text), or a path.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, for what would take its place.")],
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A block fit for a pull request.")] = False,
    signals: Annotated[
        str | None,
        typer.Option(metavar="PARQUET|decisions", help="Count how many of these each way to move touches."),
    ] = None,
) -> None:
    """Prove what changes when B judges instead of A, over every signal there can be.

    Each way a verdict or a size can move is either proved impossible or shown with a signal that
    both evaluators have confirmed.

    Exit code 0 identical, 10 stricter, 20 looser or incomparable, 30 unknown, 2 on any failure.

    Example: trivet diff trading-core@1.0.0 trading-core
    """
    if as_json and markdown:
        raise typer.BadParameter("--json and --markdown exclude each other; choose one")
    with plain_failures(USAGE):
        from adapters.cli import difference_words as words  # noqa: PLC0415
        from engine.difference import difference  # noqa: PLC0415

        chosen = settings()
        old, new = (named_pack(chosen, which) for which in (before, after))
        found = difference([old], [new])
        counted = _touched(chosen, old, new, signals, found) if signals else None
    if as_json:
        say_json(words.as_json(old, new, found, counted))
    else:
        say((words.as_markdown if markdown else words.as_text)(old, new, found, counted))
    raise typer.Exit(DIFF_EXIT_CODES[found.verdict])


def _touched(
    chosen: Settings, before: RulePack, after: RulePack, signals: str, found: "Difference"
) -> "Report":
    from adapters.cli.touching import touched  # noqa: PLC0415

    return touched(chosen, before, after, signals, found)


def prove(
    pack: Annotated[str, typer.Argument(help="PACK (its editable text), PACK@VERSION, or a path.")],
    as_json: Json = False,
) -> None:
    """Prove what must hold of a pack: the built-in claims, and those of its invariants.yaml.

    Built in: no signal without a required input is approved; a riskier signal never gets a milder
    verdict or a wider cap; every rule can hit, decides some signal, and has no idle comparison.
    Inputs that can turn an objection into an approval when left out are noted.

    Exit code 0 when all is proved or noted, 1 when anything is refuted or unknown, 2 on any failure.

    Example: trivet prove trading-core
    """
    with plain_failures(USAGE):
        from adapters.cli import proof_words as words  # noqa: PLC0415
        from engine.invariants import prove as proofs_of  # noqa: PLC0415

        chosen = settings()
        read = named_pack(chosen, pack)
        found = proofs_of(read, _invariants(chosen, pack, read))
    if as_json:
        say_json(words.as_json(read, found))
    else:
        say(words.as_text(read, found))
    raise typer.Exit(0 if found.hold else FAILED)


def named_pack(chosen: Settings, which: str) -> RulePack:
    """A pack by path, by name and version, or the editable text of a name."""
    path = Path(which)
    if path.suffix in {".yaml", ".yml"} or "/" in which:
        return _read(path / "pack.yaml" if path.is_dir() else path)
    if "@" not in which:
        return _read(chosen.rules / which / "pack.yaml")
    from adapters.storage.packs import FrozenPacks  # noqa: PLC0415

    name, version = pack_and_version(which)
    return read_pack(FrozenPacks(chosen.rules).frozen_text(name, version), source=which)


def _invariants(chosen: Settings, which: str, pack: RulePack) -> "Invariants | None":
    """The invariants beside the pack's text; for a released version those its name has today."""
    from engine.invariants_reader import read_invariants  # noqa: PLC0415

    folder = chosen.rules / pack.name if "@" in which and "/" not in which else Path(pack.source).parent
    path = folder / "invariants.yaml"
    return read_invariants(path.read_text("utf-8"), str(path), pack) if path.exists() else None


def _read(path: Path) -> RulePack:
    try:
        return read_file(path)
    except OSError as error:
        raise FileNotFoundError(f"{path} cannot be read ({error.strerror}); check the name") from error
