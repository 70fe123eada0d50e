"""Reasons tell values in a person's words, exactly: a rounded limit would be a wrong limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.message import in_words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (31.0, "seconds", "31 s"),
        (0.5, "seconds", "0.5 s"),
        (0.02, "fraction", "2 %"),
        (0.6, "fraction", "60 %"),
        (0.030000000000000002, "fraction", "3.0000000000000002 %"),
        (0.0, "fraction", "0 %"),
        (1.0, "fraction", "100 %"),
        (1e-05, "fraction", "0.001 %"),
        (1e-05, None, "0.00001"),
        (9.3e18, None, "9.3e18"),
        (5e-324, None, "5e-324"),
        (-0.35, "ratio", "-0.35"),
        (True, None, "yes"),
        ("AAPL", None, "AAPL"),
        (("AAPL", "IBM"), None, "AAPL, IBM"),
    ],
)
def test_a_value_reads_as_a_person_would_write_it(value, unit, words):
    assert in_words(value, unit) == words


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost(number):
    assert Decimal(in_words(number)) == Decimal(repr(number))
    assert Decimal(in_words(number, "fraction").removesuffix(" %")) == Decimal(repr(number)) * 100
