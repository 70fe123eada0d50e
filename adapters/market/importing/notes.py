"""Takes over what lies beside bars in the house's own folders: splits, and jumps that were found true."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from adapters.storage.bar_notes import Look
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split

_HIVE = "symbol="


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside the bars that are imported, of every symbol."""

    splits: tuple[Split, ...] = ()
    looks: tuple[Look, ...] = ()


def beside(files: Sequence[Path], store: BarStore) -> Beside:
    """The notes beside ``files`` where these lie in folders like those of ``store``, its own excepted.

    They are those of the symbols that the files are of; what else lies there is not imported.
    """
    folders = {path.parent for path in files if path.parent.name.startswith(_HIVE)}
    others = [path for path in sorted(folders) if path.parent.resolve() != store.root.resolve()]
    named = [(BarStore(path.parent), unquote(path.name.removeprefix(_HIVE))) for path in others]
    return Beside(
        tuple(split for other, symbol in named for split in other.splits(symbol)),
        tuple(look for other, symbol in named for look in other.looks(symbol)),
    )


def take_over(found: Beside, store: BarStore) -> int:
    """Put what was ``found`` on record in ``store``; returns how much is new there.

    Raises ``BarsRefused`` where another ratio is on record for a split's day.
    """
    return sum(map(store.add_split, found.splits)) + sum(map(store.add_look, found.looks))
