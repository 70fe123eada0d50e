"""Doubles for the solver: their rank among all doubles, and the roundest one of an interval.

The finite doubles in order are as good as integers: ``rank`` numbers them, zero (of either sign) is
0 and the next double is the next number. What is proved of ranks with ``<`` and ``==`` is proved of
doubles, and between two neighbours there is nothing that a proof could mistake for a witness.
"""

import struct
from decimal import Decimal, localcontext

LARGEST = 1.7976931348623157e308
_SIGN = 1 << 63
_STEPS_TRIED = 20
_DIGITS = 60  # neighbouring doubles differ in their 17th digit; 20 steps below that stay exact


def bits_of(number: float) -> int:
    """The 64 bits of a double (IEEE 754 binary64), as an unsigned integer."""
    return int(struct.unpack("<Q", struct.pack("<d", number))[0])


def from_bits(bits: int) -> float:
    """The double of those 64 bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def rank(number: float) -> int:
    """The place of a finite double among all of them: ``rank(a) < rank(b)`` exactly when ``a < b``."""
    bits = bits_of(number)
    return bits if bits < _SIGN else _SIGN - bits


def unrank(place: int) -> float:
    """The double at ``place``; never -0.0."""
    return from_bits(place) if place >= 0 else -from_bits(-place)


def roundest(low: float, high: float, near: float) -> float | None:
    """The shortest number strictly between ``low`` and ``high``; of several the one nearest to ``near``.

    Ends beyond what a person would write count as twice the other one: above 30 comes 40, not 1e300.
    None when the interval holds no short number.
    """
    with localcontext(prec=_DIGITS):
        below, above = _familiar(low, high)
        largest = (above - below).adjusted() + 1
        for exponent in range(largest, largest - _STEPS_TRIED, -1):
            number = _multiple(below, above, Decimal(1).scaleb(exponent), Decimal(repr(near)))
            if number is not None and low < number < high:
                return number
    return None


def _familiar(low: float, high: float) -> tuple[Decimal, Decimal]:
    """The interval without its astronomical part."""
    below, above = Decimal(repr(low)), Decimal(repr(high))
    if high == LARGEST and low != -LARGEST:
        above = below + max(Decimal(2), abs(below))
    elif low == -LARGEST and high != LARGEST:
        below = above - max(Decimal(2), abs(above))
    return below, above


def _multiple(below: Decimal, above: Decimal, step: Decimal, near: Decimal) -> float | None:
    """The multiple of ``step`` strictly inside that lies nearest to ``near``."""
    first = (below // step) * step
    while first <= below:
        first += step
    last = (above // step) * step
    while last >= above:
        last -= step
    if first > last:
        return None
    nearest = (near / step).to_integral_value() * step
    return float(min(max(nearest, first), last))
