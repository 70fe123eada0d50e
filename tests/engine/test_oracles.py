"""Two independent CEL implementations agree with both evaluators on what a condition means.

CEL knows no third truth value: what we call unknown is an error there, which ``||`` and ``&&``
absorb in the same way. In one place we are stricter on purpose, and it is pinned below: CEL lets
arithmetic overflow to infinity and goes on, we call such a comparison unknown (and REJECT).
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import cel
import celpy
import pytest
from hypothesis import assume, given, settings

from engine.literals import to_cel
from engine.reference import compile_reference
from engine.rete import Network
from engine.tree import Arithmetic, Compare, Constant, InputRef, Node, Not, Or, Scalar
from tests.engine.trees import conditions, facts

Facts = dict[str, Scalar]
PARENTS = ("market",)  # a map that is there, so that has() asks about its field and not about the map itself


def nested(case: Facts) -> dict[str, Any]:
    """Facts as CEL reads them: ``market.n1`` is field ``n1`` of map ``market``."""
    root: dict[str, Any] = {parent: {} for parent in PARENTS}
    for path, value in case.items():
        parent, _, last = path.rpartition(".")
        (root[parent] if parent else root)[last] = value
    return {"facts": root}


def cel_in_rust(text: str, case: Facts) -> bool | None:
    """common-expression-language; it reports an absent field in several exception classes."""
    try:
        answer = cel.compile(text).execute(nested(case))
    except (KeyError, RuntimeError):
        return None
    assert isinstance(answer, bool)
    return answer


_python_cel = celpy.Environment()


def cel_in_python(text: str, case: Facts) -> bool | None:
    """cel-python."""
    program = _python_cel.program(_python_cel.compile(text))
    try:
        answer = program.evaluate({name: celpy.json_to_cel(value) for name, value in nested(case).items()})
    except celpy.CELEvalError:
        return None
    return bool(answer)


ORACLES = [cel_in_rust, cel_in_python]
Oracle = Callable[[str, Facts], bool | None]


def reference(condition: Node, case: Facts) -> tuple[bool | None, bool]:
    """The reference evaluator's truth value, and whether some arithmetic was not finite."""
    hits, unknowns, not_finite = compile_reference([condition], present=())(case)
    return None if unknowns else bool(hits), bool(not_finite)


def network(condition: Node, case: Facts) -> bool | None:
    """durable-rules' truth value."""
    with closing(Network([condition])) as rules:
        hits, unknowns = rules.judge(case)
    return None if unknowns else bool(hits)


@settings(max_examples=150, deadline=None)
@given(conditions, facts)
def test_both_evaluators_and_both_cel_implementations_agree(condition, case):
    truth, not_finite = reference(condition, case)
    assume(not not_finite)
    text = to_cel(condition, root="facts")
    assert network(condition, case) == truth
    assert [oracle(text, case) for oracle in ORACLES] == [truth, truth], text


@pytest.mark.parametrize("oracle", ORACLES)
def test_cel_goes_on_with_infinity_where_we_stop(oracle: Oracle):
    overflowing = Arithmetic("*", InputRef("x", "number"), Constant(10.0))
    condition = Compare(">", overflowing, Constant(0.0))
    case: Facts = {"x": 1e308}
    assert oracle(to_cel(condition, root="facts"), case) is True
    assert reference(condition, case) == (None, True)
    assert network(condition, case) is None


@pytest.mark.parametrize("oracle", ORACLES)
def test_cel_absorbs_an_error_as_we_absorb_the_unknown(oracle: Oracle):
    absent, true = InputRef("b0", "boolean"), Compare("==", Constant(1.0), Constant(1.0))
    for condition, expected in ((Or((absent, true)), True), (Or((true, absent)), True), (Not(absent), None)):
        assert oracle(to_cel(condition, root="facts"), {}) is expected
        assert network(condition, {}) is expected


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("number", [1e-05, 1e16, 9.3e18, 5e-324, 1.7976931348623157e308, -0.0, 0.1 + 0.2])
def test_a_number_survives_being_written_as_cel(oracle: Oracle, number: float):
    condition = Compare("==", InputRef("x", "number"), Constant(number))
    assert oracle(to_cel(condition, root="facts"), {"x": number}) is True
