"""Values the Rete network cannot work out by itself: arithmetic, membership, one input against another.

Each expression is compiled once to closures. A reader returns None where the value is unknown:
an input it needs is absent, or arithmetic on present inputs is not finite.
"""

import operator
from collections.abc import Callable, Mapping
from math import isfinite

from engine.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Has,
    In,
    InputRef,
    LimitRef,
    ListConstant,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
)

Facts = Mapping[str, Scalar]
Reader = Callable[[Facts], Scalar | None]

_COMPARE: dict[str, Callable[..., bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def reader(node: Node) -> Reader:
    """A function from facts to the value of ``node``, None where it is unknown (Kleene)."""
    match node:
        case Constant(value) | LimitRef(_, bool() | float() | str() as value):
            return lambda _: value
        case InputRef(path):
            return lambda facts: facts.get(path)
        case Has(path):
            return lambda facts: path in facts
        case Compare(op, left, right):
            return _known_both(_COMPARE[op], reader(left), reader(right))
        case Arithmetic(op, left, right):
            return _finite(_known_both(_ARITHMETIC[op], reader(left), reader(right)))
        case _:
            return _compound_reader(node)


def _compound_reader(node: Node) -> Reader:
    match node:
        case Not(term):
            return _known(operator.not_, reader(term))
        case Negative(term):
            return _known(operator.neg, reader(term))
        case And(terms):
            return _kleene([reader(term) for term in terms], absorbing=False)
        case Or(terms):
            return _kleene([reader(term) for term in terms], absorbing=True)
        case In(item, options):
            return _known(frozenset(options_of(options)).__contains__, reader(item))
        case _:
            raise TypeError(f"{type(node).__name__} has no value of its own; it belongs on the right of 'in'")


def options_of(options: ListConstant | LimitRef) -> tuple[Scalar, ...]:
    """The right side of ``in`` as plain values."""
    values = options.values if isinstance(options, ListConstant) else options.value
    return values if isinstance(values, tuple) else (values,)


def _known(function: Callable[..., Scalar], read: Reader) -> Reader:
    def value(facts: Facts) -> Scalar | None:
        term = read(facts)
        return None if term is None else function(term)

    return value


def _known_both(function: Callable[..., Scalar], read_left: Reader, read_right: Reader) -> Reader:
    def value(facts: Facts) -> Scalar | None:
        left, right = read_left(facts), read_right(facts)
        return None if left is None or right is None else function(left, right)

    return value


def _finite(read: Reader) -> Reader:
    def value(facts: Facts) -> Scalar | None:
        try:
            number = read(facts)
        except ZeroDivisionError:
            return None
        return number if number is not None and isfinite(number) else None  # type: ignore[arg-type]

    return value


def _kleene(reads: list[Reader], *, absorbing: bool) -> Reader:
    """``&&`` (absorbs on false) or ``||`` (on true): one absorbing term decides, whatever is unknown."""

    def value(facts: Facts) -> Scalar | None:
        unknown = False
        for read in reads:
            term = read(facts)
            if term is absorbing:
                return absorbing
            unknown |= term is None
        return None if unknown else not absorbing

    return value
