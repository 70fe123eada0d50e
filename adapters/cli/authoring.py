"""Commands for whoever writes rules: explain, new-rule, test, schema."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from adapters.cli.packs import Json
from adapters.cli.proving import named_pack
from adapters.cli.speech import FAILED, plain_failures, say, say_json, settings
from adapters.release import read_file, write_whole
from engine import Rule, RulePack, Verdict
from engine.problems import did_you_mean


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(explain)
    app.command("new-rule")(new_rule)
    app.command("test")(try_cases)
    app.command()(schema)


def explain(
    which: Annotated[str, typer.Argument(metavar="PACK[/RULE]", help="A pack, or one of its rules.")],
    as_json: Json = False,
) -> None:
    """Say in words what a pack or a rule reads, objects to and tells, its limits, history and cases.

    Example: trivet explain trading-core/stale-data
    """
    from adapters.packs import explain as words  # noqa: PLC0415
    from adapters.packs.history import released_packs  # noqa: PLC0415

    name, _, rule_id = which.partition("/")
    with plain_failures():
        pack = _editable(name)
        released = released_packs(settings().rules, name)
    if not rule_id:
        shown = words.pack_as_json(pack, released) if as_json else words.pack_in_words(pack, released)
    else:
        rule = _rule(pack, rule_id)
        tell = words.rule_as_json if as_json else words.rule_in_words
        shown = tell(pack, rule, released)
    say(shown) if isinstance(shown, str) else say_json(shown)


def new_rule(
    which: Annotated[
        str, typer.Argument(metavar="PACK[/RULE]", help="The pack, and the new rule's id; new-rule without.")
    ],
    reads: Annotated[str | None, typer.Option("--reads", metavar="INPUT", help="The input it reads.")] = None,
    then: Annotated[Literal["REVIEW", "REJECT"], typer.Option("--then", help="Its verdict.")] = "REVIEW",
) -> None:
    """Add a commented rule with cases that hold to a pack, for its author to go on from.

    Every other character of the file stays. An id that any version of the pack ever had is refused.

    Example: trivet new-rule trading-core/too-exposed --reads portfolio_context.gross_exposure_pct
    """
    from adapters.packs.history import ids_ever_used, released_packs  # noqa: PLC0415
    from adapters.packs.new_rule import EditRefused, with_new_rule  # noqa: PLC0415

    name, _, rule_id = which.partition("/")
    with plain_failures():
        pack = _editable(name)
        used = ids_ever_used(released_packs(settings().rules, name))
    try:
        text, draft = with_new_rule(pack, used, rule_id or None, reads, Verdict[then])
    except EditRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(FAILED) from refused
    write_whole(Path(pack.source), text)
    line = 1 + text.split("\n").index(next(one for one in text.split("\n") if f"- id: {draft.id}" in one))
    say(f"added {pack.name}/{draft.id}: {pack.source}:{line}")
    say(f"change it to what you mean, then: trivet check {Path(pack.source).parent}")


def try_cases(
    pack: Annotated[
        str, typer.Argument(metavar="PACK", help="PACK (its editable text), PACK@VERSION, or a path.")
    ],
    as_json: Json = False,
) -> None:
    """Run a pack's cases, generate more, and say what they show and which mutants nobody notices.

    A leaf of a condition is shown when some case lets it decide by being true, and some by being
    false. A mutant is a rule with one wrong turn in it: an operator, a limit, a word, a verdict.

    Exit code 1 when a case fails or a mutant survives that is not proved to change nothing.

    Example: trivet test trading-core
    """
    from adapters.packs import coverage_words as words  # noqa: PLC0415
    from engine.coverage import coverage_of  # noqa: PLC0415

    with plain_failures():
        read = named_pack(settings(), pack)
    found = coverage_of(read)
    survivors = {one.rule: words.survivors_of(read, one) for one in found.rules}
    if as_json:
        say_json(words.as_json(read, found, survivors))
    else:
        say(words.as_text(read, found, survivors))
    fails = any(one.problem for one in found.results) or any(one.open for one in survivors.values())
    raise typer.Exit(FAILED if fails else 0)


def schema(
    write: Annotated[
        bool, typer.Option("--write", help="Write it to rule-pack.schema.json among the packs.")
    ] = False,
) -> None:
    """Print the JSON Schema of packs, which gives editors completion, hover texts and errors.

    Example: trivet schema --write
    """
    from adapters.packs.schema_file import schema_text, write_schema  # noqa: PLC0415

    with plain_failures():
        if write:
            say(f"wrote {write_schema(settings().rules)}")
        else:
            typer.echo(schema_text(), nl=False)


def _editable(name: str) -> RulePack:
    """The editable text of a pack; words for a name that is none."""
    path = settings().rules / name / "pack.yaml"
    if not path.is_file():
        known = sorted(one.parent.name for one in settings().rules.glob("*/pack.yaml"))
        hint = did_you_mean(name, known) or f"; there are {', '.join(known) or 'none'}"
        raise FileNotFoundError(f"there is no pack {name} in {settings().rules}{hint}")
    return read_file(path)


def _rule(pack: RulePack, rule_id: str) -> Rule:
    try:
        return pack.rule(rule_id)
    except KeyError as error:
        known = [rule.id for rule in pack.rules]
        hint = did_you_mean(rule_id, known) or f"; it has {', '.join(known)}"
        typer.echo(f"{pack.name} has no rule {rule_id}{hint}", err=True)
        raise typer.Exit(FAILED) from error
