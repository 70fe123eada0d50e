"""Signals that a command judges again: Parquet files as they are, recorded decisions written out as one."""

from collections.abc import Sequence
from pathlib import Path

from adapters.regress.recorded import write_decisions
from adapters.regress.signals import Told
from adapters.settings import Settings
from adapters.wiring.store import store_of
from engine import RulePack

DECISIONS = "decisions"


def signals_at(chosen: Settings, source: str, packs: Sequence[RulePack], folder: Path, told: Told) -> Path:
    """Where the signals of ``source``, a path or ``decisions``, lie as Parquet.

    Decisions of the store are written into ``folder`` with the facts that ``packs`` declare.

    Raises:
        RegressRefused: nothing was decided yet.
    """
    if source != DECISIONS:
        return Path(source)
    file = folder / "signals.parquet"
    with store_of(chosen) as store:
        write_decisions(store, packs, file, told)
    return file
