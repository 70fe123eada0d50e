"""A day of quotes with seeded faults: each is caught, counted and shown, and what rested on it was rejected.

``python -m tests.flows.faulty_day`` plays the day and writes the table into docs/market-data.md.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.market.inspection.inspection import Inspection
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from adapters.wiring.house import House, build_house
from adapters.wiring.house_apis import house_apis
from adapters.wiring.inspecting import intake_of
from adapters.wiring.parts import Recording, read_recording
from policy.api import create_app
from policy.contracts import Decision, ReasoningMemo, SignalCandidate
from policy.ports import derived_id
from policy.proposal import proposal_of_signal
from tests.flows.faulty_feed import STRETCHES, SYMBOLS, FaultyFeed, Stretch, at
from tests.policy.parts import serving

STALE = "trading-core/stale-data"
PAGE = Path("docs/market-data.md")
BEGIN, END = "<!-- begin: faulty day -->", "<!-- end: faulty day -->"
NOTE = "checked with the exchange's own page"
_RULES = Path(__file__).parents[2] / "rules"


@dataclass
class FaultyDay:
    """The day as it went: what was seeded, what the API told afterwards, what was decided when."""

    in_stretches: Counter[tuple[str, str]] = field(default_factory=Counter)
    singles: Counter[tuple[str, str]] = field(default_factory=Counter)
    quotes: int = 0
    feed: dict[str, Any] = field(default_factory=dict)
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    accepted: dict[str, Any] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    decisions: dict[tuple[Stretch, str], Decision] = field(default_factory=dict)

    def seeded(self) -> Counter[tuple[str, str]]:
        """How often which fault was delivered, by symbol; "" for one that is called by another name."""
        every = self.in_stretches + self.singles
        return Counter(
            {
                ("" if fault == "unknown-symbol" else symbol, fault): every[symbol, fault]
                for symbol, fault in every
            }
        )

    def caught(self) -> Counter[tuple[str, str]]:
        """How often which fault was in the quarantine, by symbol; "" for symbols that are not followed."""
        return Counter({(row["symbol"] or "", row["fault"]): row["times"] for row in self.quarantine})


def moments(stretch: Stretch) -> dict[str, datetime]:
    """When signals on its symbol come: with fresh quotes, at the end of the stretch, and with fresh ones."""
    return {
        "before": stretch.begins - timedelta(seconds=10),
        "during": stretch.ends - timedelta(seconds=10),
        "after": stretch.ends + timedelta(seconds=10),
    }


def play(recording: Recording, folder: Path) -> FaultyDay:
    """Deliver the whole day to a house of its own below ``folder``."""
    day = FaultyDay()
    with _house(recording, folder) as (house, api):
        feed, due = FaultyFeed(recording.tape), _due()
        for now, raws in feed.deliveries():
            while due and due[0][0] < now:
                moment, name, stretch = due.pop(0)
                _stand_at(house, moment)
                day.decisions[stretch, name] = _decide(house, stretch.symbol, len(day.decisions))
                if (stretch.fault, name) == ("jump", "during"):
                    house.intake.settle()
                    _accept(day, api)
            _stand_at(house, now)
            house.board.put(house.intake.quotes(raws))
            if now.second == 0:
                house.intake.settle()
            day.quotes += len(raws)
        house.intake.settle()
        day.in_stretches, day.singles = feed.in_stretches, feed.singles
        day.feed = api.get("/v1/market/feed").json()
        day.quarantine = api.get("/v1/market/quarantine", params={"limit": 500}).json()["items"]
    return day


def _due() -> list[tuple[datetime, str, Stretch]]:
    """Every signal of the day by its time; after the close there are none."""
    signals = [
        (moment, name, stretch)
        for stretch in STRETCHES
        for name, moment in moments(stretch).items()
        if moment < at(16)
    ]
    return sorted(signals, key=lambda one: one[0])


@contextmanager
def _house(recording: Recording, folder: Path) -> Iterator[tuple[House, httpx.Client]]:
    """A house before the open, whose intake takes the scripted feed, and its API."""
    settings = Settings(home=folder, rules=_RULES)
    store = open_store(f"sqlite:///{folder / 'trivet.sqlite3'}")
    house = build_house(settings, store, FrozenPacks(_RULES), recording, at(9, 30).astimezone(UTC), None)
    inspection = Inspection(SYMBOLS, recording.calendar, jump=settings.quote_jump)
    inspection.recall(bars=recording.tape.last_bars_before(at(9, 30)))
    house = replace(house, intake=intake_of("scripted", inspection, store, house.clock))
    house.policy.start()
    try:
        with serving(create_app(house.policy, house_apis(house, settings))) as api:
            yield house, api
    finally:
        house.stop()
        store.dispose()


def _stand_at(house: House, now: datetime) -> None:
    house.clock.jump(now.astimezone(UTC))


def _decide(house: House, symbol: str, number: int) -> Decision:
    """What the house's rules say of a small purchase of ``symbol`` now."""
    now = house.clock.now()
    signal = SignalCandidate(
        signal_id=derived_id("signal", "faulty-day", number),
        symbol=symbol,
        candidate_action="BUY",
        confidence=0.9,
        size_pct=0.004,
        strategy="faulty-day",
        model_version="1",
        stop_distance_pct=0.01,
        created_at=now,
    )
    measured = house.policy.reviews.contexts.measure(symbol, now, "BUY")
    memo = ReasoningMemo(signal_id=signal.signal_id, status="SKIPPED")
    [decision] = house.policy.evaluation.evaluate_batch([proposal_of_signal(signal, measured, memo)])
    assert isinstance(decision, Decision), decision
    return decision


