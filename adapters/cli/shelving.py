"""Commands about what is in force: activate, rollback, packs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from adapters.cli.packs import Json, pack_and_version
from adapters.cli.speech import FAILED, account_name, plain_failures, say, say_json, settings_of_store
from adapters.release import read_lock
from adapters.wiring.refusal import Refused
from policy.contracts import PackSet, utc_text

if TYPE_CHECKING:
    from adapters.settings import Settings
    from policy.guards import ShelfChange
    from policy.shelf import Shelf

SETS: tuple[PackSet, ...] = ("callers", "house")
For = Annotated[
    Literal["callers", "house", "both"] | None,
    typer.Option("--for", help="Whose signals it judges: callers' requests, the house's own, or both."),
]
Confirm = Annotated[
    bool, typer.Option("--confirm", help="Let through what is stopped now; recorded under your name.")
]


_COMPARED = {
    "looser": ", looser than before",
    "stricter": ", stricter than before",
    "incomparable": ", looser and stricter than before",
    "unknown": ", not known to be as strict as before",
}


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(activate)
    app.command()(rollback)
    group = typer.Typer(name="packs", invoke_without_command=True)
    group.callback()(packs)
    group.command()(shadow)
    app.add_typer(group)


def activate(
    version: Annotated[str, typer.Argument(metavar="PACK@VERSION", help="A released version.")],
    for_: For = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Beside the active ones; it never counts.")
    ] = False,
    confirm: Confirm = False,
) -> None:
    """Put a released version in force; the next decision is made by it, in running services too.

    Without --for it takes the place of the pack where it is in force already, and joins both sets
    when it is new. The difference to what is in force is proved first and recorded with the
    activation; a version that loosens anything, or of which that is unknown, needs --confirm.
    A shadow ends when its version is put in force, or when the active one is put in shadow.

    Example: trivet activate trading-core@1.1.0 --for callers
    """
    name, number = pack_and_version(version)
    with _failures():
        from adapters.wiring.store import open_shelf  # noqa: PLC0415

        with open_shelf(_for_one(confirm)) as shelf:
            sets = _sets(for_) if for_ else _sets_with(name, shelf) or SETS
            who = account_name()
            changes = shelf.activate(
                name, number, sets, by=who, shadow=shadow, confirmed_by=who if confirm else None
            )
            how = _how(shelf, name, number) if shadow else "is in force"
        say(f"{name}@{number} {how} for {' and '.join(sets)}")
        _tell(changes)


def rollback(
    pack: Annotated[str, typer.Argument(help="Name of the pack.")], for_: For = None, confirm: Confirm = False
) -> None:
    """Put back the version that was in force before; like any other change, if it loosens nothing.

    Example: trivet rollback trading-core --confirm
    """
    with _failures():
        from adapters.wiring.store import open_shelf  # noqa: PLC0415

        who = account_name()
        with open_shelf(_for_one(confirm)) as shelf:
            changes = shelf.rollback(pack, by=who, sets=_sets(for_), confirmed_by=who if confirm else None)
        for one in changes:
            say(f"{one.pack}@{one.version} is in force again for {one.pack_set}")
        _tell(changes)


def packs(context: typer.Context, as_json: Json = False) -> None:
    """List released versions and what is in force for whom, since when and by whom.

    Example: trivet packs --json
    """
    if context.invoked_subcommand is not None:
        return
    with plain_failures():
        from adapters.wiring.store import open_shelf  # noqa: PLC0415

        chosen = settings_of_store()
        with open_shelf(chosen) as shelf:
            active = [_activation(row) for row in shelf.standing()]
        released = {
            name: list(versions) for name, versions in read_lock(chosen.rules).get("packs", {}).items()
        }
        if as_json:
            say_json({"active": active, "released": released})
            return
        for row in active:
            say(_active_line(row))
        for name, versions in released.items():
            say(f"{name} released: {', '.join(versions)}")


def shadow(
    sample: Annotated[int, typer.Option("--sample", min=0, help="How many signals to show of each.")] = 5,
    as_json: Json = False,
) -> None:
    """Compare the packs in shadow with the active ones, over the signals that both have judged.

    Example: trivet packs shadow --sample 10
    """
    with plain_failures():
        from adapters.cli import shadow_words as words  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415
        from policy.shadow_report import compared  # noqa: PLC0415

        with store_of(settings_of_store()) as store:
            found = compared(store, sample)
    if as_json:
        say_json({"shadows": [words.as_json(one) for one in found]})
        return
    say("\n\n".join(map(words.as_text, found)) or "no pack in shadow has judged a signal yet")


@contextmanager
def _failures() -> Iterator[None]:
    """As every command; and what was refused is said with a signal that shows why."""
    from policy.guards import ActivationRefused  # noqa: PLC0415
    from policy.shelf import NoVersionBefore  # noqa: PLC0415

    try:
        with plain_failures():
            yield
    except NoVersionBefore as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error
    except ActivationRefused as refused:
        typer.echo(str(refused), err=True)
        for change in refused.changes:
            typer.echo("\n".join(_why(change)), err=True)
        if refused.changes:
            typer.echo("if that is what you want, repeat the command with --confirm", err=True)
        raise typer.Exit(FAILED) from refused


def _for_one(confirm: bool) -> "Settings":
    """The settings, unless one person wants to confirm alone where people are known by their keys."""
    chosen = settings_of_store()
    if confirm and chosen.auth == "required":
        raise Refused(
            "TRIVET_AUTH=required: what loosens is confirmed by a second person's key; propose it with "
            "POST /v1/policy/packs/PACK/VERSION/activate and let the other confirm"
        )
    return chosen


def _why(change: "ShelfChange") -> Iterator[str]:
    """What a change lets through, each with a signal; or why that is not known."""
    from adapters.cli.difference_words import changed_facts  # noqa: PLC0415

    head = f"  for {change.pack_set}"
    if change.found is None:
        yield f"{head}: {change.note}"
        return
    looser = [
        (f"{one.before.name} -> {one.after.name}", one.moved)
        for one in change.found.transitions
        if one.looser
    ]
    looser += [("more size", cap.moved) for cap in change.found.caps if cap.move == "larger"]
    for what, moved in looser:
        if moved.answer.facts is not None:
            yield f"{head}: {what}: {changed_facts(moved.answer.facts, change.found.start)}"
    before, after = change.found.ttl_seconds
    if after > before:
        yield f"{head}: approvals live {after} s instead of {before} s"
    if change.verdict == "unknown":
        yield f"{head}: the solver gave up on some questions"


def _how(shelf: "Shelf", pack: str, version: str) -> str:
    """What became of a version that was to run in shadow."""
    shadows = [(row.pack, row.version) for row in shelf.standing() if row.shadow]
    return "runs in shadow" if (pack, version) in shadows else "is active, so no shadow of it runs,"


def _tell(changes: "Sequence[ShelfChange]") -> None:
    for one in changes:
        say(f"  for {one.pack_set}: {one.verdict}{f' ({one.note})' if one.note else ''}")


def _activation(row: Any) -> dict[str, Any]:
    since = utc_text(row.activated_at)
    return {
        "pack": row.pack, "version": row.version, "for": row.pack_set,
        "shadow": row.shadow, "since": since, "by": row.activated_by,
        "difference": None if row.difference is None else row.difference["verdict"],
        "confirmed_by": row.confirmed_by,
    }  # fmt: skip


def _active_line(row: dict[str, Any]) -> str:
    where = f"{' in shadow' if row['shadow'] else ''} for {row['for']}"
    changed = _COMPARED.get(row["difference"], "")
    confirmed = f", confirmed by {row['confirmed_by']}" if row["confirmed_by"] else ""
    return f"{row['pack']}@{row['version']}{where} since {row['since']} by {row['by']}{changed}{confirmed}"


def _sets(word: str | None) -> tuple[PackSet, ...]:
    """The sets that ``--for`` names; all of them without it."""
    named: dict[str | None, tuple[PackSet, ...]] = {"callers": ("callers",), "house": ("house",)}
    return named.get(word, SETS)


def _sets_with(pack: str, shelf: "Shelf") -> tuple[PackSet, ...]:
    """The sets in which ``pack`` is in force in some version."""
    return tuple(row.pack_set for row in shelf.standing() if row.pack == pack and not row.shadow)
