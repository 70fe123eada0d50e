"""Hypothesis strategies for random conditions and facts, drawn towards boundaries and awkward values."""

from math import inf, nextafter

from hypothesis import strategies as st

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

NUMBERS = ("n0", "market.n1", "n2", "p7", "id")
BOOLEANS = ("b0", "market.b1")
STRINGS = ("s0", "market.s1")

NOTABLE = (
    0.0, -0.0, 1.0, -1.0, 0.03, 0.7, 30.0, 1e-05, 1e16, 9.3e18, 9.4e18, 2.0**63, -(2.0**63), 2.0**53 + 2,
    5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, 1e-300, 123456789.125,
)  # fmt: skip
WORDS = (
    "",
    "AAPL",
    "ALLOW",
    "31",
    "true",
    "null",
    'x"y',
    "it's",
    "back\\slash",
    "tab\t",
    "\u0000",
    "naïve",
    "🚀",
    "e",
)

numbers = st.one_of(
    st.sampled_from(NOTABLE),
    st.sampled_from(NOTABLE).map(lambda x: min(nextafter(x, inf), NOTABLE[16])),
    st.sampled_from(NOTABLE).map(lambda x: max(nextafter(x, -inf), NOTABLE[17])),
    st.floats(allow_nan=False, allow_infinity=False),
)
strings = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))
_values = {"number": numbers, "boolean": st.booleans(), "string": strings}
_paths = {"number": NUMBERS, "boolean": BOOLEANS, "string": STRINGS}


def constants(kind: str) -> st.SearchStrategy[Node]:
    """A literal or a limit of one type."""
    return st.one_of(_values[kind].map(Constant), st.builds(LimitRef, st.just("limits.x"), _values[kind]))


def inputs(kind: str) -> st.SearchStrategy[Node]:
    """An input of one type."""
    return st.sampled_from(_paths[kind]).map(lambda path: InputRef(path, kind))


def _sums(terms: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    divisors = numbers.filter(bool).map(Constant)
    return st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*"), terms, terms),
        st.builds(Arithmetic, st.just("/"), terms, divisors),
        st.builds(Negative, terms),
    )


quantities = st.recursive(
    st.one_of(inputs("number"), inputs("number"), constants("number")), _sums, max_leaves=4
)


def _comparisons() -> st.SearchStrategy[Node]:
    order = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
    equality = st.sampled_from(("==", "!="))
    return st.one_of(
        st.builds(Compare, order, inputs("number"), constants("number")),
        st.builds(Compare, order, quantities, quantities),
        *(
            st.builds(Compare, equality, left, right)
            for kind in ("boolean", "string")
            for left, right in (
                (inputs(kind), constants(kind)),
                (constants(kind), inputs(kind)),
                (inputs(kind),) * 2,
            )
        ),
    )


def _memberships() -> st.SearchStrategy[Node]:
    return st.one_of(
        *(
            st.builds(
                In, inputs(kind), st.lists(_values[kind], min_size=1, max_size=4).map(tuple).map(ListConstant)
            )
            for kind in _values
        )
    )


atoms = st.one_of(
    _comparisons(),
    _memberships(),
    inputs("boolean"),
    st.booleans().map(Constant),
    st.sampled_from((*NUMBERS, *STRINGS)).map(Has),
)


def _connectives(terms: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(terms, min_size=2, max_size=5).map(tuple)
    return st.one_of(several.map(And), several.map(Or), terms.map(Not))


conditions = st.recursive(atoms, _connectives, max_leaves=12)
packs = st.lists(conditions, min_size=1, max_size=8)

_everything = {
    **dict.fromkeys(NUMBERS, numbers),
    **dict.fromkeys(BOOLEANS, st.booleans()),
    **dict.fromkeys(STRINGS, strings),
}
facts: st.SearchStrategy[dict[str, Scalar]] = st.one_of(
    st.fixed_dictionaries(_everything), st.fixed_dictionaries({}, optional=_everything)
)
