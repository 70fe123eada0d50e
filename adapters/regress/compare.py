"""The use case: signals in files and two sides in, a report out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.regress.engines import EngineName, opened
from adapters.regress.examples import examples_of, moves_of
from adapters.regress.matrix import Comparison
from adapters.regress.report import Report
from adapters.regress.signals import Told, files_of, refuse_unfit_columns
from engine import RulePack

Progress = Callable[[str], Told]
"""Given what is done next, whom to tell how far it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared: ``head`` would take the place of ``base``; each is the packs that judge together.

    ``examples`` is how many signals to explain of each way to move, ``engine`` where they are judged,
    ``source`` what they are called in the report.
    """

    base: Sequence[RulePack]
    head: Sequence[RulePack]
    source: str
    examples: int = 3
    engine: EngineName = "duckdb"


def compare(asked: Question, signals: Path, folder: Path, progress: Progress) -> Report:
    """Judge every signal at ``signals``, a Parquet file or a folder of them, by both sides.

    What does not fit into memory goes to ``folder`` meanwhile; ``progress`` is told of each pass.

    Raises:
        RegressRefused: the signals cannot be judged as they are.
        ColumnsUnfit: a column holds something else than its input declares.
        EngineFailure: the evaluators do not confirm what the columns say.
    """
    with opened(asked.engine, files_of(signals), folder) as found:
        refuse_unfit_columns(found.table.schema(), [*asked.base, *asked.head])
        comparison = Comparison(asked.base, asked.head, found.table)
        cells = comparison.cells(found.run(comparison.counted(), progress("judging the signals")))
        told = progress("explaining what moved")
        explained = examples_of(comparison, found, moves_of(cells), asked.examples, told)
    return Report(
        tuple(asked.base), tuple(asked.head), asked.source, comparison.rules, tuple(cells), tuple(explained)
    )
