"""One symbol's features as they were after each of its bars; it grows at its end and nowhere else."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isnan

import numpy as np

from adapters.correlation import ReturnWindow
from adapters.features.catalogue import SET_VERSION, still_cold
from adapters.features.liquidity import liquidity_score
from adapters.features.sessions import ExchangeDays, last_opening
from policy.contracts import Bar, FeatureSnapshot

# Enough to compare, short enough that the last bit of a sum in another order cannot show.
DIGITS = 10


class Track:
    """Rows of measured features by the time at which their bar closed.

    A row is appended by one thread at a time and may be read by others: ``_closes``, by which it is found,
    gets it last.
    """

    def __init__(self, symbol: str, days: ExchangeDays | None) -> None:
        self.symbol = symbol
        self._days = days
        self._closes: list[datetime] = []
        self._opens: list[datetime] = []
        self._in_a_row: list[int] = []
        self._measured: list[Mapping[str, float]] = []
        self._told: dict[int, Mapping[str, float]] = {}

    def append(self, bar: Bar, in_a_row: int, measured: Mapping[str, float]) -> None:
        """The features ``measured`` as ``bar`` closed, NaN where there is none.

        The bar is the ``in_a_row``-th of sessions in a row, counted from 1.
        """
        self._measured.append(measured)
        self._in_a_row.append(in_a_row)
        self._opens.append(bar.opened_at)
        self._closes.append(bar.closed_at)

    def snapshot(self, at: datetime) -> FeatureSnapshot:
        """Features from bars closed by ``at``; none are warm before the first."""
        bars, in_a_row = self._known(at)
        return FeatureSnapshot(
            symbol=self.symbol,
            at=at,
            bars=bars,
            values=self._values(bars - 1) if in_a_row else {},
            version=SET_VERSION,
            cold=still_cold(in_a_row),
        )

    def liquidity(self, at: datetime) -> float | None:
        """The liquidity score as of ``at``; None while it is not warm."""
        bars, in_a_row = self._known(at)
        return self._values(bars - 1).get("liquidity_score") if in_a_row else None

    def return_window(self, at: datetime, days: int) -> ReturnWindow | None:
        """The last ``days`` daily returns known at ``at``; None when fewer sessions in a row have one."""
        end, in_a_row = self._known(at)
        if in_a_row <= days:  # the first bar has no return
            return None
        rows = self._measured[end - days : end]
        returns = np.array([row["return_1d"] for row in rows])
        return ReturnWindow(tuple(self._closes[end - days : end]), returns)

    def _known(self, at: datetime) -> tuple[int, int]:
        """How many bars had closed by ``at``, and how many of them are of the last sessions in a row.

        That is none where the bar of the last session is missing: what is older says nothing of today.
        """
        bars = bisect_right(self._closes, at)
        expected = last_opening(self._days, at) if bars and self._days else None
        if not bars or (expected is not None and self._opens[bars - 1] < expected):
            return bars, 0
        return bars, self._in_a_row[bars - 1]

    def _values(self, index: int) -> Mapping[str, float]:
        """What is told of a row; rounding is put off until somebody asks, since most are never asked for."""
        if index not in self._told:
            self._told[index] = told(self._measured[index])
        return self._told[index]


def told(measured: Mapping[str, float]) -> Mapping[str, float]:
    """What a snapshot says of features as ``measured``: those there are, to ten digits, with their score."""
    values = {name: rounded(value) for name, value in measured.items() if not isnan(value)}
    score = liquidity_score(values)
    return by_name(values if score is None else {**values, "liquidity_score": score})


def by_name(values: Mapping[str, float]) -> Mapping[str, float]:
    """``values`` in the order of their names, which JSON between processes keeps."""
    return dict(sorted(values.items()))


def rows_of(columns: Mapping[str, Sequence[float]]) -> list[Mapping[str, float]]:
    """Columns of features, an entry for each bar, as a row for each bar."""
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def rounded(value: float) -> float:
    """``value`` to the ten digits that a snapshot tells."""
    return float(f"{value:.{DIGITS}g}")
