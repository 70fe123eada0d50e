"""Holds the forms of every feature against each other: bar by bar, over all history at once, in Polars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isnan, ulp

from adapters.features.batch import frame_of, measured
from adapters.features.formulas import all_features
from adapters.features.history import columns_of
from adapters.features.sessions import ExchangeDays, unbroken
from adapters.features.stream import Stream
from policy.contracts import Bar

Columns = Mapping[str, Sequence[float]]
"""Values by feature, an entry for each bar of all symbols, NaN where there is none."""
Bars = Mapping[str, Sequence[Bar]]

ALLOWED_ULPS = {"bar by bar": 0.0, "Polars": 64.0}
"""How far each form may be from the history's, in units in the last place of a double."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest difference of two columns, in units in the last place and as a fraction of the value.

    ``compared`` counts bars where both have a value, ``alone`` those where one of them has none.
    """

    ulps: float
    relative: float
    compared: int
    alone: int


def largest(one: Sequence[float], other: Sequence[float]) -> Difference:
    """How far ``other`` is from ``one`` where it is farthest."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not (isnan(a) and isnan(b))]
    both = [(a, b) for a, b in pairs if not (isnan(a) or isnan(b))]
    apart = [(abs(a - b), a) for a, b in both if a != b]
    return Difference(
        ulps=max((gap / ulp(value) for gap, value in apart), default=0.0),
        relative=max((gap / abs(value) for gap, value in apart if value), default=0.0),
        compared=len(both),
        alone=len(pairs) - len(both),
    )


def forms_of(bars: Bars, days: ExchangeDays) -> Mapping[str, Columns]:
    """Every feature of ``bars`` in each form, ``history`` first; symbols one after the other."""
    runs = [run for series in bars.values() for run in unbroken(series, days) if run]
    history = _joined([_lists(run) for run in runs])
    return {
        "history": history,
        "bar by bar": _joined([_streamed(run) for run in runs]),
        "Polars": _polars(bars, days, list(history)),
    }


def differences(forms: Mapping[str, Columns]) -> Mapping[str, Mapping[str, Difference]]:
    """By form and feature, how far each form is from the first of ``forms``."""
    (_, first), *others = forms.items()
    return {form: {name: largest(first[name], told[name]) for name in told} for form, told in others}


def too_far(found: Mapping[str, Mapping[str, Difference]]) -> list[str]:
    """The features whose forms are farther apart than ``ALLOWED_ULPS``, or of which one form has more."""
    return sorted(
        {
            name
            for form, told in found.items()
            for name, one in told.items()
            if one.alone or one.ulps > ALLOWED_ULPS[form]
        }
    )


def _lists(run: Sequence[Bar]) -> Columns:
    return {name: column.tolist() for name, column in all_features(columns_of(run)).items()}


def _streamed(run: Sequence[Bar]) -> Columns:
    stream = Stream()
    rows = [stream.take(bar) for bar in run]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _polars(bars: Bars, days: ExchangeDays, names: Sequence[str]) -> Columns:
    table = measured(frame_of(bars, days))
    return {name: table[name].fill_null(float("nan")).to_list() for name in names}


def _joined(parts: Sequence[Columns]) -> Columns:
    return {name: list(chain.from_iterable(part[name] for part in parts)) for name in parts[0]}
