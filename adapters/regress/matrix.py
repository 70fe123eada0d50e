"""Two sides over the same signals: who moved from which verdict to which, and by which rule.

One pass over the signals gives everything that is counted. The expression is Ibis alone, so whatever
engine holds the signals computes it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis
import pyarrow as pa

from adapters.regress.signals import AT, SIGNAL_ID, SYMBOL
from engine import RulePack, Verdict
from engine.columnar import RuleColumns
from engine.columnar_ibis import IbisPanel
from engine.literals import to_cel

BEFORE, AFTER, SIZE = "trivet_before", "trivet_after", "trivet_size"
_LET, _LETS = "trivet_let", "trivet_lets"
SIZES = {-1: "smaller", 1: "larger"}
_ALL = "all"
_SYMBOL, _MONTH, _COUNT = "trivet_symbol", "trivet_month", "trivet_count"
_KEYS = (_SYMBOL, _MONTH, BEFORE, AFTER, SIZE)


@dataclass(frozen=True, slots=True)
class Cell:
    """Signals of one symbol and month that moved alike.

    ``size`` is -1 where less of the size asked is let through than before, 1 where more, else 0;
    a verdict that is or was REJECT has no size. ``rules`` has, for each rule of ``Comparison.rules``,
    how many signals it objects to before and after, only after, and only before.
    """

    symbol: str
    month: str
    before: Verdict
    after: Verdict
    size: int
    count: int
    rules: tuple[tuple[int, int, int], ...]


class Comparison:
    """Both sides as columns over one table of signals; a side is one pack or several that judge together."""

    def __init__(self, base: Sequence[RulePack], head: Sequence[RulePack], table: Any) -> None:
        self.signals = table
        self.base = IbisPanel(base, table)
        said = {BEFORE: self.base.verdict, _LET: self.base.approved_size_pct}
        self._was = self.base.select(*table.columns, **said)
        self.head = IbisPanel(head, self._was)
        several = len(self.base.packs) > 1 or len(self.head.packs) > 1
        before, after = (_by_name(panel.rules, several) for panel in (self.base, self.head))
        self._pairs = [(before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
        self.rules = tuple(dict.fromkeys([*before, *after]))

    @cached_property
    def judged(self) -> Any:
        """The signals with their verdicts ``before`` and ``after`` and the move of the ``size``."""
        said = {AFTER: self.head.verdict, _LETS: self.head.approved_size_pct}
        both = self.head.select(*self._was.columns, **said)
        return both.mutate(**{SIZE: _size(both)})

    def counted(self) -> Any:
        """One row for each symbol, month and move, as ``cells`` reads them."""
        keyed = {_SYMBOL: self._symbol(), _MONTH: self._month()}
        flags = {
            name: truth for number, pair in enumerate(self._pairs) for name, truth in _flags(number, *pair)
        }
        table = self.judged.mutate(**keyed, **flags)
        sums = {name: table[name].sum() for name in flags}
        return table.group_by(list(_KEYS)).aggregate(**{_COUNT: table.count()}, **sums)

    def cells(self, counted: pa.Table) -> list[Cell]:
        """The cells, in the order of their keys."""
        rows = sorted(counted.to_pylist(), key=lambda row: [row[key] for key in _KEYS])
        return [self._cell(row) for row in rows]

    def examples(self, before: Verdict, after: Verdict, size: int, most: int) -> Any:
        """At most ``most`` of the signals that moved so, the earliest first.

        A query for each way to move keeps only ``most`` rows at a time; one for all of them would sort
        everything that moved.
        """
        judged = self.judged
        moved = (judged[BEFORE] == int(before)) & (judged[AFTER] == int(after)) & (judged[SIZE] == size)
        order = [name for name in (AT, SIGNAL_ID) if name in self.signals.columns]
        facts = [name for name in self.signals.columns if name not in order]
        return judged.filter(moved).order_by([*order, *facts]).limit(most)

    def _symbol(self) -> Any:
        held = SYMBOL in self.signals.columns
        return self.signals[SYMBOL].fill_null("") if held else ibis.literal(_ALL)

    def _month(self) -> Any:
        if AT not in self.signals.columns:
            return ibis.literal(_ALL)
        at = self.signals[AT]
        month = at.year().cast("string") + "-" + at.month().cast("string").lpad(2, "0")
        return month.fill_null("")

    def _cell(self, row: dict[str, Any]) -> Cell:
        counts = [
            tuple(int(row.get(f"trivet_{word}_{number}") or 0) for word in ("kept", "started", "stopped"))
            for number in range(len(self.rules))
        ]
        before, after = Verdict(row[BEFORE]), Verdict(row[AFTER])
        keys = row[_SYMBOL], row[_MONTH], before, after, int(row[SIZE])
        return Cell(*keys, int(row[_COUNT]), tuple(counts))  # type: ignore[arg-type]


def _by_name(rules: Sequence[RuleColumns], several: bool) -> dict[str, RuleColumns]:
    """By the id of the rule; where several packs judge, by that of its pack too."""
    return {one.name if several else one.rule.id: one for one in rules}


def _size(both: Any) -> Any:
    """NULL sizes compare as NULL and so give 0."""
    sized = (both[BEFORE] < int(Verdict.REJECT)) & (both[AFTER] < int(Verdict.REJECT))
    nothing = ibis.literal(0, "int64")
    moved = ibis.ifelse(both[_LETS] < both[_LET], ibis.literal(-1, "int64"), nothing)
    return ibis.ifelse(sized, ibis.ifelse(both[_LETS] > both[_LET], ibis.literal(1, "int64"), moved), nothing)


def _flags(number: int, before: RuleColumns | None, after: RuleColumns | None) -> Iterator[tuple[str, Any]]:
    """The columns to sum for one rule; a rule that means the same in both packs can only be kept."""
    if before is None or after is None:
        word, one = ("started", after) if before is None else ("stopped", before)
        assert one is not None
        yield f"trivet_{word}_{number}", _objects(one)
        return
    ours, theirs = _objects(before), _objects(after)
    if _meaning(before) == _meaning(after):
        yield f"trivet_kept_{number}", ours
        return
    yield f"trivet_kept_{number}", ours & theirs
    yield f"trivet_started_{number}", ~ours & theirs
    yield f"trivet_stopped_{number}", ours & ~theirs


def _objects(one: RuleColumns) -> Any:
    """Where the rule hits, or cannot be judged and says something all the same."""
    return one.conditions.surface.truth(one.gives(Verdict.REVIEW))


def _meaning(one: RuleColumns) -> Sequence[Any]:
    read = [one.pack.inputs[name] for name in one.rule.reads]
    return [to_cel(one.rule.condition), read]
