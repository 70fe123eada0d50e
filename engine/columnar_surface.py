"""What a columnar library must offer for packs to become its expressions: Polars and Ibis both do.

Both write ``& | ~ + - * /`` and comparisons the same way and pass over NULL alike: ``NULL & false`` is
false. The rest, where they differ, is a ``Surface``.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import and_, or_
from typing import Any, Protocol

from engine.errors import EngineError
from engine.tree import Type

Term = Any
"""A column of values yet to be computed: a ``polars.Expr`` or an Ibis value."""
Truth = Any
"""A column of true and false, or plain True or False where every row would say the same."""

LARGEST = 1.7976931348623157e308


class ColumnsUnfit(EngineError):
    """A table has a column that cannot be the input of its name; the text says which and why."""


class Surface(Protocol):
    """One table seen through one library. Columns are named by input; NULL means absent."""

    def has(self, name: str) -> bool:
        """Whether the table has a column for this input; without one it is absent everywhere."""
        ...

    def value(self, name: str, kind: Type) -> Term:
        """The column as doubles, booleans or strings; ``ColumnsUnfit`` when it holds something else."""
        ...

    def present(self, name: str) -> Truth:
        """Where the column is not NULL."""
        ...

    def word_in(self, name: str, words: Sequence[str]) -> Truth:
        """Where a column of strings holds one of ``words``; NULL where it is NULL."""
        ...

    def length_within(self, name: str, least: int, most: int | None) -> Truth:
        """Where a string has at least ``least`` and at most ``most`` characters."""
        ...

    def within(self, number: Term, least: float, most: float) -> Truth:
        """Where a number lies in the range, both ends included; NaN lies in none."""
        ...

    def share(self, truth: Truth) -> Truth:
        """``truth``, computed once however often it is used."""
        ...

    def column(self, term: Term) -> Term:
        """``term`` as a column of its own, added to the table before anything that reads it."""
        ...

    def double(self, value: float) -> Term:
        """Exactly this double."""
        ...

    def whole(self, value: int, bits: int) -> Term:
        """A whole number of a type wide enough for ``bits`` bits."""
        ...

    def truth(self, value: Truth) -> Term:
        """``value`` as a term, also where it is plain True or False."""
        ...

    def choose(self, condition: Term, then: Term, otherwise: Term) -> Term:
        """``then`` where ``condition`` holds, else ``otherwise``."""
        ...

    def no_number(self) -> Term:
        """NULL of the type of doubles."""
        ...


def all_of(truths: Iterable[Truth]) -> Truth:
    """Where all hold; plain True for none."""
    return _joined(truths, and_, decisive=False)


def any_of(truths: Iterable[Truth]) -> Truth:
    """Where any holds; plain False for none."""
    return _joined(truths, or_, decisive=True)


def negated(truth: Truth) -> Truth:
    """Where ``truth`` does not hold."""
    return not truth if isinstance(truth, bool) else ~truth


def balanced(join: Callable[[Term, Term], Term], terms: Sequence[Term]) -> Term:
    """All ``terms`` joined as a shallow tree: the libraries walk expressions by recursion."""
    while len(terms) > 1:
        pairs = [join(*terms[at : at + 2]) for at in range(0, len(terms) - 1, 2)]
        terms = pairs + list(terms[len(pairs) * 2 :])
    return terms[0]


def _joined(truths: Iterable[Truth], join: Callable[[Term, Term], Term], decisive: bool) -> Truth:
    each_once: dict[int, Term] = {}
    for truth in truths:
        if truth is decisive:
            return decisive
        if not isinstance(truth, bool):
            each_once[id(truth)] = truth
    return balanced(join, list(each_once.values())) if each_once else not decisive
