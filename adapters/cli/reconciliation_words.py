"""The report of reconciliation for people: both books side by side, what was repaired, what to do next."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from policy.order_contracts import CENT, FINAL, OrderView, decimal_text
from policy.reconciliation_contracts import (
    CASH,
    AssetBeside,
    LookView,
    OrderBeside,
    OrderSide,
    Picture,
    ReconciliationView,
    RepairView,
    Start,
)

_OUTCOMES = {
    "agrees": "the books agree",
    "repaired": "differences were repaired",
    "unexplained": "something differs that no order explains",
    "silent": "the broker gave no whole answer, so nothing was changed",
}
_ORIGINS = {
    "LOCAL": "ours",
    "EXTERNAL": "not placed by this house",
    "RECONCILED": "ours, its record was lost",
}
_WIDTH = 16


def report(view: ReconciliationView) -> Iterator[str]:
    """The whole report, line by line."""
    yield from standing(view)
    seen = view.last_answered
    if seen is not None and seen.picture is not None:
        frozen = {one.asset for one in view.frozen}
        yield from _sides(seen, seen.picture, frozen)
        yield from _section("orders at work, or that differ", map(_order, seen.picture.orders))
    yield from _section("waits for a person", _waiting(view))
    yield from _section("explained by a person", _explained(view))
    yield from _section("orders that only the broker had", map(_external, view.external))
    yield from _section("repairs, newest first", map(repair, view.repairs))


def standing(view: ReconciliationView) -> Iterator[str]:
    """Whether new risk may be taken, and what the last look came to."""
    yield f"start      {_start(view.start)}"
    yield f"last look  {_look(view.last)}"


def repair(one: RepairView) -> str:
    """What was before, what is since, and by whom where it was a person."""
    before, after = one.before, one.after
    if one.kind == "frozen":
        told = f"{one.asset}: {after['here']} here, {after['broker']} at the broker -> takes no new risk"
    elif one.kind == "released":
        told = f"{one.asset}: takes no new risk -> may again, by {one.by}: {after['note']}"
        told += _which_explains(after["explained"])
    elif one.kind == "outlived":
        told = f"{one.asset}: {before['explained']} explained -> nothing differs any more"
    else:
        told = f"{after['side']} {after['qty']} {one.asset} {str(one.order_id)[:8]}: {_change(one)}"
    return f"{_at(one.at)}  {one.kind:<9} {told}"


def _start(start: Start | None) -> str:
    if start is None:
        return "execution has not looked at its broker yet, so nothing but exits is sent"
    settled = f", settled {_at(start.settled_at)}" if start.settled_at else ""
    stands = f"nothing but exits is sent: {start.waits_for}" if start.waits_for else "new risk may be taken"
    return f"{_at(start.started_at)}{settled}: {stands}"


def _look(look: LookView | None) -> str:
    if look is None:
        return "none yet; execution looks after each played step, and every five seconds"
    since = f", the same since {_at(look.first_at)}" if look.first_at != look.at else ""
    why = f" ({look.why})" if look.why else ""
    return f"{_at(look.at)}{since}: {_OUTCOMES[look.outcome]}{why}"


def _sides(look: LookView, picture: Picture, frozen: set[str]) -> Iterator[str]:
    ours, theirs = picture.executions_ours, picture.executions_theirs
    yield ""
    yield f"as of {_at(look.at):<23}{'here':>{_WIDTH}}{'broker':>{_WIDTH}}"
    at_work = (_works(one.ours for one in picture.orders), _works(one.theirs for one in picture.orders))
    yield _row("orders at work", *at_work)
    yield _row("orders with executions", str(ours.orders), str(theirs.orders))
    yield _row("shares executed", _shares(ours.shares), _shares(theirs.shares))
    yield _row("dollars executed", _dollars(ours.dollars), _dollars(theirs.dollars))
    yield _row("commission", _dollars(ours.commission), _dollars(theirs.commission))
    for one in picture.assets:
        shown = _dollars if one.asset == CASH else _shares
        yield _row(one.asset, shown(one.ours), shown(one.theirs), _difference(one, frozen))


def _works(sides: Iterable[OrderSide | None]) -> str:
    return str(sum(side is not None and side.state not in FINAL for side in sides))


def _difference(one: AssetBeside, frozen: set[str]) -> str:
    if one.ours == one.theirs:
        return ""
    more = f"{Decimal(decimal_text(one.theirs - one.ours)):+,f} at the broker"
    if one.agrees:
        return f"{more}: explained"
    if one.asset in frozen:
        return f"{more}: frozen"
    return f"{more}: an order may still explain it" if one.moving else more


def _order(one: OrderBeside) -> str:
    number = str(one.order_id)[:8] if one.order_id else one.external_order_id
    whose = f", {_ORIGINS[one.origin]}" if one.origin else ""
    young = "; left alone, it is young" if one.left_alone else ""
    return (
        f"{one.side} {_shares(one.qty)} {one.symbol} {number}{whose}: here {_side(one.ours)}; "
        f"at the broker {_side(one.theirs)}{young}"
    )


def _side(side: OrderSide | None) -> str:
    return "nothing" if side is None else f"{side.state.value}, {_shares(side.cum_qty)} filled"


def _waiting(view: ReconciliationView) -> Iterator[str]:
    for one in view.frozen:
        yield f"{one.asset}, since {_at(one.since)}: {one.why}"
        held = "nothing is bought" if one.asset == CASH else f"nothing new is risked in {one.asset}"
        yield f"  {held}; exits pass. Find out what happened and put it right with the broker, then:"
        yield f'  trivet reconcile --release {one.asset} --note "WHY" --by YOU'


def _explained(view: ReconciliationView) -> Iterator[str]:
    for one in view.explained:
        yield f"{one.asset}: {one.amount:+,f} at the broker; {one.by}, {_at(one.at)}: {one.note}"


def _external(order: OrderView) -> str:
    what = f"{order.side} {_shares(order.qty)} {order.symbol} {str(order.order_id)[:8]}"
    price = "" if order.avg_price is None else f" at {_dollars(order.avg_price)}"
    whose = f"{order.origin}, {_ORIGINS[order.origin]}"
    filled = f"{_shares(order.cum_qty)} filled{price}"
    return f"{_at(order.created_at)}  {what}: {order.state_detail.value}, {filled}; {whose}"


def _change(one: RepairView) -> str:
    """Everything that moved, before and after; terms are told once, ahead of it."""
    moved = [name for name in _SAID if one.before.get(name) != one.after[name]]
    since = ", ".join(_SAID[name](one.after[name]) for name in moved)
    if not one.before:
        return f"not here -> {since}, {one.after['origin']}"
    return f"{', '.join(_SAID[name](one.before[name]) for name in moved)} -> {since}"


def _which_explains(amount: str) -> str:
    return "" if amount == "0" else f" (explains {Decimal(amount):+,f})"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """``lines`` under ``title``; nothing where there are none."""
    for number, line in enumerate(lines):
        if number == 0:
            yield ""
            yield title
        yield f"  {line}"


def _row(name: str, ours: str, theirs: str, remark: str = "") -> str:
    return f"{name:<29}{ours:>{_WIDTH}}{theirs:>{_WIDTH}}  {remark}".rstrip()


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _shares(amount: Decimal) -> str:
    return f"{Decimal(decimal_text(amount)):,f}"


def _dollars(amount: Decimal) -> str:
    """At least to the cent, and to the last digit."""
    exact = Decimal(decimal_text(amount))
    return f"{max(exact, exact.quantize(CENT), key=_digits):,f}"


def _digits(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "contracts hold no amounts that are not finite"
    return -exponent


_SAID: Mapping[str, Callable[[Any], str]] = {
    "state": str,
    "filled": lambda shares: f"{shares} filled",
    "qty": lambda shares: f"for {shares}",
    "dollars": lambda dollars: f"{dollars} dollars",
    "commission": lambda dollars: f"{dollars} commission",
    "external_order_id": lambda number: f"the broker's {number}" if number else "no number of the broker's",
    "anomalies": lambda words: " and ".join(words) or "nothing odd",
}
"""How each thing that a repair can change is told; an order's terms are told ahead of it."""