def _accept(day: FaultyDay, api: httpx.Client) -> None:
    """A person looks at what is held and accepts the level that is shown."""
    [day.held] = [line for line in api.get("/v1/market/feed").json()["items"] if line["held"]]
    body = {"symbol": day.held["symbol"], "level": day.held["held"]["level"], "note": NOTE, "by": "olga"}
    answer = api.post("/v1/market/accept", json=body)
    assert answer.status_code == 200, answer.text
    day.accepted = answer.json()


def table(day: FaultyDay) -> str:
    """A line for each stretch, then one for the faults of single quotes."""
    caught = day.caught()
    lines = [
        "| New York | symbol | all its quotes | fault | seeded | caught | before | at its end | after |",
        "|---|---|---|---|---:|---:|---|---|---|",
    ]
    for stretch in STRETCHES:
        seeded = day.in_stretches[stretch.symbol, stretch.fault]
        followed = "" if stretch.fault == "unknown-symbol" else stretch.symbol
        found = caught[followed, stretch.fault] - day.singles[stretch.symbol, stretch.fault]
        words = [_verdict(day, stretch, name) for name in ("before", "during", "after")]
        span = f"{stretch.begins:%H:%M} to {stretch.ends:%H:%M}"
        cells = (span, stretch.symbol, stretch.told, f"`{stretch.fault}`", seeded, found, *words)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _verdict(day: FaultyDay, stretch: Stretch, name: str) -> str:
    decision = day.decisions.get((stretch, name))
    if decision is None:
        return "closed"
    is_stale = any(reason.rule == STALE for reason in decision.reasons)
    return f"{decision.decision}, `stale-data`" if is_stale else decision.decision


def summary(day: FaultyDay) -> str:
    """The day in one sentence."""
    seeded, caught, singles = day.seeded().total(), day.caught().total(), day.singles.total()
    let_in = sum(line["accepted"] for line in day.feed["items"])
    return (
        f"Of {day.quotes} quotes {seeded} had a fault, {caught} were put aside, and {let_in} were let in. "
        f"Outside these stretches every 97th quote of each symbol had a fault of its own, {singles} in all; "
        "nothing followed from them, since a sound one came 20 s later."
    )


def main() -> None:
    """Play the day and write its table into the page."""
    with tempfile.TemporaryDirectory() as folder:
        day = play(read_recording(Settings(rules=_RULES)), Path(folder))
    made = f"{BEGIN}\n\n{table(day)}\n\n{summary(day)}\n\n{END}"
    print(made)
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{made}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
