"""A million evaluations, then again from eight threads: ``python -m tests.benchmarks.endurance``.

Every verdict and set of hits is compared with hand-written Python. Prints how many were wrong and
what the process's memory did; exit code 1 when anything was wrong or memory grew.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from engine import evaluate
from tests.benchmarks.contender import Answer
from tests.benchmarks.ours import whole
from tests.benchmarks.peers import hand_written
from tests.benchmarks.samples import Facts, trading_core, trading_requests

MOST_GROWTH_KIB = 4096  # the allocator breathes; a leak of 5 bytes per evaluation would show
PAGE_KIB = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both rounds; exit code 0 when nothing was wrong and memory stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.endurance", description=__doc__)
    parser.add_argument("--evaluations", type=int, default=1_000_000, help="per round (default %(default)s)")
    parser.add_argument("--threads", type=int, default=8, help="of the second round (default %(default)s)")
    options = parser.parse_args(arguments)
    rounds = [_round(options.evaluations, threads) for threads in (1, options.threads)]
    return 0 if all(rounds) else 1


def _round(evaluations: int, threads: int) -> bool:
    pack = trading_core()
    requests, expected = trading_requests(1000), hand_written(pack)
    answers = [expected.answer(facts) for facts in requests]
    _wrong(pack, requests, answers, 5)  # warm: caches are filled and pools have their size
    passes = max(1, evaluations // threads // len(requests))
    before, started = resident_kib(), perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        wrong = sum(pool.map(lambda _: _wrong(pack, requests, answers, passes), range(threads)))
    seconds, after = perf_counter() - started, resident_kib()
    done = passes * threads * len(requests)
    print(
        f"threads={threads} evaluations={done} wrong={wrong} rss_start={before} KiB rss_end={after} KiB "
        f"({seconds / done * 1e6:.1f} µs each)",
        flush=True,
    )
    return wrong == 0 and after - before <= MOST_GROWTH_KIB


def _wrong(pack, requests: Sequence[Facts], answers: Sequence[Answer], passes: int) -> int:
    read, packs = whole(pack).read, [pack]
    return sum(
        read(evaluate(packs, facts)) != answer
        for _ in range(passes)
        for facts, answer in zip(requests, answers, strict=True)
    )


def resident_kib() -> int:
    """Memory this process holds, in KiB (Linux)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_KIB


if __name__ == "__main__":
    raise SystemExit(main())
