"""How a price moves within one daily bar, and the spread around it: stated models, no dice.

A daily bar does not say when its high and low were seen. The path here is the usual convention of
bar replays: a bar that closes at or above its open went down first (open, low, high, close), any
other went up first (open, high, low, close); between those points the price moves in a straight
line of session time.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from policy.contracts import Bar

CENT = Decimal("0.01")
HALF_CENT = Decimal("0.005")
TURNING_POINTS = (Decimal(0), Decimal("0.3"), Decimal("0.7"), Decimal(1))
SPREAD_WINDOW = 20
FULL_DEPTH_DOLLARS = 100_000_000
BASE_HALF_SPREAD = Decimal("0.0001")
UNKNOWN_HALF_SPREAD = Decimal("0.0005")
WIDEST_HALF_SPREAD = Decimal("0.0050")


def mid_price(bar: Bar, elapsed: Decimal) -> Decimal:
    """The path's price in dollars after ``elapsed`` of the session, a fraction from 0 to 1."""
    prices = _turning_prices(bar)
    leg = sum(point < elapsed for point in TURNING_POINTS[1:-1])
    start, end = TURNING_POINTS[leg], TURNING_POINTS[leg + 1]
    return prices[leg] + (prices[leg + 1] - prices[leg]) * (elapsed - start) / (end - start)


def bid_and_ask(mid: Decimal, half_spread: Decimal) -> tuple[Decimal, Decimal]:
    """Bid and ask to the cent around ``mid``: at least half a cent away, rounded away from it.

    ``half_spread`` is a fraction of the price. The bid never falls below one cent.
    """
    distance = max(HALF_CENT, mid * half_spread)
    bid = (mid - distance).quantize(CENT, ROUND_FLOOR)
    return max(CENT, bid), max(CENT * 2, (mid + distance).quantize(CENT, ROUND_CEILING))


def half_spreads(bars: Sequence[Bar]) -> tuple[Decimal, ...]:
    """The half-spread of each bar's session as a fraction of the price, known before it opens.

    ``1 bp * sqrt(100 million dollars / average dollar volume of the up to 20 bars before)``, at most
    50 bp; 5 bp on the first day of a listing. The square root follows the usual finding that
    trading costs grow with the square root of what one trades against (Almgren et al., 2005, "Direct
    estimation of equity market impact").
    """
    dollars = [int(bar.close * bar.volume) for bar in bars]
    spreads = [UNKNOWN_HALF_SPREAD] if bars else []
    window = 0
    for index in range(1, len(bars)):
        window += dollars[index - 1] - (dollars[index - 1 - SPREAD_WINDOW] if index > SPREAD_WINDOW else 0)
        spreads.append(_half_spread(window // min(index, SPREAD_WINDOW)))
    return tuple(spreads)


def _half_spread(average_dollars: int) -> Decimal:
    if average_dollars <= 0:
        return WIDEST_HALF_SPREAD
    scarcity = (Decimal(FULL_DEPTH_DOLLARS) / average_dollars).sqrt()
    return min(WIDEST_HALF_SPREAD, (BASE_HALF_SPREAD * scarcity).quantize(Decimal("1E-8")))


def _turning_prices(bar: Bar) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    if bar.close >= bar.open:
        return bar.open, bar.low, bar.high, bar.close
    return bar.open, bar.high, bar.low, bar.close
