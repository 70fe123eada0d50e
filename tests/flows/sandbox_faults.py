"""The table of the sandbox broker's faults: every story played to its end, a line each.

``python -m tests.flows.sandbox_faults`` plays them all and writes the table into docs/sandbox-broker.md.
"""

import tempfile
from pathlib import Path
from typing import Any

from adapters.storage.database import connect, open_store
from tests.adapters.brokers.alpaca_stand_in.server import standing_in
from tests.flows.sandbox_house import SandboxHouse
from tests.flows.sandbox_mishaps import STORIES
from tests.policy.parts import StillClock

PAGE = Path("docs/sandbox-broker.md")
BEGIN, END = "<!-- begin: faults -->", "<!-- end: faults -->"
HEADER = (
    "fault",
    "what happens",
    "orders end as",
    "booked",
    "shares: house / broker",
    "cash",
    "sent",
    "a person sees",
)


def played(name: str, url: str) -> dict[str, Any]:
    """What became of the story ``name``, on the migrated store at ``url``."""
    store = connect(url)
    clock = StillClock()
    try:
        with standing_in(clock.now) as alpaca:
            house = SandboxHouse(store, alpaca, clock, streaming=STORIES[name].streaming)
            try:
                STORIES[name].play(house)
                house.settle()
                return house.result()
            finally:
                house.box.close()
    finally:
        store.dispose()


def row_of(name: str, result: dict[str, Any]) -> tuple[str, ...]:
    """A line of the table."""
    house, broker = (_shares(result["shares"][side]) for side in ("house", "broker"))
    return (
        name,
        STORIES[name].happens,
        ", ".join(result["orders"]),
        ", ".join(result["booked"]) or "nothing",
        f"{house} / {broker}",
        "equal" if result["cash is equal"] else "differs",
        f"{result['sent']}",
        ", ".join(result["alerts"]) or "nothing",
    )


def table(rows: list[tuple[str, ...]]) -> str:
    """The lines as Markdown."""
    lines = [HEADER, tuple("---" for _ in HEADER), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page_with(text: str, lines: str) -> str:
    """The page ``text`` with ``lines`` between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{lines}\n\n{END}{rest.split(END)[1]}"


def cells_of(page: str) -> list[tuple[str, ...]]:
    """The lines of the table in ``page``, without its head."""
    lines = page.split(BEGIN)[1].split(END, maxsplit=1)[0].strip().splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def _shares(held: dict[str, str]) -> str:
    return ", ".join(f"{qty} {symbol}" for symbol, qty in held.items()) or "none"


def _line(name: str) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sandbox.db"
        open_store(url).dispose()
        return row_of(name, played(name, url))


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text("utf-8"), table(list(map(_line, STORIES)))), "utf-8")
