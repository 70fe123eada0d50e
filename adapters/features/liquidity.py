"""How easily a symbol trades, as one score from 0 (not at all) to 1 (as deep as one could wish)."""

from collections.abc import Mapping
from math import exp

# A symbol that trades this much a day on average reaches 1 - 1/e = 0.63 of full depth.
DEPTH_SCALE_DOLLARS = 50_000_000.0
# A day with less than this share of the usual volume counts as thin, in proportion.
ORDINARY_PARTICIPATION = 0.75


def liquidity_score(features: Mapping[str, float]) -> float | None:
    """``depth * participation``, rounded to four digits; None when either is not known yet.

    ``depth = 1 - exp(-dollar_volume_20d / 50 million)``: how much money changes hands on a usual day.
    ``participation = min(1, relative_volume / 0.75)``: how much of the usual crowd showed up in the last
    closed session. So 0.7 means about 60 million dollars a day at ordinary participation, or a deep
    symbol in a session with little more than half its usual volume (the days around holidays). The
    formula is this project's own; its inputs are the ones named by Amihud (2002, "Illiquidity and
    stock returns"), dollar volume and how it varies.
    """
    dollars, relative = features.get("dollar_volume_20d"), features.get("relative_volume")
    if dollars is None or relative is None:
        return None
    depth = 1 - exp(-dollars / DEPTH_SCALE_DOLLARS)
    return round(depth * min(1.0, relative / ORDINARY_PARTICIPATION), 4)
