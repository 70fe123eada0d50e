"""How many recorded signals each way to be judged differently touches: Parquet files, or the store itself.

A Parquet column has the name of an input, such as ``market_context.data_age_seconds``; NULL is absent.
``signal_id`` and ``at`` may stand beside them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.settings import Settings
from adapters.wiring.refusal import Refused
from engine import EngineFailure, RulePack, Verdict
from engine.declarations import Input
from engine.difference import CapMove, Difference

if TYPE_CHECKING:
    import polars as pl

DECISIONS = "decisions"
_NOT_FACTS = {"signal_id", "at"}
_BLOCK = 10_000  # decisions held in memory at once
Way = tuple[Verdict, Verdict, CapMove | None]


@dataclass(frozen=True, slots=True)
class Touched:
    """Of ``total`` signals from ``source``, how many move in each way; a REJECT has no size that moves."""

    source: str
    total: int
    ways: Mapping[Way, int]

    def verdicts(self, before: Verdict, after: Verdict) -> int:
        """How many were judged ``before`` and would be judged ``after``."""
        return sum(many for way, many in self.ways.items() if way[:2] == (before, after))

    def sizes(self, move: CapMove) -> int:
        """How many may be traded in a larger, or smaller, size than before."""
        return sum(many for way, many in self.ways.items() if way[2] == move)


def touched(chosen: Settings, before: RulePack, after: RulePack, source: str, found: Difference) -> Touched:
    """The signals of ``source``, a Parquet file, a folder of them, or ``decisions``, judged by both packs.

    Raises:
        Refused: the signals cannot be read, or a column is no input.
        EngineFailure: signals move in a way that was proved impossible.
    """
    ways = reduce(add, (_ways(frame, before, after) for frame in _frames(chosen, (before, after), source)))
    counted = Touched(source, ways.total(), ways)
    _refuse_impossible(found, counted)
    return counted


def _refuse_impossible(found: Difference, counted: Touched) -> None:
    verdicts = [(one.moved, counted.verdicts(one.before, one.after)) for one in found.transitions]
    sizes = [(one.moved, counted.sizes(one.move)) for one in found.caps]
    if any(many and moved.answer.status == "impossible" for moved, many in [*verdicts, *sizes]):
        raise EngineFailure("signals move in a way that was proved impossible; report this as a defect")


def _frames(
    chosen: Settings, packs: tuple[RulePack, RulePack], source: str
) -> "Iterator[pl.LazyFrame | pl.DataFrame]":
    declared = {one.name: one for pack in reversed(packs) for one in pack.inputs.values()}
    if source == DECISIONS:
        return _decisions(chosen, declared)
    return iter([_parquet(Path(source), declared)])


def _parquet(path: Path, declared: Mapping[str, Input]) -> "pl.LazyFrame":
    import polars as pl  # noqa: PLC0415

    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise Refused(f"there are no Parquet files at {path}; name a file, a folder of them, or {DECISIONS}")
    try:
        frame = pl.scan_parquet(files)
        columns = set(frame.collect_schema())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise Refused(f"{path} cannot be read: {str(error).splitlines()[0]}; give Parquet files") from error
    if unknown := sorted(columns - set(declared) - _NOT_FACTS):
        raise Refused(f"{path} has columns that are no inputs: {', '.join(unknown)}; drop or rename them")
    if not columns & set(declared):
        raise Refused(f"{path} has no column that is an input; name them as inputs are named")
    return frame


def _decisions(chosen: Settings, declared: Mapping[str, Input]) -> "Iterator[pl.DataFrame]":
    """What was put to the rules, oldest first; what a person answered is no signal of its own."""
    import polars as pl  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    from adapters.wiring.store import store_of  # noqa: PLC0415
    from policy.facts import facts_of  # noqa: PLC0415
    from policy.proposal import Proposal  # noqa: PLC0415
    from policy.store import reading  # noqa: PLC0415
    from policy.tables import policy_evaluations as evaluations  # noqa: PLC0415

    kinds: dict[str, Any] = {"number": pl.Float64, "boolean": pl.Boolean, "string": pl.String}
    schema = {name: kinds[one.type] for name, one in declared.items()}
    sources = {name: one.source for name, one in declared.items()}
    original = evaluations.c.purpose.is_(None) & evaluations.c.supersedes.is_(None)
    query = select(evaluations.c.proposal).where(original).order_by(evaluations.c.id)
    with store_of(chosen) as store, reading(store) as connection:
        yield pl.DataFrame(schema=schema)
        for block in connection.execution_options(yield_per=_BLOCK).execute(query).partitions():
            facts = (facts_of(Proposal.model_validate_json(row.proposal), sources) for row in block)
            yield pl.DataFrame([[one.get(name) for name in schema] for one in facts], schema, orient="row")


def _ways(frame: "pl.LazyFrame | pl.DataFrame", before: RulePack, after: RulePack) -> Counter[Way]:
    """How many rows of ``frame`` move in each way."""
    import polars as pl  # noqa: PLC0415

    from engine.columnar_polars import PolarsPanel  # noqa: PLC0415
    from engine.columnar_surface import ColumnsUnfit  # noqa: PLC0415

    try:
        old = PolarsPanel([before], frame)
        columns = list(old.frame.collect_schema())
        was = {"trivet_before": old.verdict, "trivet_let": old.approved_size_pct}
        new = PolarsPanel([after], old.select(*columns, **was))
        judged = new.select(*was, trivet_after=new.verdict, trivet_lets=new.approved_size_pct)
    except ColumnsUnfit as unfit:
        raise Refused(str(unfit)) from unfit
    size = (pl.col("trivet_lets") - pl.col("trivet_let")).sign().fill_null(0).cast(pl.Int8)
    counted = judged.group_by("trivet_before", "trivet_after", size.alias("size")).len()
    return _read(counted.collect(engine="streaming"))


def _read(counted: "pl.DataFrame") -> Counter[Way]:
    ways: Counter[Way] = Counter()
    moves: dict[int, CapMove] = {-1: "smaller", 1: "larger"}
    for old, new, size, many in counted.rows():
        before, after = Verdict(old), Verdict(new)
        rejected = Verdict.REJECT in (before, after)
        ways[before, after, None if rejected else moves.get(size)] += many
    return ways
