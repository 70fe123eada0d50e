"""How many recorded signals each way to be judged differently touches: what `trivet diff --signals` adds."""

from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.cli.recorded_signals import signals_at
from adapters.regress.compare import Question, compare
from adapters.regress.report import Report
from adapters.settings import Settings
from engine import EngineFailure, RulePack
from engine.difference import Difference


def touched(chosen: Settings, before: RulePack, after: RulePack, source: str, found: Difference) -> Report:
    """The signals of ``source``, a Parquet file, a folder of them, or ``decisions``, judged by both packs.

    Raises:
        RegressRefused: the signals cannot be read, or a column is no input.
        ColumnsUnfit: a column holds something else than its input declares.
        EngineFailure: signals move in a way that was proved impossible.
    """
    chosen.home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="diff-", dir=chosen.home) as place:
        signals = signals_at(chosen, source, (before, after), Path(place), _untold)
        asked = Question([before], [after], source, examples=0)
        counted = compare(asked, signals, Path(place), lambda _: _untold)
    _refuse_impossible(found, counted)
    return counted


def _refuse_impossible(found: Difference, counted: Report) -> None:
    verdicts = [(one.moved, counted.matrix[one.before, one.after]) for one in found.transitions]
    sizes = [(one.moved, counted.sizes[one.move]) for one in found.caps]
    if any(many and moved.answer.status == "impossible" for moved, many in [*verdicts, *sizes]):
        raise EngineFailure("signals move in a way that was proved impossible; report this as a defect")


def _untold(_: float) -> None:
    """Nobody watches."""
