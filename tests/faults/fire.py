"""An hour's worth of signals through NATS while a process is killed -9 every few seconds.

``python -m tests.faults.fire [SIGNALS]`` prints what was sent, what was killed, what came of it and how fast;
it exits 1 when a promise is broken.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from sqlalchemy import Engine, func, select

from adapters.execution.tables import orders
from adapters.storage.database import connect
from adapters.wiring.signals import publish
from policy.contracts import SignalCandidate
from policy.ports import derived_id
from policy.store import reading
from policy.tables import outbox, policy_evaluations
from tests.faults.faults import await_
from tests.faults.promises import broken
from tests.flows.apart import Apart, apart
from tests.servers import own_nats, own_postgres, own_redis

AT = datetime(2012, 6, 4, 14, 30, tzinfo=UTC)
SYMBOLS = ("AAPL", "GOOG", "IBM", "MSFT", "FB", "GME")
KILLED = ("policy-1", "policy-2", "execution", "portfolio", "market", "features", "reasoning", "player")
EVERY_SECONDS = 3.0
"""How long everybody is in good health between two kills."""
_TOGETHER = 250
_MOST_WAITING = 2_000
_TRIES = 10
_STEPS = 12
"""Two sessions, in which even the broker's latest words arrive."""


@dataclass
class Fired:
    """What was done and what it came to; seconds count from the first signal."""

    signals: int
    decided_seconds: float = 0.0
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    decisions: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def fire(folder: Path, signals: int) -> Fired:
    """Send ``signals`` into a house whose processes die one after another, and look at what is on record."""
    servers = [
        own(folder / name)
        for own, name in ((own_postgres, "postgres"), (own_nats, "nats"), (own_redis, "valkey"))
    ]
    postgres, nats, valkey = servers
    words = ("--paused", "--at", f"{AT:%Y-%m-%dT%H:%M:%SZ}")
    done, ended = Fired(signals), Event()
    with postgres, nats, valkey, apart(folder / "up", postgres.url, nats.url, valkey.url, *words) as crew:
        store = connect(postgres.url)
        killing = Thread(target=_kill, args=(crew, done, ended))
        started = time.monotonic()
        killing.start()
        try:
            _send(store, signals)
            await_(lambda: _decided(store) >= signals, 1800, "every signal decided")
            done.decided_seconds = time.monotonic() - started
            ended.set()
            killing.join()
            await_(crew.healthy, 60, "everybody back after the last kill")
            for _ in range(_STEPS):
                _step(crew)
            done.seconds = time.monotonic() - started
            _look(store, done)
        finally:
            ended.set()
            store.dispose()
    return done


def _step(crew: Apart) -> None:
    """One step, which is answered when all that was under way has settled; a step that took longer than the
    conductor's patience failed, and is gone on with by stepping again."""
    for _ in range(_TRIES):
        answer = crew.clients["player"].post("/v1/player/step", json={})
        if answer.is_success:
            return
        print(f"again      {answer.json()['detail'][:160]}", flush=True)
    raise AssertionError(f"a step did not settle in {_TRIES} tries")


def candidates(many: int) -> Iterator[SignalCandidate]:
    """Signals of every kind, the same ones each time."""
    dice = random.Random(20120604)
    for number in range(many):
        yield SignalCandidate(
            signal_id=derived_id("fire", number),
            symbol=dice.choice(SYMBOLS),
            candidate_action=dice.choice(("BUY", "BUY", "SELL")),
            confidence=round(dice.uniform(0, 0.62), 3),
            size_pct=round(dice.uniform(0, 0.0005), 6),
            strategy="fire",
            model_version="1",
            created_at=AT,
        )


def _send(store: Engine, signals: int) -> None:
    """As a strategy would, a few together, and never so many that more than a few thousand wait."""
    batch: list[SignalCandidate] = []
    for candidate in candidates(signals):
        batch.append(candidate)
        if len(batch) == _TOGETHER:
            _publish(store, batch)
            batch = []
    _publish(store, batch)


def _publish(store: Engine, batch: list[SignalCandidate]) -> None:
    await_(lambda: _waiting(store) < _MOST_WAITING, 300, "signals are taken from the outbox")
    publish(store, batch)


def _waiting(store: Engine) -> int:
    with reading(store) as connection:
        return connection.scalar(select(func.count()).where(~outbox.c.delivered)) or 0


def _kill(crew: Apart, done: Fired, ended: Event) -> None:
    """End a process as a crash would, wait until it is back, and go on to the next."""
    dice = random.Random(5)
    while not ended.wait(EVERY_SECONDS):
        name = dice.choice(KILLED)
        crew.kill(name)
        done.kills[name] += 1
        while not ended.wait(0.2) and not crew.healthy():
            pass


def _decided(store: Engine) -> int:
    decided = select(func.count()).where(
        policy_evaluations.c.purpose.is_(None), policy_evaluations.c.supersedes.is_(None)
    )
    with reading(store) as connection:
        return connection.scalar(decided) or 0


def _look(store: Engine, done: Fired) -> None:
    verdict, shown = policy_evaluations.c.verdict, orders.c.shown
    with reading(store) as connection:
        made = select(verdict, func.count()).where(policy_evaluations.c.purpose.is_(None)).group_by(verdict)
        done.decisions = _pairs(connection.execute(made))
        ended = select(shown, func.count()).group_by(shown)
        done.orders = _pairs(connection.execute(ended))
    done.broken = broken(store)


def _pairs(rows: Iterable[Any]) -> dict[str, int]:
    return {name: number for name, number in rows}  # noqa: C416 - rows are no tuples to the type checker


def main(signals: int) -> None:
    """Print what came of it."""
    with TemporaryDirectory(prefix="trivet-fire-") as folder:
        Path(folder).chmod(0o711)  # Postgres runs as nobody where we are root
        done = fire(Path(folder), signals)
    rate = done.signals / done.decided_seconds
    print(f"signals    {done.signals} decided in {done.decided_seconds:.0f} s, {rate:.0f} a second")
    print(f"followed   everything settled after {done.seconds:.0f} s")
    print(f"killed -9  {done.kills.total()}: {dict(sorted(done.kills.items()))}")
    print(f"decisions  {dict(sorted(done.decisions.items()))}")
    print(f"orders     {dict(sorted(done.orders.items()))}")
    print(f"broken     {done.broken or 'nothing lost, nothing twice'}")
    sys.exit(bool(done.broken))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
