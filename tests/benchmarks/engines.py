"""This engine beside others on the same requests: ``python -m tests.benchmarks.engines [--json FILE]``.

All contenders are first checked to give the same verdicts and hits on every request. Then they take
turns, pass after pass over a handful of requests, in one process, so that whatever slows the machine
slows all of them; the median pass counts. Read the ratios: the microseconds are this machine's, today.
"""

import argparse
import gc
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from engine import RulePack
from tests.benchmarks.contender import Contender, Facts
from tests.benchmarks.ours import reference_alone, rete_alone, whole
from tests.benchmarks.peers import all_peers
from tests.benchmarks.samples import sized_pack, sized_requests, trading_core, trading_requests

PASSES = 15
HANDFUL = 20  # requests of one pass: so short that the scheduler seldom breaks in
MOST_MICROSECONDS = {"trading-core": 15.0, "1000 rules": 200.0}  # the whole evaluation, both evaluators
LEAST_LEAD = {"GoRules Zen, decision table": 4.0, "Cedar (cedarpy)": 4.0}  # on trading-core


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for each pack; exit code 1 when a target is missed."""
    options = _options(arguments)
    console = Console(width=100)
    results = {}
    for name, pack, requests in _fields(options.rules):
        contenders = [whole(pack), reference_alone(pack), rete_alone(pack), *all_peers(pack)]
        check_agreement(contenders, requests)
        results[name] = measure(contenders, requests, options.passes)
        console.print(_table(name, len(requests), results[name]))
    missed = shortfalls(results)
    for shortfall in missed:
        console.print(f"target missed: {shortfall}")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engines", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the medians in microseconds as JSON too")
    parser.add_argument(
        "--passes", type=int, default=PASSES, help="passes of each contender (default %(default)s)"
    )
    sizes = {"nargs": "*", "type": int, "default": [10, 100, 1000], "metavar": "N"}
    parser.add_argument("--rules", **sizes, help="sizes of the generated packs (default 10 100 1000)")
    return parser.parse_args(arguments)


def _fields(sizes: Sequence[int]) -> list[tuple[str, RulePack, list[Facts]]]:
    generated = [(f"{n} rules", sized_pack(n), sized_requests(max(5, min(100, 3000 // n)))) for n in sizes]
    return [("trading-core", trading_core(), trading_requests(200)), *generated]


def check_agreement(contenders: Sequence[Contender], requests: Sequence[Facts]) -> None:
    """AssertionError naming the first contender and request that differ from the first contender."""
    for facts in requests:
        expected = contenders[0].answer(facts)
        for contender in contenders[1:]:
            answer = contender.answer(facts)
            assert answer == expected, f"{contender.name} says {answer}, not {expected}, of {facts}"


def measure(contenders: Sequence[Contender], requests: Sequence[Facts], passes: int) -> dict[str, float]:
    """Microseconds for one request, by contender: the median pass over each handful, averaged over all."""
    taken: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    gc.disable()  # the collector would charge one contender for another's garbage
    try:
        for start in range(0, len(requests), HANDFUL):
            for name, seconds in _turns(contenders, requests[start : start + HANDFUL], passes).items():
                taken[name].append(seconds * 1e6)
            gc.collect()
    finally:
        gc.enable()
    return {name: mean(medians) for name, medians in taken.items()}


def _turns(contenders: Sequence[Contender], requests: Sequence[Facts], passes: int) -> dict[str, float]:
    prepared = [(contender, [contender.prepare(facts) for facts in requests]) for contender in contenders]
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(passes):
        for contender, own in prepared:
            times[contender.name].append(_pass(contender.ask, own))
    return {name: median(taken) for name, taken in times.items()}


def _pass(ask: Callable[[Any], Any], requests: Sequence[Any]) -> float:
    for request in requests:  # untimed: brings back into the caches what the others have driven out
        ask(request)
    started = perf_counter()
    for request in requests:
        ask(request)
    return (perf_counter() - started) / len(requests)


def shortfalls(results: dict[str, dict[str, float]]) -> list[str]:
    """The targets that ``results`` miss, in words."""
    ours = {name: next(iter(medians.values())) for name, medians in results.items()}
    missed = [
        f"{name} takes {ours[name]:.1f} µs; {most:.0f} µs is the most"
        for name, most in MOST_MICROSECONDS.items()
        if name in ours and ours[name] > most
    ]
    leads = {peer: results["trading-core"][peer] / ours["trading-core"] for peer in LEAST_LEAD}
    return missed + [
        f"{peer} is {leads[peer]:.1f}x slower; at least {least:.0f}x is the aim"
        for peer, least in LEAST_LEAD.items()
        if leads[peer] < least
    ]


def _table(name: str, requests: int, medians: dict[str, float]) -> Table:
    table = Table(title=f"{name}: one evaluation, {requests} requests", title_justify="left")
    table.add_column("engine")
    table.add_column("µs", justify="right")
    table.add_column("ours is", justify="right")
    ours = next(iter(medians.values()))
    for engine, taken in medians.items():
        factor = taken / ours
        ratio = f"{factor:.1f}x faster" if factor >= 1 else f"{1 / factor:.1f}x slower"
        table.add_row(engine, f"{taken:.2f}", "" if taken == ours else ratio)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
