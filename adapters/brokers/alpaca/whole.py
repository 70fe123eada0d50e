"""The account of one moment: Alpaca gives cash, positions and orders one by one, while fills go on."""

from datetime import datetime, timedelta
from decimal import Decimal

from adapters.brokers.alpaca.asking import Asking
from adapters.brokers.alpaca.journal import Journal
from adapters.brokers.alpaca.looking import Looking
from adapters.brokers.alpaca.telling import end_of, is_untraceable, seen
from adapters.brokers.alpaca.wire import WireAccount, WireOrder
from adapters.ports import BrokerAccount, BrokerOrder, BrokerSilent

ATTEMPTS = 3
ORDER_LASTS = timedelta(days=1)
"""How long before ``since`` an order of the day can have been handed in that ended after it."""
_ACTIVE = "ACTIVE"
_FLAGS = {
    "trading_blocked": "its trading is blocked",
    "account_blocked": "it is blocked",
    "trade_suspended_by_user": "its owner has suspended trading",
}


def whole_account(asking: Asking, looking: Looking, journal: Journal, since: datetime) -> BrokerAccount:
    """Cash, positions, flags, and the orders that work or changed at ``since`` or later.

    The orders are read between two equal readings of cash and positions, so that they belong together;
    raises ``BrokerSilent`` where that cannot be had, or any part of it.
    """
    for _ in range(ATTEMPTS):
        before = _holdings(asking)
        orders = _orders(asking, looking, journal, since)
        after = _holdings(asking)
        if before == after:
            account, positions = after
            return BrokerAccount(orders, positions, account.cash, blocked_by(account))
    raise BrokerSilent("the account changed each time while it was read; ask again later")


def blocked_by(account: WireAccount) -> str | None:
    """Why the account takes no orders; None where it does."""
    why = [words for flag, words in _FLAGS.items() if getattr(account, flag)]
    if account.status != _ACTIVE:
        why.append(f"its status is {account.status}")
    if account.currency != "USD":
        why.append(f"it is in {account.currency} and the house counts in dollars")
    return "; ".join(why) or None


def _holdings(asking: Asking) -> tuple[WireAccount, dict[str, Decimal]]:
    """Cash and positions; buying power follows the market by the second and is no part of it."""
    account = asking.account()
    return account.model_copy(update={"buying_power": Decimal(0)}), asking.positions()


def _orders(asking: Asking, looking: Looking, journal: Journal, since: datetime) -> list[BrokerOrder]:
    listed = [*asking.open_orders(), *asking.ended_orders(since - ORDER_LASTS)]
    by_id = {order.id: order for order in listed}
    for external in journal.changed_since(since):
        if external not in by_id:
            by_id[external] = looking.order(external)
    concerned = [order for order in by_id.values() if _concerns(order, since, journal.opened_at)]
    return [seen(known, order) for order, known in looking.followed(concerned)]


def _concerns(order: WireOrder, since: datetime, opened_at: datetime) -> bool:
    """Whether the order works, or ended after ``since``, and not before the account was opened here."""
    if end_of(order) is None:
        return True
    return order.updated_at >= max(since, opened_at) and not is_untraceable(order)
