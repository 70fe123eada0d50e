"""A process of its own: plays a week untraced and then traced, and prints the sum of the facts of each.

Takes a folder for the stores and the address of a collector.
"""

import logging
import sys
from datetime import date
from pathlib import Path

from adapters.cli.speech import log_to_stderr
from adapters.market.player import PlayerDone
from adapters.observability.traces import exporting
from adapters.settings import Settings
from adapters.wiring.journey import Plan, journey
from adapters.wiring.summary import standing_of, summarise

WEEK = Plan(first=date(2012, 5, 18), last=date(2012, 5, 25))


def played(home: Path) -> str:
    """The sum over every business fact of the week."""
    with journey(Settings(home=home), WEEK, keep="session") as travel:
        try:
            while True:
                travel.player.step()
        except PlayerDone:
            return summarise(travel.house.store, standing_of(travel)).sha256


def main(folder: str, url: str) -> None:
    log_to_stderr(logging.WARNING)
    print(played(Path(folder) / "untraced"))
    with exporting(url, "house", "", "test"):
        print(played(Path(folder) / "traced"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
