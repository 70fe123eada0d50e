"""What a condition means: the reference evaluator, as generated Python that can be read.

Kleene logic is written as a pair of ordinary expressions for each condition: one that holds when
it is *true* and one that holds when it is *false*; when neither holds it is *unknown*. For a
condition whose inputs are all present one expression is enough. Arithmetic is computed first,
each sub-expression once, so that a value that is not finite is seen even where ``||`` would
have absorbed it.

A compiled pack of two rules reads, in essence::

    def judge(facts):
        a = facts["market_context.data_age_seconds"]
        b = facts.get("market_context.liquidity_score")
        hits = unknowns = bad = 0
        if a > 30.0: hits |= 1
        if b is not None and b < 0.7: hits |= 2
        elif not (b is not None and not b < 0.7): unknowns |= 2
        return hits, unknowns, bad
"""

from collections.abc import Callable, Collection, Mapping, Sequence
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
    inputs_of,
    walk,
)

Judgement = tuple[int, int, int]
"""Bit masks by condition: hits, unknowns, and conditions with arithmetic that is not finite."""
Judge = Callable[[Mapping[str, Scalar]], Judgement]


def compile_reference(conditions: Sequence[Node], present: Collection[str]) -> Judge:
    """A function from facts to the judgement of every condition.

    ``present`` names the inputs that the caller guarantees to be in the facts; any other may be
    absent. Facts are valid for their pack: right types, finite numbers as floats.
    """
    writer = _Writer(frozenset(present))
    for index, condition in enumerate(conditions):
        writer.rule(index, condition)
    namespace: dict[str, object] = {"finite": isfinite, **writer.constants}
    exec(compile(writer.source(), "<reference evaluator>", "exec"), namespace)  # noqa: S102
    return namespace["judge"]  # type: ignore[return-value]


class _Writer:
    """Writes the body of ``judge`` rule by rule.

    Numbers are written as their exact ``repr``; strings and lists never become program text but
    are bound to parameters, which are as fast to read as local variables.
    """

    def __init__(self, present: frozenset[str]) -> None:
        self.present = present
        self.constants: dict[str, object] = {}
        self.names: dict[str, str] = {}
        self.calculated: dict[Node, str] = {}
        self.maybe_absent: set[str] = set()
        self.lines: list[str] = []

    def source(self) -> str:
        parameters = ", ".join(["facts", "finite=finite", *(f"{name}={name}" for name in self.constants)])
        lines = [*map(self._read, self.names), "hits = unknowns = bad = 0", *self.lines]
        return "\n    ".join([f"def judge({parameters}):", *lines, "return hits, unknowns, bad"])

    def _read(self, path: str) -> str:
        return (
            f"{self.names[path]} = facts[{path!r}]"
            if path in self.present
            else f"{self.names[path]} = facts.get({path!r})"
        )

    def rule(self, index: int, condition: Node) -> None:
        bit = str(1 << index)
        self._arithmetic_first(condition, bit)
        self.lines.append(f"if {self._true(condition)}: hits |= {bit}")
        if self._may_be_unknown(condition):
            self.lines.append(f"elif not ({self._false(condition)}): unknowns |= {bit}")

    def _true(self, node: Node) -> str:
        match node:
            case And(terms):
                return "(" + " and ".join(map(self._true, terms)) + ")"
            case Or(terms):
                return "(" + " or ".join(map(self._true, terms)) + ")"
            case Not(term):
                return self._false(term)
            case Has(path):
                return "True" if path in self.present else f"{self._input(path)} is not None"
            case _:
                return self._atom(node, "{}")

    def _false(self, node: Node) -> str:
        match node:
            case And(terms):
                return "(" + " or ".join(map(self._false, terms)) + ")"
            case Or(terms):
                return "(" + " and ".join(map(self._false, terms)) + ")"
            case Not(term):
                return self._true(term)
            case Has(path):
                return "False" if path in self.present else f"{self._input(path)} is None"
            case _:
                return self._atom(node, "not {}")

    def _atom(self, node: Node, form: str) -> str:
        """A comparison, membership or bare boolean, guarded by the presence of what it reads."""
        match node:
            case Compare(op, left, right):
                operands = [self._value(left), self._value(right)]
                text = f"({operands[0]} {op} {operands[1]})"
            case In(item, options):
                operands = [self._value(item)]
                text = f"({operands[0]} in {self._constant(frozenset(_values(options)))})"
            case _:
                operands = [self._value(node)]
                text = operands[0]
        guards = [f"{name} is not None" for name in operands if name in self.maybe_absent]
        return "(" + " and ".join([*guards, form.format(text)]) + ")"

    def _value(self, node: Node) -> str:
        match node:
            case Constant(str() as value) | LimitRef(_, str() as value):
                return self._constant(value)
            case Constant(value) | LimitRef(_, value):
                return repr(value)
            case InputRef(path, _):
                return self._input(path)
            case _:
                return self.calculated[node]

    def _arithmetic_first(self, condition: Node, bit: str) -> None:
        """Give every arithmetic sub-expression a variable that is None when absent or not finite."""
        self.calculated = {}
        for node in _arithmetic_below(condition):
            name = self._calculate(node)
            self.lines.append(f"if {name} is not None and not finite({name}): {name} = None; bad |= {bit}")

    def _calculate(self, node: Arithmetic | Negative) -> str:
        name = f"t{len(self.lines)}"
        terms = (node.term,) if isinstance(node, Negative) else (node.left, node.right)
        operands = [self._value(term) for term in terms]
        text = f"-{operands[0]}" if isinstance(node, Negative) else f"{operands[0]} {node.op} {operands[1]}"
        absent = " or ".join(f"{operand} is None" for operand in operands if operand in self.maybe_absent)
        self.lines.append(f"{name} = None if {absent} else {text}" if absent else f"{name} = {text}")
        self.calculated[node] = name
        self.maybe_absent.add(name)
        return name

    def _input(self, path: str) -> str:
        name = self.names.setdefault(path, f"i{len(self.names)}")
        if path not in self.present:
            self.maybe_absent.add(name)
        return name

    def _constant(self, value: object) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def _may_be_unknown(self, condition: Node) -> bool:
        return bool(_arithmetic_below(condition)) or not self.present.issuperset(inputs_of(condition))


def _arithmetic_below(condition: Node) -> list[Arithmetic | Negative]:
    """Every arithmetic sub-expression, operands before what uses them."""
    found = [node for node in walk(condition) if isinstance(node, Arithmetic | Negative)]
    return list(dict.fromkeys(reversed(found)))


def _values(options: ListConstant | LimitRef) -> tuple[Scalar, ...]:
    values = options.values if isinstance(options, ListConstant) else options.value
    assert isinstance(values, tuple)
    return values
