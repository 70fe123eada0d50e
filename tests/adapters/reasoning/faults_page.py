"""The table of a model's faults: every mishap played over a real socket, a line each.

``python -m tests.adapters.reasoning.faults_page`` plays them with the real 8 and 15 seconds and writes the
table into docs/reasoning.md.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from adapters.reasoning.asking import Budget
from adapters.reasoning.grounding import UNSUPPORTED
from adapters.reasoning.mind import Thought
from adapters.reasoning.opening import Terms, model_mind
from adapters.reasoning.record import memo_of
from adapters.settings import Settings
from adapters.storage.packs import FrozenPacks
from engine import read_pack
from policy.judge import judge_what_is_there
from policy.ports import HouseContexts
from policy.proposal import proposal_of_signal
from policy.shelf import InForce, in_force
from tests.adapters.reasoning.mishaps import ASKED, MISHAPS, Mishap
from tests.adapters.reasoning.stand_in.server import standing_in
from tests.policy.parts import NOON, RULES

PAGE = Path("docs/reasoning.md")
NOBODY = "http://127.0.0.1:9/v1"
"""The port for discarding: nobody listens there."""
BEGIN, END = "<!-- begin: faults -->", "<!-- end: faults -->"
HEADER = ("fault", "the server's answer", "status", "reason", "noted", "seconds", "verdict")
SECONDS = HEADER.index("seconds")
_SAID_BY_THE_HOUSE = {"house.only_reduces": False, "house.stop": "ACTIVE"}

Row = tuple[str, ...]


@cache
def _packs_of_the_house() -> InForce:
    library = FrozenPacks(RULES)
    listed = library.default_shelf()["house"]
    return in_force([read_pack(library.frozen_text(*one), source=one[0]) for one in listed])


def played(mishap: Mishap, scale: float = 1.0) -> Thought:
    """What came of asking a server that does ``mishap``, all seconds times ``scale``."""
    terms = Terms(Budget(soft=8 * scale, hard=15 * scale))
    with standing_in(*mishap.replies, scale=scale) as server:
        settings = Settings(model_url=server.url if mishap.replies else NOBODY, model="stand-in-1")
        with model_mind(settings, terms) as mind:
            return [mind.think(ASKED) for _ in range(mishap.askings)][-1]


def verdict_on(thought: Thought) -> str:
    """What the house's packs say of a signal that they approve without a memo, with this one."""
    memo = memo_of(ASKED.signal.signal_id, thought, "stand-in-1", None)
    contexts = HouseContexts(ASKED.market_context, ASKED.portfolio_context)
    proposal = proposal_of_signal(ASKED.signal, contexts, memo)
    return judge_what_is_there(proposal, _packs_of_the_house(), NOON, _SAID_BY_THE_HOUSE).verdict.name


def row_of(name: str, scale: float = 1.0) -> Row:
    """A line of the table."""
    thought = played(MISHAPS[name], scale)
    return (
        name,
        MISHAPS[name].happens,
        f"OK, {thought.opinion.recommendation}" if thought.opinion else thought.status,
        thought.reason or "",
        ", ".join(_noted(thought)),
        f"{thought.seconds:.1f}",
        verdict_on(thought),
    )


def _noted(thought: Thought) -> Iterator[str]:
    if any(attempt.repair for attempt in thought.attempts):
        yield "repair"
    if thought.slow:
        yield "slow"
    if thought.opinion is not None:
        yield from (f"flag `{one}`" for one in thought.opinion.risk_flags if one.startswith(UNSUPPORTED))


def rows(scale: float = 1.0) -> list[Row]:
    """Every line. Mishaps that take time are waited for side by side, while the others are played in turn."""
    slow = [name for name, mishap in MISHAPS.items() if any(one.after or one.drip for one in mishap.replies)]
    with ThreadPoolExecutor(len(slow)) as pool:
        waiting = {name: pool.submit(row_of, name, scale) for name in slow}
        quick = {name: row_of(name, scale) for name in MISHAPS if name not in waiting}
        return [quick[name] if name in quick else waiting[name].result() for name in MISHAPS]


def table(lines: list[Row]) -> str:
    """``lines`` as Markdown."""
    whole = [HEADER, tuple("---" for _ in HEADER), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in whole)


def page_with(text: str, lines: str) -> str:
    """The page ``text`` with ``lines`` between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{lines}\n\n{END}{rest.split(END)[1]}"


def cells_of(page: str) -> list[Row]:
    """The lines of the table in ``page``, without its head."""
    lines = page.split(BEGIN)[1].split(END, maxsplit=1)[0].strip().splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text("utf-8"), table(rows())), "utf-8")
