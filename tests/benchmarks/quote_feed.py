"""A feed of quotes as lines of JSON on standard output, at a steady pace: a process of its own, as feeds are.

    python -m tests.benchmarks.quote_feed RATE SECONDS SYMBOLS OFFSET

Each quote bears the time at which it was due, moved by ``OFFSET`` seconds into a session of the calendar.
``RATE`` 0 writes as fast as it is read.
"""

import os
import random
import sys
import time
from datetime import UTC, datetime

SLICE_SECONDS = 0.002
_FLAT_OUT = 10_000


def symbols(count):
    """So many made-up symbols."""
    return tuple(f"S{number:03d}" for number in range(count))


def run(rate, seconds, count, offset, out):
    """Write ``rate`` * ``seconds`` quotes; those of a slice of time together, each due at its own instant."""
    draw, names = random.Random(7), symbols(count)
    pace, begun = rate or _FLAT_OUT, time.time()
    for number in range(int(pace * seconds)):
        due = begun + number / pace if rate else time.time()
        if rate and (ahead := due - time.time()) > 0:
            out.flush()
            time.sleep(max(ahead, SLICE_SECONDS))
        mid = 100 + draw.random()
        stamp = datetime.fromtimestamp(due + offset, UTC).isoformat()
        out.write(
            f'{{"S":"{draw.choice(names)}","bp":{mid - 0.01:.2f},"ap":{mid + 0.01:.2f},"t":"{stamp}"}}\n'
        )
    out.flush()


if __name__ == "__main__":
    rate_, seconds_, count_, offset_ = (float(word) for word in sys.argv[1:])
    with os.fdopen(sys.stdout.fileno(), "w", buffering=1 << 16, closefd=False) as pipe:
        run(rate_, seconds_, int(count_), offset_, pipe)
