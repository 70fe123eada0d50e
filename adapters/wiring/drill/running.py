"""A whole drill: the stage is set up once, every scene is played on a copy, and the result is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.execution.stopping.drills import Drilled, keep_drill
from adapters.settings import Settings
from adapters.wiring.drill.rehearsal import Played, play
from adapters.wiring.drill.scenes import scenes
from adapters.wiring.drill.stage import stages_in
from adapters.wiring.store import clock_of, store_of


@dataclass(frozen=True, slots=True)
class Drill:
    """Every stop as it was drilled, and where that is on record."""

    table: Sequence[Played]
    kept: Drilled

    @property
    def passed(self) -> bool:
        """Whether every stop did what the table of stops says."""
        return all(row.as_expected for row in self.table)


def drill(settings: Settings, by: str, tell: Callable[[Played], None]) -> Drill:
    """Drill every stop in a folder below the data folder, which is removed; ``tell`` is told of each.

    The result goes on record in the store of ``settings``. Raises ``StageBroken`` where there was no drill.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="drill-", dir=settings.home) as folder:
        table = _rehearsed(settings, Path(folder), tell)
    with store_of(settings) as store:
        rows = [row.to_json() for row in table]
        passed = all(row.as_expected for row in table)
        return Drill(table, keep_drill(store, clock_of(store), by, passed=passed, table=rows))


def _rehearsed(settings: Settings, folder: Path, tell: Callable[[Played], None]) -> list[Played]:
    stages, table = stages_in(settings, folder), []
    stages.prepare()
    for place, scene in enumerate(scenes()):
        table.append(play(stages, scene, place))
        tell(table[-1])
    return table
