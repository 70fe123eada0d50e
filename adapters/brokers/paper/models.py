"""What trading costs at the paper broker, and how much of the market it lets one account take."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext

from policy.contracts import Action, Quote

CENT = Decimal("0.01")
_PRECISE = Context(prec=40)


@dataclass(frozen=True, slots=True)
class Commission:
    """Dollars of commission, by order: so much a share, not less than ``minimum``, and never more than a
    fraction of what was traded, which goes before the minimum.

    The defaults are Interactive Brokers' published fixed pricing for stocks in the United States, without
    the fees of exchanges and regulators.
    """

    per_share: Decimal = Decimal("0.005")
    minimum: Decimal = Decimal("1.00")
    most_of_value: Decimal = Decimal("0.01")

    def of(self, qty: Decimal, notional: Decimal) -> Decimal:
        """The commission on ``qty`` shares traded for ``notional`` dollars in all, to the cent, half up.

        It never falls as an order fills further, so that every fill is charged the difference.
        """
        with localcontext(_PRECISE):
            asked = min(max(self.per_share * qty, self.minimum), self.most_of_value * notional)
            return asked.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Slippage:
    """How far a fill is from the quote: ``half_spreads * sqrt(qty / volume)`` half-spreads.

    The square root of the share of the volume that is taken is the usual finding on temporary impact
    (Almgren et al., 2005, "Direct estimation of equity market impact"); measuring it in half-spreads makes
    it dearer where the market is thin.
    """

    half_spreads: Decimal = Decimal(1)

    def price(self, side: Action, quote: Quote, qty: Decimal, volume: Decimal) -> Decimal:
        """Dollars a share for taking ``qty`` of a step's ``volume`` shares at ``quote``.

        A buy pays the ask and more, a sell gets the bid and less, rounded against the order to the cent
        and never below one.
        """
        with localcontext(_PRECISE):
            half_spread = (quote.ask - quote.bid) / 2
            impact = half_spread * self.half_spreads * (qty / volume).sqrt()
            if side == "BUY":
                return (quote.ask + impact).quantize(CENT, ROUND_CEILING)
            return max(CENT, (quote.bid - impact).quantize(CENT, ROUND_FLOOR))


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that is assumed of trading.

    ``volume_share`` is the most of a step's volume that all orders of a symbol together may take, as a
    fraction. ``cushion`` is how far above the ask, as a fraction, a market buy is reserved: Alpaca, for
    one, reserves 2.5 to 4 per cent more.
    """

    commission: Commission = field(default_factory=Commission)
    slippage: Slippage = field(default_factory=Slippage)
    volume_share: Decimal = Decimal("0.10")
    cushion: Decimal = Decimal("0.03")

    def allowance(self, volume: Decimal) -> Decimal:
        """Whole shares that may be taken out of a step with ``volume`` shares: one at least, if any trades.

        Without that one, an account that bought a share in a thin market could never sell it there.
        """
        with localcontext(_PRECISE):
            share = (volume * self.volume_share).to_integral_value(ROUND_FLOOR)
            return max(share, min(Decimal(1), volume.to_integral_value(ROUND_FLOOR)))

    def reserve_price(self, limit_price: Decimal | None, ask: Decimal) -> Decimal:
        """Dollars a share that a resting buy sets aside: its limit, else the ask with the cushion."""
        with localcontext(_PRECISE):
            return limit_price or (ask * (1 + self.cushion)).quantize(CENT, ROUND_CEILING)
