"""Keeps the rows of an import that were not let in, a line of JSON each, beside the bars."""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from adapters.market.importing.report import PutAside
from adapters.storage.bar_files import replace
from policy.canonical import canonical

FOLDER = "quarantine"


class AsideFile:
    """Collects in ``folder``; ``keep`` puts the whole under a name that follows from what is in it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "aside.jsonl"
        self._file = self._path.open("w", encoding="utf-8")
        self._digest = sha256()
        self._count = 0

    def __enter__(self) -> "AsideFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, one: PutAside) -> None:
        """Keep ``one``."""
        line = canonical(asdict(one)) + "\n"
        self._digest.update(line.encode())
        self._file.write(line)
        self._count += 1

    def keep(self, root: Path) -> Path | None:
        """Put the lines below ``root``, where they are not yet; None where nothing was put aside."""
        if not self._count:
            return None
        self._file.flush()
        folder = root / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._digest.hexdigest()[:16]}.jsonl"
        if not path.exists():
            replace(folder, {path.name: self._path.read_bytes()})
        return path
