"""Commands about the text of rule packs: check, release."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings
from adapters.release import read_file
from adapters.release import release as release_pack
from engine import PackProblems, RulePack, review_pack, run_cases
from engine.problems import Problem

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(check)
    app.command()(release)


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Pack files or folders; all packs without.")
    ] = None,
    as_json: Json = False,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out what the solver proves.")] = False,
) -> None:
    """Read packs, run their cases, prove what is quickly proved, and print every problem with its place.

    Proved: every rule can hit, every comparison can be true and can be false within the declared
    ranges, and no signal without a required input is approved; for more there is `trivet prove`.

    Exit code 1 on any error, 0 otherwise; warnings do not fail.

    Example: trivet check rules/trading-core
    """
    files = list(_pack_files(paths or [settings().rules]))
    if not files:
        say("there is no pack.yaml below " + ", ".join(map(str, paths or [settings().rules])))
        raise typer.Exit(USAGE)
    with plain_failures():
        reports = [_report(path, fast) for path in files]
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


def _report(path: Path, fast: bool) -> Report:
    try:
        pack = read_file(path)
    except PackProblems as problems:
        return path, None, list(problems.problems)
    except OSError as error:
        text = f"cannot be read: {error.strerror}; check the path"
        return path, None, [Problem(str(path), 1, 1, "P100", text)]
    return path, pack, sorted([*review_pack(pack), *([] if fast else _disproved(pack))])


def _disproved(pack: RulePack) -> list[Problem]:
    from engine.review_proofs import review_proofs  # noqa: PLC0415

    return review_proofs(pack)


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


def release(
    pack: Annotated[str, typer.Argument(help="Name of the pack, its folder below rules.")],
    accept_unknown: Annotated[
        bool,
        typer.Option("--accept-unknown", help="Release although the solver gave up on some claims; noted."),
    ] = False,
) -> None:
    """Freeze the edited text of a pack under its version, for ever, and note its hashes in the lock.

    Refused while the pack has errors, when a case fails, when a claim of `trivet prove` does not hold,
    and when the version does not say what moved: patch for words, minor when some verdict may
    change, major when the inputs do.

    Example: trivet release trading-core
    """
    with plain_failures():
        done = release_pack(settings().rules, pack, accept_unknown=accept_unknown)
        say(f"released {done.pack}@{done.version}: {done.path}")
        say(f"  logic {done.logic}\n  text  {done.text}")
        say(f"put it in force with: trivet activate {done.pack}@{done.version}")


def pack_and_version(text: str) -> tuple[str, str]:
    """``PACK@VERSION`` in its two parts."""
    name, _, number = text.partition("@")
    if not name or not number:
        raise typer.BadParameter(f"'{text}' names no version; write it as {name or 'trading-core'}@1.0.0")
    return name, number
