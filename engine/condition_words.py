"""A condition in plain words: ``market_context.data_age_seconds is more than 30 s (limits.max_data_age)``."""

from collections.abc import Mapping

from engine.message import in_words
from engine.pack import RulePack
from engine.tree import (
    And,
    Arithmetic,
    Compare,
    CompareOp,
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
)

_COMPARED: Mapping[CompareOp, str] = {
    "==": "is", "!=": "is not",
    "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least",
}  # fmt: skip
_CALCULATED = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


def condition_in_words(condition: Node, pack: RulePack) -> str:
    """``condition`` of a rule of ``pack`` as a sentence's second half, with the values of its limits."""
    return _Speaker(pack).clause(condition)


class _Speaker:
    """Says one tree in the units of one pack."""

    def __init__(self, pack: RulePack) -> None:
        self.pack = pack

    def clause(self, node: Node) -> str:
        match node:
            case And(terms):
                return " and ".join(map(self._grouped, terms))
            case Or(terms):
                return " or ".join(map(self._grouped, terms))
            case Not(term):
                return self._negated(term)
            case Has(path):
                return f"{path} is given"
            case Compare(op, left, right):
                return f"{self._value(left, right)} {_COMPARED[op]} {self._value(right, left)}"
            case In(item, options):
                return f"{self._value(item, options)} is one of {self._value(options, item)}"
            case Constant(bool() as value):
                return "always" if value else "never"
            case _:
                return f"{self._value(node, node)} is true"

    def _grouped(self, node: Node) -> str:
        return f"({self.clause(node)})" if isinstance(node, And | Or) else self.clause(node)

    def _negated(self, term: Node) -> str:
        match term:
            case Has(path):
                return f"{path} is missing"
            case In(item, options):
                return f"{self._value(item, options)} is not one of {self._value(options, item)}"
            case InputRef():
                return f"{term.path} is false"
            case _:
                return f"not ({self.clause(term)})"

    def _value(self, node: Node, other: Node) -> str:
        """``node`` as an operand; a bare literal is said in the unit of what it stands beside."""
        match node:
            case InputRef(path):
                return path
            case LimitRef(name, value):
                return f"{in_words(value, self.pack.limits[name].unit)} (limits.{name})"
            case Constant(value) | ListConstant(value):
                return self._literal(value, self._unit(other))
            case Arithmetic("*" | "/" as op, left, right):  # a factor is a plain number
                return f"({self._value(left, left)} {_CALCULATED[op]} {self._value(right, right)})"
            case Arithmetic(op, left, right):
                return f"({self._value(left, right)} {_CALCULATED[op]} {self._value(right, left)})"
            case Negative(term):
                return f"minus {self._value(term, other)}"
            case _:
                return f"({self.clause(node)})"

    def _unit(self, node: Node) -> str | None:
        return self.pack.inputs[node.path].unit if isinstance(node, InputRef) else None

    @staticmethod
    def _literal(value: object, unit: str | None) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return in_words(value, unit)  # type: ignore[arg-type]  # a literal is a scalar or a list of them
