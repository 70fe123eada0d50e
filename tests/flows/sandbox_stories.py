"""What can go wrong between the house and the sandbox broker, one story each: news, fills and cancels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.adapters.brokers.alpaca_stand_in import faults
from tests.flows.sandbox_house import SandboxHouse

DELETE = "DELETE /v2/orders"


@dataclass(frozen=True)
class Story:
    """One fault: its name, what is scripted, and the play; ``streaming``: the stream listens."""

    name: str
    happens: str
    play: Callable[[SandboxHouse], None]
    streaming: bool = True


STORIES: dict[str, Story] = {}


def story(name: str, happens: str, *, streaming: bool = True) -> Callable[[Any], Any]:
    """Keep the decorated play among the stories."""

    def keep(play: Callable[[SandboxHouse], None]) -> Callable[[SandboxHouse], None]:
        STORIES[name] = Story(name, happens, play, streaming)
        return play

    return keep


@story("none", "bought, filled in two parts")
def nothing_wrong(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1, "29.99")
    house.trade(order, 2)


@story("stream never there", "only the broker's lists are read", streaming=False)
def no_stream(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1, "29.99")
    house.trade(order, 2)


@story("duplicate fills", "the stream tells everything twice, the list a third time")
def told_twice(house: SandboxHouse) -> None:
    house.alpaca.stream.twice = True
    order = house.buy()
    house.trade(order, 1, "29.99")
    house.trade(order, 2)


@story("out-of-order stream", "the fills arrive last first, then the acknowledgement")
def backwards(house: SandboxHouse) -> None:
    house.alpaca.stream.holds = True
    order = house.buy()
    for price in ("29.98", "29.99", "30.00"):
        house.alpaca.account.fill(order.client_order_id, 1, price)
    house.alpaca.stream.release(backwards=True)
    house.listen()


@story("disconnect", "the stream breaks off between two fills and comes back after both")
def breaks_off(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1, "29.99")
    house.alpaca.stream.mute = True
    house.alpaca.stream.drop()
    house.alpaca.account.fill(order.client_order_id, 2, "30.00")
    house.alpaca.stream.wait_for_a_listener(2)
    house.alpaca.stream.mute = False


@story("late fill", "the cancel is confirmed first, a fill of before it is told after")
def late_fill(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1, "29.99")
    house.execution.cancel(order.order_id, "ada")
    house.listen()
    house.trade(order, 1)


@story("cancel crosses fill", "the order is filled while its cancel is on the way")
def cancel_race(house: SandboxHouse) -> None:
    house.alpaca.account.cancels_at_once = False
    order = house.buy()
    house.execution.cancel(order.order_id, "ada")
    house.trade(order, 3)


@story("cancel comes too late", "the order was filled, and the house had not heard")
def cancel_too_late(house: SandboxHouse) -> None:
    house.alpaca.stream.mute = True
    order = house.buy()
    house.alpaca.account.fill(order.client_order_id, 3, "30.00")
    house.execution.cancel(order.order_id, "ada")


@story("cancel rejected", "the venue refuses the cancel, and fills later")
def cancel_rejected(house: SandboxHouse) -> None:
    house.alpaca.account.cancels_at_once = False
    order = house.buy()
    house.execution.cancel(order.order_id, "ada")
    house.alpaca.account.become(order.client_order_id, "new", "order_cancel_rejected")
    house.listen()
    house.trade(order, 3)


@story("cancel rejected unheard", "as before, while the stream is away", streaming=False)
def cancel_rejected_unheard(house: SandboxHouse) -> None:
    house.alpaca.account.cancels_at_once = False
    order = house.buy()
    house.execution.cancel(order.order_id, "ada")
    house.alpaca.account.become(order.client_order_id, "new", "order_cancel_rejected")
    house.settle(1)
    assert house.state(order.order_id) == "ACCEPTED"
    house.trade(order, 3)


@story("cancel unanswered", "504 after the cancel was taken in")
def cancel_unanswered(house: SandboxHouse) -> None:
    order = house.buy()
    house.trade(order, 1)
    house.alpaca.script.next(DELETE, faults.GATEWAY_AFTER)
    house.execution.cancel(order.order_id, "ada")
