"""A played house as its lookout sees it: trips are obeyed at any time, watchers look between two steps."""

from dataclasses import dataclass

from adapters.execution.service import Execution
from adapters.execution.stopping.obeying import Obeyed
from adapters.market.player import Player


@dataclass(frozen=True, slots=True)
class BetweenSteps:
    """Implements ``lookout.Guarded`` for one house in one process, which knows when a step is under way."""

    execution: Execution
    player: Player

    def stops_standing(self) -> tuple[int, ...]:
        """The trips that stand, by number."""
        return self.execution.stops_standing()

    def obey(self) -> Obeyed:
        """Cancel what they forbid."""
        return self.execution.obey()

    def watch(self) -> None:
        """Let the watchers look once the step that is under way has settled."""
        self.player.between_steps(self._look)

    def _look(self) -> None:
        self.execution.watch(settled=True)
