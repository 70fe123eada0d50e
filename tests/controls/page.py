"""Writes ``docs/controls.md`` from a test run: every control and stop, where it lives, what its test showed.

``python -m tests.controls.page`` (``make controls``) runs every registered test, keeps what it showed in
``shown.json``, writes the page, and prints the table of attempts. A test holds both equal to what is there.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.execution.controls.limits import LIMITS, LimitsByPhase, text_of
from adapters.execution.controls.limits_file import read_limits
from policy.rollout.phases import Phase
from tests.controls import rows
from tests.controls.rows import RECORD, WRITES, Row, Shown, listed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "controls.md"
MARK = "from tests.controls.rows import"
NUMBERS = tuple(str(number) for number in range(1, 48))
NOT_HERE: Mapping[str, str] = {
    "5": "a quote is held against its other side (14), not against the last bar: gaps are no bad ticks",
    "22": "no sectors are known of the sample's symbols; concentration in one symbol is held by 16 and 17",
    "31": "losses in a row are not counted: the day's loss stops everything until a person looked (10)",
}
"""Numbers of the list that nothing here answers to, each with the reason."""
_HEAD = """# Controls and stops

Every check between a signal and a broker, with where it lives, the limit that it reads, and the test that
trips it. This page is written by `make controls` from a test run; a test fails while it is out of date, for a
number without a test, and for a limit that no control names.

REJECT and REVIEW come from rule packs, which can be changed and released. DENY is execution's own refusal: no
pack can switch it off, the order is on record with every reason at once, and no broker is told of it. A stop
holds until a person lets go. Exits, which only reduce, pass all of them but a halt that holds exits, a closed
market, and a market without a price.

Nothing can replace or change an order at work: there is no route for it, and execution asks no broker for it.
Whoever wants another order ends this one and has a new signal judged, whole and by every control below (45).
"""


def load() -> None:
    """Import every module that registers controls."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if MARK in path.read_text("utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def page(found: Iterable[Row], shown: Mapping[str, Shown], limits: LimitsByPhase) -> str:
    """The whole page as Markdown."""
    every = tuple(found)
    parts = (_HEAD, _controls(every, limits), _attempts(every, shown), _limits(limits), _not_here())
    return "\n".join(parts)


def _controls(every: Iterable[Row], limits: LimitsByPhase) -> str:
    lines = [
        "## What there is",
        "",
        "| # | control | answer | lives in | limits, from development to live | test |",
        "|--:|---|---|---|---|---|",
    ]
    for row in every:
        named = "; ".join(_by_phase(name, limits) for name in row.limits) or "none"
        file, _, test = row.test.partition("::")
        link = f"[{test.removeprefix('test_').replace('_', ' ')}](../{file})"
        lines.append(f"| {row.number} | {row.name} | {row.verdict} | `{row.lives}` | {named} | {link} |")
    return "\n".join([*lines, ""])


def _by_phase(name: str, limits: LimitsByPhase) -> str:
    """A limit's name with what it is in each phase, from development to live."""
    values = " · ".join(text_of(getattr(limits[phase], name)) for phase in Phase)
    return f"`{name}` {values}"


def _attempts(every: Iterable[Row], shown: Mapping[str, Shown]) -> str:
    lines = [
        "## What was tried, and what happened",
        "",
        "| # | control | attempt | what happened |",
        "|--:|---|---|---|",
    ]
    for row in every:
        seen = shown[row.test]
        lines.append(f"| {row.number} | {row.name} | {_cell(seen.attempt)} | {_cell(seen.happened)} |")
    return "\n".join([*lines, ""])


def _limits(limits: LimitsByPhase) -> str:
    heads = " | ".join(phase.value for phase in Phase)
    lines = [
        "## Limits by phase",
        "",
        "As `rules/limits` has them; `trivet limits show` says what is used up.",
        "",
    ]
    lines += [f"| limit | unit | {heads} | what it bounds |", "|---|---|" + "--:|" * len(Phase) + "---|"]
    for name, told in LIMITS.items():
        values = " | ".join(text_of(getattr(limits[phase], name)) for phase in Phase)
        lines.append(f"| `{name}` | {told.unit} | {values} | {told.meaning} |")
    return "\n".join([*lines, ""])


def _not_here() -> str:
    lines = ["## What is not here", ""]
    return "\n".join([*lines, *(f"- {number}: {why}." for number, why in NOT_HERE.items()), ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _run() -> dict[str, Shown]:
    """Run every registered test; gives what each showed, and ends the program where one fails."""
    with TemporaryDirectory() as folder:
        written = Path(folder) / "shown.jsonl"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *sorted(rows.ROWS)]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, WRITES: str(written)}, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        lines = [json.loads(line) for line in written.read_text("utf-8").splitlines()]
    return {line.pop("test"): Shown(**line) for line in lines}


def main() -> None:
    """Run the tests, write the record and the page, print the table."""
    load()
    shown = _run()
    kept = {test: {"attempt": one.attempt, "happened": one.happened} for test, one in sorted(shown.items())}
    RECORD.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(listed(), shown, read_limits(ROOT / "rules")), "utf-8")
    print(_attempts(listed(), shown))


if __name__ == "__main__":
    main()
