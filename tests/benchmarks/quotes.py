"""Quotes a second through inspection into Redis, with real servers, and how old they are when they are read.

    make bench-quotes                        10,000 a second for 30 s, then flat out, then a profile
    make bench-quotes ARGS="--rate 20000"

Three processes beside Valkey: a feed that writes lines of JSON at a steady pace, the market's side, which
reads what has arrived, inspects it and writes the newest of each symbol to Redis in one go, and a reader of
Redis. A quote's time is when it was due, so what a process waits for the processor counts as age.
"""

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from json import loads
from multiprocessing import get_context
from pathlib import Path

from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.intake import Intake
from adapters.market.source import RawQuote
from adapters.storage.database import open_store
from adapters.storage.latest import RedisQuotes, connect_redis
from policy.ports import Unanswered
from tests.benchmarks.quote_feed import symbols
from tests.policy.parts import StillClock
from tests.servers import own_redis

SESSION = datetime(2012, 6, 5, 14, 0, tzinfo=UTC)
"""In the middle of a session, an hour after its open: where the feed's times are moved to."""
_CHUNK = 1 << 16
_LOOK_SECONDS = 0.002


def bench(rate, seconds, count, redis_url, folder):
    """Measure one run; ``rate`` 0 is flat out. Gives figures by name."""
    offset = SESSION.timestamp() - time.time()
    with _intake(folder, count) as intake, closing(connect_redis(redis_url)) as redis:
        board = RedisQuotes(redis)
        board.forget()
        with _reading(redis_url, count, offset) as ages, _feed(rate, seconds, count, offset) as pipe:
            busy = time.process_time()
            latencies, elapsed, most = _carry(pipe, intake, board, offset)
            busy = time.process_time() - busy
    found = {"quotes": len(latencies), "a second": round(len(latencies) / elapsed), "largest batch": most}
    if rate:
        found |= {f"event to Redis {name}": value for name, value in _spread(latencies).items()}
        found |= {f"age when read {name}": value for name, value in _spread(ages).items()}
    return found | {"of a core": f"{busy / elapsed:.0%}"}


def _carry(pipe, intake, board, offset):
    """Everything that arrives, inspected and written; the seconds from each event to Redis."""
    latencies, rest, begun, most = [], b"", time.perf_counter(), 0
    while chunk := os.read(pipe.fileno(), _CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        now = datetime.fromtimestamp(time.time() + offset, UTC)
        accepted = intake.quotes([_raw(line, now) for line in lines])
        assert len(accepted) == len(lines), intake.quarantine.cases()
        board.put(accepted)
        intake.settle()
        written = time.time() + offset
        latencies += [written - quote.at.timestamp() for quote in accepted]
        most = max(most, len(lines))
    return latencies, time.perf_counter() - begun, most


def _raw(line, now):
    told = loads(line)
    return RawQuote(told["S"], told["bp"], told["ap"], told["t"], "bench", now)


@contextmanager
def _intake(folder, count):
    store = open_store(f"sqlite:///{folder}/quotes.sqlite3")
    try:
        calendar = TradingCalendar()
        assert calendar.is_open(SESSION)  # reading a decade takes a second, once
        inspection = Inspection(symbols(count), calendar)
        yield Intake("bench", inspection, Quarantine(store), Acceptances(store, StillClock(SESSION)))
    finally:
        store.dispose()


@contextmanager
def _feed(rate, seconds, count, offset):
    words = [sys.executable, "-m", "tests.benchmarks.quote_feed", *map(str, (rate, seconds, count, offset))]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
        yield child.stdout


@contextmanager
def _reading(redis_url, count, offset):
    """A process that reads one symbol after the other; the ages it saw are there after the block."""
    context, ages = get_context("spawn"), []
    ours, theirs = context.Pipe()
    child = context.Process(target=_read, args=(redis_url, count, offset, theirs))
    child.start()
    assert ours.recv() == "ready"
    try:
        yield ages
    finally:
        ours.send("end")
        ages += ours.recv()
        child.join()


def _read(redis_url, count, offset, pipe):
    names, ages = symbols(count), []
    with closing(connect_redis(redis_url)) as redis:
        board = RedisQuotes(redis)
        pipe.send("ready")
        while not pipe.poll(_LOOK_SECONDS):
            try:
                quote = board.latest(names[len(ages) % count])
            except Unanswered:
                continue
            if quote is not None:
                ages.append(time.time() + offset - quote.at.timestamp())
    pipe.send(ages)


def _spread(seconds):
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: f"{ordered[int((len(ordered) - 1) * part)] * 1000:.1f} ms" for name, part in at.items()}


def profile(redis_url, folder, count=500, quotes=50_000):
    """Where the time of the market's side goes, quotes already in hand: the dearest functions."""
    now = SESSION + timedelta(hours=1)
    lines = [_line(number, count) for number in range(quotes)]
    with _intake(folder, count) as intake, closing(connect_redis(redis_url)) as redis:
        board, watch = RedisQuotes(redis), cProfile.Profile()
        with watch:
            for start in range(0, quotes, 100):
                board.put(intake.quotes([_raw(line, now) for line in lines[start : start + 100]]))
    pstats.Stats(watch).strip_dirs().sort_stats("tottime").print_stats(14)


def _line(number, count):
    mid, at = 100 + number % 7, SESSION + timedelta(milliseconds=number)
    return f'{{"S":"S{number % count:03d}","bp":{mid}.01,"ap":{mid}.02,"t":"{at.isoformat()}"}}'


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description="quotes through inspection into Redis")
    parser.add_argument("--rate", type=int, default=10_000, help="quotes a second")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--no-profile", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, own_redis(Path(folder)) as server:
        for name, rate, seconds in (("paced", asked.rate, asked.seconds), ("flat out", 0, 10)):
            print(f"{name}: {asked.symbols} symbols")
            for figure, value in bench(rate, seconds, asked.symbols, server.url, folder).items():
                print(f"  {figure:24}{value}")
        if not asked.no_profile:
            profile(server.url, folder)


if __name__ == "__main__":
    main()
