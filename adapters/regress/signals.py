"""Signals in a file: Parquet with one column for each input, and who they are and when they came.

``signal_id`` (text) and ``at`` (a UTC time) are no facts and may be missing; every other column has
the name of an input of one of the packs, such as ``market_context.data_age_seconds``. NULL is absent.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import RulePack
from engine.declarations import Input
from engine.problems import did_you_mean

SIGNAL_ID, AT, SYMBOL = "signal_id", "at", "symbol"
NOT_FACTS = frozenset({SIGNAL_ID, AT})
Told = Callable[[float], None]
"""Hears how much is done, from 0 to 1."""


class RegressRefused(Exception):
    """Signals that cannot be judged as they are; the text says why and what to do."""


def files_of(path: Path) -> list[Path]:
    """The Parquet file at ``path``, or every one in the folder, sorted."""
    found = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not found or not all(file.is_file() for file in found):
        raise RegressRefused(f"there are no Parquet files at {path}; name a file or a folder of them")
    return found


def refuse_unfit_columns(schema: Mapping[str, Any], packs: Sequence[RulePack]) -> None:
    """Types of columns are the packs' affair; names are ours: a misspelt one must not pass as absent."""
    known = inputs_of(packs)
    if not set(schema) & set(known):
        raise RegressRefused(f"no column is an input; name them as inputs are named: {', '.join(known)}")
    if unknown := [name for name in schema if name not in NOT_FACTS and name not in known]:
        owners = " or ".join(dict.fromkeys(f"{pack.name}@{pack.version}" for pack in packs))
        hint = did_you_mean(unknown[0], known) or "; drop or rename them"
        raise RegressRefused(f"columns that are no inputs of {owners}: {', '.join(unknown)}{hint}")
    if AT in schema and not (schema[AT].is_timestamp() or schema[AT].is_date()):
        raise RegressRefused(f"column {AT} holds {schema[AT]}; it must hold times in UTC")


def inputs_of(packs: Sequence[RulePack]) -> Mapping[str, Input]:
    """Every input that some pack declares, as the first that does declares it."""
    found: dict[str, Input] = {}
    for pack in packs:
        for name, declared in pack.inputs.items():
            found.setdefault(name, declared)
    return found
