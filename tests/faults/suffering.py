"""A house plays on real servers while one fault after another strikes; what came of it is told as a table."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from adapters.market.calendar import TradingCalendar
from adapters.settings import Settings
from adapters.storage.database import connect
from adapters.wiring.journey import Plan, journey
from adapters.wiring.summary import standing_of, summarise
from tests.faults.faults import Fault, World, await_, faults
from tests.faults.promises import broken
from tests.flows.apart import apart
from tests.servers import own_nats, own_postgres, own_redis
from tests.trivet import PROJECT

FIRST = "2012-05-18"
PATIENCE_SECONDS = 90


@dataclass(frozen=True)
class Row:
    """One fault: when the player stood where, and how long it was until everything went on."""

    fault: str
    at: str
    recovered_seconds: float


@dataclass(frozen=True)
class Suffered:
    """Everything that was done, what was broken in the end, and both sums."""

    rows: list[Row]
    broken: list[str]
    apart: Mapping[str, Any]
    together: Mapping[str, Any]


def suffer(folder: Path, tell: Callable[[Row], None] = lambda row: None) -> Suffered:
    """Play through all faults, and the same days undisturbed in one process; ``tell`` hears each row."""
    rows = []
    with world(folder) as house:
        for name, fault in faults().items():
            rows.append(strike(house, name, fault))
            tell(rows[-1])
        last = play_to_a_close(house)
        found, summed = flaws(house), house.crew.sum()
    return Suffered(rows, found, summed, in_one_process(folder / "one", last))


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Servers of our own, and every service playing on them."""
    postgres, nats, valkey = (
        own(folder / name)
        for own, name in ((own_postgres, "postgres"), (own_nats, "nats"), (own_redis, "valkey"))
    )
    days = ("--from", FIRST, "--speed", "10")
    with postgres, nats, valkey, apart(folder / "up", postgres.url, nats.url, valkey.url, *days) as crew:
        yield World(crew, postgres, nats, valkey)


def strike(house: World, name: str, fault: Fault) -> Row:
    """Let ``fault`` happen and wait until every process is healthy and the player goes on."""
    at = player(house)["time"]
    struck = time.monotonic()
    fault(house)
    await_(house.crew.healthy, PATIENCE_SECONDS, f"everybody healthy after {name}")
    since = standing(house, name)
    await_(lambda: standing(house, name) > since, PATIENCE_SECONDS, f"the player goes on after {name}")
    return Row(name, at, time.monotonic() - struck)


def standing(house: World, name: str) -> str:
    """The player's time; steps are made with everybody's help, so that it moves when all have recovered."""
    now = player(house)
    assert now.get("error") is None, f"after {name}: {now['error']}"
    return now.get("time", "")


def player(house: World) -> dict[str, Any]:
    """What the player says of itself; nothing while it is away."""
    try:
        answer = house.crew.clients["player"].get("/v1/player")
    except httpx.TransportError:
        return {"state": "away"}
    return answer.json() if answer.status_code == httpx.codes.OK else {"state": "away"}


def flaws(house: World) -> list[str]:
    """The promises that the store breaks."""
    store = connect(house.postgres.url)
    try:
        return broken(store)
    finally:
        store.dispose()


def play_to_a_close(house: World) -> date:
    """Stop at the end of a session; returns its day."""
    played = house.crew.clients["player"]
    played.post("/v1/player/pause", json={}).raise_for_status()
    calendar = TradingCalendar()
    while True:
        at = datetime.fromisoformat(house.crew.step()["time"])
        session = calendar.latest_before(at)
        assert session is not None
        if at == session.closes:
            return session.day


def in_one_process(home: Path, last: date) -> dict[str, Any]:
    """The sum of the same days in one process that nobody disturbs."""
    plan = Plan(date.fromisoformat(FIRST), last)
    with journey(Settings(home=home, rules=PROJECT / "rules"), plan, keep="step") as done:
        done.player.play_through()
        return summarise(done.house.store, standing_of(done)).to_json()


def print_row(row: Row) -> None:
    """One line of the table."""
    print(f"| {row.fault} | {row.at} | {row.recovered_seconds:.1f} s |", flush=True)
