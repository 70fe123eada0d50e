"""Commands about rule packs: check, release, activate, rollback, packs."""

import getpass
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings
from adapters.release import read_file, read_lock
from adapters.release import release as release_pack
from engine import PackProblems, RulePack, review_pack, run_cases
from engine.problems import Problem
from policy.contracts import PackSet, utc_text

if TYPE_CHECKING:
    from policy.shelf import Shelf

SETS: tuple[PackSet, ...] = ("callers", "house")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
For = Annotated[
    Literal["callers", "house", "both"] | None,
    typer.Option("--for", help="Whose signals it judges: callers' requests, the house's own, or both."),
]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(check)
    app.command()(release)
    app.command()(activate)
    app.command()(rollback)
    app.command()(packs)


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Pack files or folders; all packs without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read packs, run their cases, and print every problem with its place.

    Exit code 1 on any error, 0 otherwise; warnings do not fail.

    Example: trivet check rules/trading-core
    """
    files = list(_pack_files(paths or [settings().rules]))
    if not files:
        say("there is no pack.yaml below " + ", ".join(map(str, paths or [settings().rules])))
        raise typer.Exit(USAGE)
    reports = [_report(path) for path in files]
    problems = [problem for _, _, found in reports for problem in found]
    if as_json:
        say_json(
            {"problems": [asdict(problem) for problem in problems], "packs": [_counts(*r) for r in reports]}
        )
    else:
        _print_reports(reports)
    raise typer.Exit(FAILED if any(problem.severity == "error" for problem in problems) else 0)


Report = tuple[Path, RulePack | None, list[Problem]]


def _pack_files(paths: Iterable[Path]) -> Iterable[Path]:
    """A file is itself, a pack's folder its pack.yaml, any other folder every pack below it."""
    for path in paths:
        if (path / "pack.yaml").is_file():
            yield path / "pack.yaml"
        elif path.is_dir():
            yield from sorted(path.glob("*/pack.yaml"))
        else:
            yield path


def _report(path: Path) -> Report:
    try:
        pack = read_file(path)
    except PackProblems as problems:
        return path, None, list(problems.problems)
    except OSError as error:
        text = f"cannot be read: {error.strerror}; check the path"
        return path, None, [Problem(str(path), 1, 1, "P100", text)]
    return path, pack, review_pack(pack)


def _counts(path: Path, pack: RulePack | None, problems: list[Problem]) -> dict[str, Any]:
    name = {"pack": pack.name, "version": pack.version} if pack else {}
    cases = len(run_cases(pack)) if pack else 0
    rules = len(pack.rules) if pack else 0
    return {"path": str(path), **name, "rules": rules, "cases": cases, "problems": len(problems)}


def _print_reports(reports: list[Report]) -> None:
    for path, pack, problems in reports:
        for problem in problems:
            say(str(problem))
        counts = _counts(path, pack, problems)
        words = f"{counts['rules']} rules, {counts['cases']} cases" if pack else "cannot be read"
        say(f"{path}: {words}, {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")


def release(pack: Annotated[str, typer.Argument(help="Name of the pack, its folder below rules.")]) -> None:
    """Freeze the edited text of a pack under its version, for ever, and note its hashes in the lock.

    Refused while the pack has errors, when a case fails, and when the version does not say what moved.

    Example: trivet release trading-core
    """
    with plain_failures():
        done = release_pack(settings().rules, pack)
        say(f"released {done.pack}@{done.version}: {done.path}")
        say(f"  logic {done.logic}\n  text  {done.text}")
        say(f"put it in force with: trivet activate {done.pack}@{done.version}")


def activate(
    version: Annotated[str, typer.Argument(metavar="PACK@VERSION", help="A released version.")],
    for_: For = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Beside the active ones; it never counts.")
    ] = False,
    _confirm: Annotated[
        bool, typer.Option("--confirm", help="For scripts; nothing asks for it yet.")
    ] = False,
) -> None:
    """Put a released version in force; the next decision is made by it, in running services too.

    Without --for it takes the place of the pack where it is in force already, and joins both sets
    when it is new.

    Example: trivet activate trading-core@1.1.0 --for callers
    """
    name, number = pack_and_version(version)
    with plain_failures():
        from adapters.wiring.store import open_shelf  # noqa: PLC0415

        with open_shelf(settings()) as shelf:
            sets = _sets(for_) if for_ else _sets_with(name, shelf) or SETS
            shelf.activate(name, number, sets, by=_who(), shadow=shadow)
        how = "runs in shadow" if shadow else "is in force"
        say(f"{name}@{number} {how} for {' and '.join(sets)}")


def rollback(pack: Annotated[str, typer.Argument(help="Name of the pack.")], for_: For = None) -> None:
    """Put back the version that was in force before.

    Example: trivet rollback trading-core
    """
    from policy.shelf import NoVersionBefore  # noqa: PLC0415

    with plain_failures():
        from adapters.wiring.store import open_shelf  # noqa: PLC0415

        try:
            with open_shelf(settings()) as shelf:
                for which, version in shelf.rollback(pack, by=_who(), sets=_sets(for_)):
                    say(f"{pack}@{version} is in force again for {which}")
        except NoVersionBefore as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(FAILED) from error


def packs(as_json: Json = False) -> None:
    """List released versions and what is in force for whom, since when and by whom.

    Example: trivet packs --json
    """
    with plain_failures():
        from adapters.wiring.store import open_shelf  # noqa: PLC0415

        chosen = settings()
        with open_shelf(chosen) as shelf:
            active = [_activation(row) for row in shelf.standing()]
        released = {
            name: list(versions) for name, versions in read_lock(chosen.rules).get("packs", {}).items()
        }
        if as_json:
            say_json({"active": active, "released": released})
            return
        for row in active:
            shadow = " in shadow" if row["shadow"] else ""
            say(
                f"{row['pack']}@{row['version']}{shadow} for {row['for']} since {row['since']} by {row['by']}"
            )
        for name, versions in released.items():
            say(f"{name} released: {', '.join(versions)}")


def _activation(row: Any) -> dict[str, Any]:
    since = utc_text(row.activated_at)
    return {
        "pack": row.pack, "version": row.version, "for": row.pack_set,
        "shadow": row.shadow, "since": since, "by": row.activated_by,
    }  # fmt: skip


def pack_and_version(text: str) -> tuple[str, str]:
    """``PACK@VERSION`` in its two parts."""
    name, _, number = text.partition("@")
    if not name or not number:
        raise typer.BadParameter(f"'{text}' names no version; write it as {name or 'trading-core'}@1.0.0")
    return name, number


def _sets(word: str | None) -> tuple[PackSet, ...]:
    """The sets that ``--for`` names; all of them without it."""
    named: dict[str | None, tuple[PackSet, ...]] = {"callers": ("callers",), "house": ("house",)}
    return named.get(word, SETS)


def _sets_with(pack: str, shelf: "Shelf") -> tuple[PackSet, ...]:
    """The sets in which ``pack`` is in force in some version."""
    return tuple(row.pack_set for row in shelf.standing() if row.pack == pack and not row.shadow)


def _who() -> str:
    """Who is at the terminal, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
