"""More of what can go wrong at the sandbox broker: answers to orders, orders of others, dying processes."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.brokers.alpaca_stand_in.faults import Fault
from tests.adapters.execution.broken_line import ProcessEnded
from tests.flows.sandbox_house import SandboxHouse
from tests.flows.sandbox_stories import STORIES, story

__all__ = ["STORIES"]

POST, ORDERS, BY_OUR_ID = "POST /v2/orders", "GET /v2/orders", "GET /v2/orders:by_client_order_id"


@story("429 on the order", "nothing was done; it is not sent again")
def too_many(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.TOO_MANY)
    house.buy()
    quiet_over(house)


@story(
    "429 with Retry-After", "the lists cannot be read for a second, a fill happens meanwhile", streaming=False
)
def too_many_for_a_while(house: SandboxHouse) -> None:
    order = house.buy()
    house.alpaca.account.fill(order.client_order_id, 3, "30.00")
    house.alpaca.script.next("GET /v2/orders", faults.TOO_MANY_FOR_A_SECOND)
    house.reconcile()
    quiet_over(house)


@story("504 after acceptance", "the order was taken and fills")
def gateway_after(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.GATEWAY_AFTER)
    house.trade(house.buy(), 3)


@story("504 instead of acceptance", "the order was never taken")
def gateway_instead(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.GATEWAY_INSTEAD)
    house.buy()


@story("hangs after acceptance", "no answer within the time-out; the order was taken and fills")
def hangs(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.HANGS)
    house.trade(house.buy(), 3)


@story("hangs for good", "no answer within the time-out; the order was never taken")
def lost(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.LOST)
    house.buy()


@story("shows up after it was given up", "504, hidden for a minute, then at work and filled")
def shows_up(house: SandboxHouse) -> None:
    house.alpaca.stream.mute = True
    house.alpaca.script.next(POST, faults.GATEWAY_AFTER)
    house.alpaca.script.always = {
        BY_OUR_ID: Fault(does=False, status=404),
        ORDERS: Fault(does=False, status=200, body=b"[]"),
    }
    order = house.buy()
    house.settle(5)
    house.alpaca.script.always = {}
    house.settle(1)
    house.alpaca.account.fill(order.client_order_id, 3, "30.00")


@story("answer breaks off", "half an answer; the order was taken and fills")
def cut(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.CUT)
    house.trade(house.buy(), 3)


@story("malformed JSON", "an unreadable answer; the order was taken and fills")
def garbled(house: SandboxHouse) -> None:
    house.alpaca.script.next(POST, faults.GARBLED)
    house.trade(house.buy(), 3)


@story("rejected at once", "HTTP 403: no buying power")
def refused(house: SandboxHouse) -> None:
    cash, house.alpaca.account.cash = house.alpaca.account.cash, faults.NOTHING
    house.buy()
    house.alpaca.account.cash = cash


@story("rejected later", "taken in, then rejected by the venue")
def rejected(house: SandboxHouse) -> None:
    order = house.buy()
    house.alpaca.account.end(order.client_order_id, "rejected")


@story("expired", "the session ends with one of three shares filled")
def expired(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1)
    house.alpaca.account.end(order.client_order_id, "expired")


@story("order we never sent", "somebody buys two shares in the dashboard")
def external(house: SandboxHouse) -> None:
    theirs = house.alpaca.account.enter_elsewhere(symbol="MSFT", side="buy", qty=2)
    house.alpaca.account.fill(theirs.client_order_id, 2, "30.00")


@story("order replaced elsewhere", "somebody replaces our order by one for two shares in the dashboard")
def replaced(house: SandboxHouse) -> None:
    order = house.buy()
    ours = house.alpaca.account.by_client(str(order.client_order_id))
    new = house.alpaca.account.replace(ours.id, {"qty": 2})
    house.alpaca.account.fill(new.client_order_id, 2, "30.00")


@story("part of a share elsewhere", "somebody buys half a share for 15 dollars in the dashboard")
def fraction(house: SandboxHouse) -> None:
    theirs = house.alpaca.account.enter_elsewhere(symbol="MSFT", side="buy", qty="0.5")
    house.alpaca.account.fill(theirs.client_order_id, "0.5", "30.00")


@story("shares that no order explains", "a transfer puts two shares into the account")
def shares_appear(house: SandboxHouse) -> None:
    house.trade(house.buy(), 3)
    house.alpaca.account.positions["MSFT"] += 2


@story("cash that no order explains", "the broker pays a dividend of a dollar and ten cents")
def cash_appears(house: SandboxHouse) -> None:
    house.trade(house.buy(), 3)
    house.alpaca.account.cash += Decimal("1.10")


@story("keys revoked", "401 to everything for a while, a fill happens meanwhile")
def revoked(house: SandboxHouse) -> None:
    order = house.buy()
    house.alpaca.stream.refuses = True
    house.alpaca.stream.drop()
    house.alpaca.script.always = {"GET": faults.UNAUTHORIZED, "DELETE": faults.UNAUTHORIZED}
    house.alpaca.account.fill(order.client_order_id, 3, "30.00")
    house.settle(2)
    house.alpaca.script.always = {}


@story("fill with two prices", "the stream and the list tell the same shares at different prices")
def disputed(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 3, "30.00")
    house.alpaca.account.activities[-1]["price"] = "30.01"


@story("account blocked", "the broker blocks the account after the first order; a second is asked for")
def blocked(house: SandboxHouse) -> None:
    house.trade(house.buy(), 3)
    house.alpaca.account.flags["trading_blocked"] = True
    house.settle(1)
    house.buy(2, qty=1)


@story("process dies before sending", "the sending is on record and never happened; a new process goes on")
def dies_before(house: SandboxHouse) -> None:
    house.broker.submit = died
    with suppress(ProcessEnded):
        house.buy()
    house.restart()
    house.execution.recover()


@story("process dies after sending", "the answer never reaches the record; a new process goes on")
def dies(house: SandboxHouse) -> None:
    house.broker._taken = died
    with suppress(ProcessEnded):
        house.buy()
    house.restart()
    house.execution.recover()
    house.listen()
    [(_, order)] = house.execution.listed(state=None, before=None, limit=1)
    house.trade(order, 3)


@story("process dies before hearing", "a fill is told while nobody listens; a new process goes on")
def away(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1, "29.99")
    house.box.close()
    house.alpaca.account.fill(order.client_order_id, 2, "30.00")
    house.restart()
    house.execution.recover()


def died(*_: Any) -> None:
    """The process ends here."""
    raise ProcessEnded


def quiet_over(house: SandboxHouse) -> None:
    """The time for which the broker wanted to be left alone is over."""
    house.broker._asking.line._quiet_until = 0.0
