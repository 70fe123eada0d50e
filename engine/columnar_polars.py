"""Packs over a Polars frame: the fast way for what fits in memory, and for files read lazily.

Strings are best given as Enum: they are compared by their codes, and what an input accepts is
decided once for each word instead of once for each row.
"""

from collections.abc import Sequence

import polars as pl

from engine.columnar import PanelColumns
from engine.columnar_surface import ColumnsUnfit, Term, Truth, any_of
from engine.pack import RulePack
from engine.tree import Type

_FEW = 8
"""Up to so many words are compared one by one, which beats a look into a set."""


class PolarsPanel(PanelColumns):
    """What packs say of each row of a Polars frame.

    Columns have the names of inputs; NULL is absent, as is an input without a column; columns that
    no pack declares are not looked at.

    Raises:
        ColumnsUnfit: a column holds something else than its input declares.
    """

    surface: "PolarsSurface"

    def __init__(self, packs: Sequence[RulePack], frame: pl.DataFrame | pl.LazyFrame) -> None:
        super().__init__(packs, PolarsSurface(frame.collect_schema()))
        self.frame = frame.lazy()

    def select(self, *kept: str, **said: Term) -> pl.LazyFrame:
        """The columns ``kept`` as they are, and beside them what the packs say, by new name."""
        frame = self.frame
        for stage in self.surface.shared:
            frame = frame.with_columns(**stage)
        return frame.with_columns(**said).select(*kept, *said)


class PolarsSurface:
    """Implements ``engine.columnar_surface.Surface`` with Polars expressions."""

    def __init__(self, schema: pl.Schema) -> None:
        self.schema = schema
        self.shared: list[dict[str, pl.Expr]] = []
        """Columns to add before anything is selected, stage by stage: each reads those before it."""
        self._stages: dict[str, int] = {}
        self._equal: dict[tuple[str, object], Truth] = {}

    def has(self, name: str) -> bool:
        """Whether the frame has the column; one of NULLs alone counts as none."""
        return name in self.schema and self.schema[name] != pl.Null

    def value(self, name: str, kind: Type) -> Term:
        """The column as doubles, booleans or strings."""
        held, column = self.schema[name], pl.col(name)
        if _kind(held) != kind:
            raise ColumnsUnfit(f"column {name} holds {held}; its input is a {kind}")
        if kind == "number":
            return column if held == pl.Float64 else column.cast(pl.Float64)
        return column.cast(pl.String) if kind == "string" and held != pl.String else column

    def present(self, name: str) -> Truth:
        """Where the column is not NULL."""
        return pl.col(name).is_not_null()

    def word_in(self, name: str, words: Sequence[str]) -> Truth:
        """Where a column of strings holds one of ``words``."""
        held = self.schema[name]
        if isinstance(held, pl.Enum):
            return self._coded(name, held.categories.to_list(), frozenset(words))
        column = self.value(name, "string")
        if len(words) > _FEW:
            return column.is_in(list(words))
        return any_of(self._equals(name, column, word) for word in words)

    def length_within(self, name: str, least: int, most: int | None) -> Truth:
        """Where a string has at least ``least`` and at most ``most`` characters."""
        held = self.schema[name]
        if isinstance(held, pl.Enum):
            words = held.categories.to_list()
            fitting = (word for word in words if least <= len(word) and (most is None or len(word) <= most))
            return self._coded(name, words, frozenset(fitting))
        length = self.value(name, "string").str.len_chars()
        return length >= least if most is None else (length >= least) & (length <= most)

    def within(self, number: Term, least: float, most: float) -> Truth:
        """Where a number lies in the range; Polars holds NaN to be above all numbers."""
        return (number >= self.double(least)) & (number <= self.double(most))

    def share(self, truth: Truth) -> Truth:
        """A column of its own: Polars finds only some of what an expression says twice."""
        if isinstance(truth, bool):
            return truth
        stage = max((self._stages.get(name, -1) for name in truth.meta.root_names()), default=-1) + 1
        if stage == len(self.shared):
            self.shared.append({})
        name = f"__shared_{len(self._stages)}"
        self._stages[name] = stage
        self.shared[stage][name] = truth
        return pl.col(name)

    def column(self, term: Term) -> Term:
        """``term`` as a column of its own."""
        return self.share(term)

    def double(self, value: float) -> Term:
        """Exactly this double."""
        return pl.lit(value, pl.Float64)

    def whole(self, value: int, bits: int) -> Term:
        """An unsigned number of 8, 16 or 32 bits."""
        return pl.lit(value, pl.UInt8 if bits <= 8 else pl.UInt16 if bits <= 16 else pl.UInt32)

    def truth(self, value: Truth) -> Term:
        """``value`` as an expression."""
        return pl.lit(value) if isinstance(value, bool) else value

    def choose(self, condition: Term, then: Term, otherwise: Term) -> Term:
        """``then`` where ``condition`` holds, else ``otherwise``."""
        return pl.when(condition).then(then).otherwise(otherwise)

    def no_number(self) -> Term:
        """NULL of the type of doubles."""
        return pl.lit(None, pl.Float64)

    def _coded(self, name: str, categories: Sequence[str], wanted: frozenset[str]) -> Truth:
        """Where the word is among ``wanted``; plain True or False where that goes for every word there is."""
        codes = [code for code, word in enumerate(categories) if word in wanted]
        if len(codes) in (0, len(categories)):
            return bool(codes)
        column = pl.col(name).to_physical()
        if len(codes) > _FEW:
            return column.is_in(codes)
        return any_of(self._equals(name, column, code) for code in codes)

    def _equals(self, name: str, column: pl.Expr, value: object) -> Truth:
        if (name, value) not in self._equal:
            self._equal[name, value] = self.share(column == value)
        return self._equal[name, value]


def _kind(held: pl.DataType) -> Type | None:
    """What conditions can take a column for; None for dates, lists and whatever else there is."""
    if held.is_float() or held.is_integer():
        return "number"
    if held == pl.Boolean:
        return "boolean"
    return "string" if held in (pl.String, pl.Categorical, pl.Enum) else None
