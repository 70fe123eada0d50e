"""What one step of the market does to the orders that rest with the paper broker, told in order.

1. Messages that were held back until now are told.
2. Orders whose session is over expire: their close was never seen.
3. Orders that came in before the step meet its quotes, oldest first, and share the step's volume.
4. At the close, what is not filled expires.
5. Acknowledgements that a fault puts behind the fills are told.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from adapters.brokers.paper.books import Books
from adapters.brokers.paper.faults import Fault, Faults
from adapters.brokers.paper.models import Models
from adapters.brokers.paper.orders import PaperOrder, Trade, execution_id
from adapters.brokers.paper.turn import Turn, happened, released
from adapters.brokers.paper.venue import MarketStep, Venue
from adapters.ports import BrokerWord
from policy.contracts import Quote

CLOSE = "close"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Floor:
    """Where orders meet quotes: one step of the market, by the exchange's and the broker's terms."""

    step: MarketStep
    venue: Venue
    models: Models

    def quote(self, symbol: str) -> Quote | None:
        """The step's quote of ``symbol``; None without one that makes sense."""
        sound = (quote for quote in self.step.quotes if 0 < quote.bid <= quote.ask)
        return next((quote for quote in sound if quote.symbol == symbol), None)

    def volume(self, symbol: str) -> Decimal:
        """Shares of ``symbol`` that can be traded at the step."""
        return self.venue.volume(symbol, self.step.session, self.step.moment)


def stepped(books: Books, floor: Floor, faults: Faults) -> Turn:
    """``books`` after the step, which concerns them, with everything that is to be told of it."""
    at = floor.step.at
    books = replace(books, steps=books.steps + 1, stepped_at=at, latest=books.time(at))
    turn = released(Turn(books, at, faults), behind=False)
    for order in books.working.values():
        if order.taken_at < at:
            turn = _met(turn, order, floor)
    return released(turn, behind=True)


def _met(turn: Turn, order: PaperOrder, floor: Floor) -> Turn:
    if order.session < floor.step.session:
        return happened(turn, order, BrokerWord.EXPIRED, reason="its session is over")[0]
    if turn.faults.strikes(Fault.UNSOLICITED_CANCEL, order.client_order_id):
        return happened(turn, order, BrokerWord.CANCELLED, reason="cancelled by the broker's desk")[0]
    trade = _trade(turn, order, floor)
    if trade is not None:
        turn, order = happened(_taking(turn, order, trade), order, BrokerWord.FILLED, trade)
    if floor.step.moment == CLOSE and order.is_working:
        turn, order = happened(turn, order, BrokerWord.EXPIRED, reason="not filled by the close")
    return turn


def _trade(turn: Turn, order: PaperOrder, floor: Floor) -> Trade | None:
    """What ``order`` gets of the step, if anything: its quote may be missing, its limit out of reach, the
    volume used up by older orders."""
    quote = floor.quote(order.ticket.symbol)
    if quote is None or not _reached(order, quote):
        return None
    volume = floor.volume(order.ticket.symbol)
    left = floor.models.allowance(volume) - turn.traded.get(order.ticket.symbol, _ZERO)
    qty = min(order.leaves_qty, left)
    if qty <= 0:
        return None
    price = _price(order, floor.models.slippage.price(order.ticket.side, quote, qty, volume))
    return Trade(execution_id(order), qty, price, _commission(order, qty, price, floor.models))


def _reached(order: PaperOrder, quote: Quote) -> bool:
    limit = order.ticket.limit_price
    if limit is None:
        return True
    return quote.ask <= limit if order.ticket.side == "BUY" else quote.bid >= limit


def _price(order: PaperOrder, slipped: Decimal) -> Decimal:
    """Slippage never goes beyond the limit: what lies there is not taken."""
    limit = order.ticket.limit_price
    if limit is None:
        return slipped
    return min(limit, slipped) if order.ticket.side == "BUY" else max(limit, slipped)


def _commission(order: PaperOrder, qty: Decimal, price: Decimal, models: Models) -> Decimal:
    """What the order owes after this fill and has not been charged yet, in dollars."""
    owed = models.commission.of(order.cum_qty + qty, order.notional + qty * price)
    return owed - order.commission


def _taking(turn: Turn, order: PaperOrder, trade: Trade) -> Turn:
    symbol = order.ticket.symbol
    taken = turn.traded.get(symbol, _ZERO) + trade.qty
    return replace(turn, traded={**turn.traded, symbol: taken})
