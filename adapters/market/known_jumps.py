"""The jumps of the sample bars that somebody has looked at, so that they are played as they were."""

from decimal import Decimal
from pathlib import Path

import yaml

from adapters.market.inspection.outcome import Acceptance

SAMPLE_JUMPS = Path(__file__).with_name("sample-jumps.yaml")


def read_known_jumps(path: Path = SAMPLE_JUMPS) -> tuple[Acceptance, ...]:
    """The list of ``path``; raises KeyError or TypeError for an entry that is not as the others."""
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Acceptance(entry["symbol"], entry["day"], Decimal(entry["level"]), entry["reason"])
        for entry in listed
    )
