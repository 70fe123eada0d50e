"""Packs over an Ibis table: DuckDB on Parquet files, and unchanged whatever else Ibis speaks to."""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from engine.columnar import PanelColumns
from engine.columnar_surface import LARGEST, ColumnsUnfit, Term, Truth
from engine.pack import RulePack
from engine.tree import Type


class IbisPanel(PanelColumns):
    """What packs say of each row of an Ibis table.

    Columns have the names of inputs; NULL is absent, as is an input without a column; columns that
    no pack declares are not looked at.

    Raises:
        ColumnsUnfit: a column holds something else than its input declares.
    """

    def __init__(self, packs: Sequence[RulePack], table: ir.Table) -> None:
        super().__init__(packs, IbisSurface(table))
        self.table = table

    def select(self, *kept: str, **said: Term) -> ir.Table:
        """The columns ``kept`` as they are, and beside them what the packs say, by new name."""
        return self.table.select(*kept, **said)


class IbisSurface:
    """Implements ``engine.columnar_surface.Surface`` with Ibis expressions."""

    def __init__(self, table: ir.Table) -> None:
        self.table = table
        self.schema = table.schema()

    def has(self, name: str) -> bool:
        """Whether the table has the column; one of NULLs alone counts as none."""
        return name in self.schema and not self.schema[name].is_null()

    def value(self, name: str, kind: Type) -> Term:
        """The column as doubles, booleans or strings."""
        held, column = self.schema[name], self.table[name]
        if _kind(held) != kind:
            raise ColumnsUnfit(f"column {name} holds {held}; its input is a {kind}")
        return column.cast(dt.float64) if kind == "number" and not held.is_float64() else column

    def present(self, name: str) -> Truth:
        """Where the column is not NULL; Ibis lets Spark count NaN as NULL, so NaN is counted back."""
        column = self.table[name]
        if not self.schema[name].is_floating():
            return column.notnull()
        return column.notnull() | column.isnan().fill_null(False)

    def word_in(self, name: str, words: Sequence[str]) -> Truth:
        """Where a column of strings holds one of ``words``."""
        return self.value(name, "string").isin(list(words))

    def length_within(self, name: str, least: int, most: int | None) -> Truth:
        """Where a string has at least ``least`` and at most ``most`` characters."""
        length = self.value(name, "string").length()
        return length >= least if most is None else (length >= least) & (length <= most)

    def within(self, number: Term, least: float, most: float) -> Truth:
        """Where a number lies in the range.

        DuckDB 2.0 takes for certain what the statistics of a Parquet file say of its numbers, and these
        leave NaN out: both ``<=`` and ``isnan`` are then answered without a look. A number minus
        itself is 0, and NaN for NaN and the infinities; that it does compute.
        """
        within = (number - number) == self.double(0.0)
        if least > -LARGEST:
            within &= number >= self.double(least)
        return within & (number <= self.double(most)) if most < LARGEST else within

    def share(self, truth: Truth) -> Truth:
        """``truth`` itself: SQL engines find for themselves what a query says twice."""
        return truth

    def double(self, value: float) -> Term:
        """Exactly this double: as a number in SQL it would be read as a decimal first, and rounded twice."""
        return ibis.literal(repr(value)).cast(dt.float64)

    def whole(self, value: int, _bits: int) -> Term:
        """A signed number of 64 bits, which every engine has."""
        return ibis.literal(value, dt.int64)

    def truth(self, value: Truth) -> Term:
        """``value`` as an expression."""
        return ibis.literal(value) if isinstance(value, bool) else value

    def choose(self, condition: Term, then: Term, otherwise: Term) -> Term:
        """``then`` where ``condition`` holds, else ``otherwise``."""
        return ibis.ifelse(condition, then, otherwise)

    def no_number(self) -> Term:
        """NULL of the type of doubles."""
        return ibis.null(dt.float64)


def _kind(held: dt.DataType) -> Type | None:
    """What conditions can take a column for; None for dates, lists and whatever else there is."""
    if held.is_floating() or held.is_integer():
        return "number"
    if held.is_boolean():
        return "boolean"
    return "string" if held.is_string() else None
