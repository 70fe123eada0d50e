"""Commands about what others announce: news list, news check, blackouts."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, USAGE, plain_failures, printable, say, say_json, settings_of_store

if TYPE_CHECKING:
    from adapters.market.blackouts import Window
    from adapters.news.arrival import Unread
    from adapters.news.desk import Reading
    from adapters.settings import Settings

At = Annotated[
    str | None, typer.Option("--at", help="As of when, such as 2012-06-04T14:30:00Z; else the house's time.")
]
_AHEAD = timedelta(days=60)
_FIRST_YEAR, _LAST_YEAR = 1990, 2099


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    news = typer.Typer(name="news", no_args_is_help=True, help="News on symbols: untrusted text, all of it.")
    news.command(name="list")(list_news)
    news.command()(check)
    app.add_typer(news)
    app.command()(blackouts)


def list_news(
    symbol: Annotated[str, typer.Argument(help="A symbol, such as AAPL.")],
    at: At = None,
    as_json: Json = False,
) -> None:
    """List what had been published on a symbol by a moment, ranked, each story once.

    Example: trivet news list AAPL --at 2012-06-04T14:30:00Z
    """
    with plain_failures(USAGE):
        chosen = settings_of_store()
        reading = _reading(chosen, _symbol(symbol), _moment(at, chosen))
    if as_json:
        say_json(_told(reading))
        return
    for story in reading.stories:
        item = story.first.item
        again = f"  (told again {len(story.repeats)} times)" if story.repeats else ""
        say(f"{item.at:%Y-%m-%d %H:%M}  {printable(item.source)}: {printable(item.headline)}{again}")
    beyond = f"; {reading.beyond} more had no room" if reading.beyond else ""
    told = f"{reading.symbol} in seven days: stories {len(reading.stories)}"
    say(f"{told}, told again {reading.repeats}{beyond}")


def check(
    folder: Annotated[Path, typer.Argument(help="A folder with .jsonl, .yaml or .json files.")],
    as_json: Json = False,
) -> None:
    """Read a folder of news as the house does; exit 1 with every item that cannot be read.

    Example: trivet news check adapters/news/scenario
    """
    with plain_failures(USAGE):
        from adapters.market.symbols import house_symbol  # noqa: PLC0415
        from adapters.news.folder import FolderMissing, read_folder  # noqa: PLC0415
        from adapters.news.mentions import read_mentions  # noqa: PLC0415
        from adapters.wiring.refusal import Refused  # noqa: PLC0415

        try:
            gathered = read_folder(folder, read_mentions(house_symbol))
        except FolderMissing as missing:
            raise Refused(str(missing)) from missing
    without = sum(1 for one in gathered.arrivals if not one.item.symbols)
    if as_json:
        unread = [_unread(one) for one in gathered.unread]
        say_json({"items": len(gathered.arrivals), "without_symbol": without, "unread": unread})
    else:
        for one in gathered.unread:
            say(printable(str(one)))
        say(f"{len(gathered.arrivals)} items, {without} of no symbol, {len(gathered.unread)} unread")
    raise typer.Exit(FAILED if gathered.unread else 0)


def blackouts(
    symbol: Annotated[str | None, typer.Argument(help="A symbol; without it, every one's windows.")] = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Show the announced events of the next sixty days, and whether one holds a symbol now.

    Example: trivet blackouts AAPL --at 2012-06-20T15:00:00Z
    """
    with plain_failures(USAGE):
        from adapters.market.overrides_file import read_calendar  # noqa: PLC0415
        from adapters.wiring.blackouts import read_blackouts  # noqa: PLC0415

        chosen = settings_of_store()
        calendar = read_calendar(chosen.calendar_overrides)
        moment, form = _moment(at, chosen), _symbol(symbol) if symbol is not None else None
        every = read_blackouts(chosen, calendar)
        active = every.active(form, moment) if form is not None else None
        windows = every.between(moment.date(), (moment + _AHEAD).date(), calendar, form)
    if as_json:
        covered = every.days.last.isoformat()
        say_json({"active": active, "covered_to": covered, "items": [_window(one) for one in windows]})
        return
    if form is not None:
        say(_standing(form, moment, active, every.days.last))
    for one in windows:
        say(f"{one.starts:%Y-%m-%d %H:%M} to {one.ends:%Y-%m-%d %H:%M}  {one.symbol or 'all':<6}  {one.what}")
    say(f"{len(windows)} windows from {moment:%Y-%m-%d} on; the committee's are known to {every.days.last}")


def _standing(symbol: str, at: datetime, active: bool | None, last: date) -> str:
    if active is None:
        return f"{symbol}: nobody can say for {at:%Y-%m-%d}; the list of events ends on {last}"
    return f"{symbol}: {'a blackout holds it' if active else 'no blackout'} at {at:%Y-%m-%d %H:%M} UTC"


def _reading(chosen: "Settings", symbol: str, at: datetime) -> "Reading":
    from adapters.wiring.news import live_news, played_news  # noqa: PLC0415
    from adapters.wiring.store import clock_of, store_of  # noqa: PLC0415

    if chosen.market == "played":
        return played_news(chosen).reading(symbol, at)
    with store_of(chosen) as store:
        return live_news(chosen, store, clock_of(store)).desk.reading(symbol, at)


def _moment(stated: str | None, chosen: "Settings") -> datetime:
    """The time stated, or the house's own; a store that is not there yet is not made for a look."""
    from adapters.settings import STORE_FILE  # noqa: PLC0415
    from adapters.wiring.refusal import Refused  # noqa: PLC0415
    from adapters.wiring.store import clock_of, store_of  # noqa: PLC0415

    if stated is None and chosen.database_url is None and not (chosen.home / STORE_FILE).exists():
        raise Refused("there is no house whose time could be meant; say when with --at 2012-06-04T14:30:00Z")
    if stated is None:
        with store_of(chosen) as store:
            return clock_of(store).now()
    try:
        at = datetime.fromisoformat(stated)
    except ValueError:
        raise Refused(f'"{stated}" is no time; write one like 2012-06-04T14:30:00Z') from None
    if at.tzinfo is None:
        raise Refused(f'"{stated}" has no time zone; end it with Z for UTC')
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise Refused(f"nothing is known of {at.year}; ask for {_FIRST_YEAR} to {_LAST_YEAR}")
    return at.astimezone(UTC)


def _symbol(stated: str) -> str:
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415
    from adapters.wiring.refusal import Refused  # noqa: PLC0415

    try:
        return house_symbol(stated)
    except NoSymbol as error:
        raise Refused(str(error)) from error


def _told(reading: "Reading") -> dict[str, Any]:
    return {
        "symbol": reading.symbol,
        "as_of": reading.as_of.isoformat(),
        "items": [
            {**story.first.item.model_dump(mode="json"), "told_again": len(story.repeats)}
            for story in reading.stories
        ],
        "repeats": reading.repeats,
        "beyond": reading.beyond,
    }


def _unread(one: "Unread") -> dict[str, str]:
    return {"place": one.place, "code": one.code, "text": one.text}


def _window(one: "Window") -> dict[str, Any]:
    starts, ends = one.starts.isoformat(), one.ends.isoformat()
    return {"what": one.what, "symbol": one.symbol, "starts": starts, "ends": ends, "told_by": one.told_by}
