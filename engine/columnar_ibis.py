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

    surface: "IbisSurface"

    def __init__(self, packs: Sequence[RulePack], table: ir.Table) -> None:
        super().__init__(packs, surface_of(table))

    def select(self, *kept: str, **said: Term) -> ir.Table:
        """The columns ``kept`` as they are, and beside them what the packs say, by new name."""
        return self.surface.staged.select(*kept, **said)


class IbisSurface:
    """Implements ``engine.columnar_surface.Surface`` with Ibis expressions."""

    def __init__(self, table: ir.Table) -> None:
        self.table = table
        self.staged = table
        """The table with the columns that were added to it."""
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
        """Where the column is not NULL."""
        return self.table[name].notnull()

    def word_in(self, name: str, words: Sequence[str]) -> Truth:
        """Where a column of strings holds one of ``words``."""
        return self.value(name, "string").isin(list(words))

    def length_within(self, name: str, least: int, most: int | None) -> Truth:
        """Where a string has at least ``least`` and at most ``most`` characters."""
        length = self.value(name, "string").length()
        return length >= least if most is None else (length >= least) & (length <= most)

    def within(self, number: Term, least: float, most: float) -> Truth:
        """Where a number lies in the range; what is not finite lies in none."""
        within = self.finite(number)
        if least > -LARGEST:
            within &= number >= self.double(least)
        return within & (number <= self.double(most)) if most < LARGEST else within

    def finite(self, number: Term) -> Truth:
        """Where a number minus itself is 0: it is NaN for NaN and the infinities."""
        return (number - number) == self.double(0.0)

    def share(self, truth: Truth) -> Truth:
        """``truth`` itself: conditions are quicker where SQL engines find them than out of a column."""
        return truth

    def column(self, term: Term) -> Term:
        """``term`` as a column of ``staged``."""
        name = f"__column_{len(self.staged.columns)}"
        self.staged = self.staged.mutate(**{name: term})
        return self.staged[name]

    def double(self, value: float) -> Term:
        """Exactly this double: as a number in SQL it would be read as a decimal first, and rounded twice."""
        return ibis.literal(repr(value)).cast(dt.float64)

    def whole(self, value: int, bits: int) -> Term:
        """A signed number of 16, 32 or 64 bits, which every engine has."""
        return ibis.literal(value, dt.int16 if bits < 16 else dt.int32 if bits < 32 else dt.int64)

    def truth(self, value: Truth) -> Term:
        """``value`` as an expression."""
        return ibis.literal(value) if isinstance(value, bool) else value

    def choose(self, condition: Term, then: Term, otherwise: Term) -> Term:
        """``then`` where ``condition`` holds, else ``otherwise``."""
        return ibis.ifelse(condition, then, otherwise)

    def no_number(self) -> Term:
        """NULL of the type of doubles."""
        return ibis.null(dt.float64)


class DuckDBSurface(IbisSurface):
    """What DuckDB computes faster, or otherwise than it says it would."""

    def word_in(self, name: str, words: Sequence[str]) -> Truth:
        """By a function, which DuckDB asks once for each word of a file's dictionary, not for each row."""
        return _list_contains(list(words), self.value(name, "string"))

    def finite(self, number: Term) -> Truth:
        """By the one test that DuckDB 2.0 computes.

        It takes for certain what the statistics of a Parquet file say of its numbers, and these leave
        NaN out: both ``<=`` and ``isnan`` are then answered without a look.
        """
        return _isfinite(number)


class SparkSurface(IbisSurface):
    """What Ibis tells Spark otherwise than other engines."""

    def present(self, name: str) -> Truth:
        """Where the column is not NULL; Ibis lets Spark count NaN as NULL, so NaN is counted back."""
        present = super().present(name)
        if not self.schema[name].is_floating():
            return present
        return present | self.table[name].isnan().fill_null(False)


def surface_of(table: ir.Table) -> IbisSurface:
    """The table seen the way of the engine that holds it."""
    return {"duckdb": DuckDBSurface, "pyspark": SparkSurface}.get(table.get_backend().name, IbisSurface)(
        table
    )


@ibis.udf.scalar.builtin(name="isfinite")  # type: ignore[untyped-decorator]
def _isfinite(number: float) -> bool:  # type: ignore[empty-body]
    """DuckDB's own."""


@ibis.udf.scalar.builtin(name="list_contains")  # type: ignore[untyped-decorator]
def _list_contains(words: list[str], word: str) -> bool:  # type: ignore[empty-body]
    """DuckDB's own."""


def _kind(held: dt.DataType) -> Type | None:
    """What conditions can take a column for; None for dates, lists and whatever else there is."""
    if held.is_floating() or held.is_integer():
        return "number"
    if held.is_boolean():
        return "boolean"
    return "string" if held.is_string() else None
