"""Z3 formulas joined, negated, counted and looked up in a model, quickly.

Joining means what ``z3.And``, ``z3.Or`` and ``z3.Not`` mean, of formulas alone and of one context; those
look at each operand several times, to convert what is no formula yet, which took most of the time
that proofs about large packs took.
"""

from collections.abc import Callable, Sequence
from typing import Any

import z3

Formula = Any
"""A Z3 expression; the library ships no types."""


def all_of(*formulas: Formula) -> Formula:
    """That all of ``formulas``, at least one, hold."""
    return _joined(z3.Z3_mk_and, formulas)


def any_of(*formulas: Formula) -> Formula:
    """That at least one of ``formulas``, at least one, holds."""
    return _joined(z3.Z3_mk_or, formulas)


def negated(formula: Formula) -> Formula:
    """That ``formula`` does not hold."""
    context = formula.ctx
    return z3.BoolRef(z3.Z3_mk_not(context.ref(), formula.as_ast()), context)


def at_most(many: int, formulas: Sequence[Formula]) -> Formula:
    """That no more than ``many`` of ``formulas``, at least one, hold; as ``z3.AtMost``."""
    context = formulas[0].ctx
    return z3.BoolRef(z3.Z3_mk_atmost(context.ref(), len(formulas), _terms(formulas), many), context)


def holds_in(model: Any, variable: Formula) -> bool:
    """Whether a Boolean variable is true in ``model``; one it leaves open is taken to be false."""
    context = variable.ctx.ref()
    value = z3.Z3_model_get_const_interp(context, model.model, variable.decl().ast)
    return bool(value) and z3.Z3_get_bool_value(context, value) == z3.Z3_L_TRUE


def number_in(model: Any, variable: Formula) -> int:
    """What a variable of whole numbers is in ``model``; one it leaves open is taken to be 0."""
    context = variable.ctx.ref()
    value = z3.Z3_model_get_const_interp(context, model.model, variable.decl().ast)
    return int(z3.Z3_get_numeral_string(context, value)) if value else 0


def _joined(make: Callable[..., Any], formulas: Sequence[Formula]) -> Formula:
    first, many = formulas[0], len(formulas)
    if many == 1:
        return first
    return z3.BoolRef(make(first.ctx.ref(), many, _terms(formulas)), first.ctx)


def _terms(formulas: Sequence[Formula]) -> Any:
    return (z3.Ast * len(formulas))(*[one.as_ast() for one in formulas])
