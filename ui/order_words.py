"""How orders are said on the screens: states, headlines, and what happened to them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ui.client import Json
from ui.words import brief, money, plain, shares

STATES = ("NEW", "ACCEPTED", "PARTIALLY_FILLED", "FILLED", "CANCEL_PENDING", "CANCELLED", "REJECTED")
MARKS: Mapping[str, tuple[str, str]] = {
    "NEW": ("○", "gray"),
    "ACCEPTED": ("◔", "blue"),
    "PARTIALLY_FILLED": ("◑", "blue"),
    "FILLED": ("●", "blue"),
    "CANCEL_PENDING": ("◌", "orange"),
    "CANCELLED": ("⊘", "gray"),
    "REJECTED": ("✖", "red"),
}
WORKING = frozenset({"NEW", "ACCEPTED", "PARTIALLY_FILLED", "CANCEL_PENDING"})
MEANINGS: Mapping[str, str] = {
    "NEW": "not sent yet",
    "SUBMITTED": "sent, the broker has not answered yet",
    "UNKNOWN": "the broker has gone silent; it is being asked",
    "EXPIRED": "its time was over before all of it was filled",
    "DENIED": "refused by the house, never sent",
    "REPLACE_PENDING": "a change of it is on its way",
}
HAPPENINGS: Mapping[str, str] = {
    "create": "created",
    "deny": "refused by the house",
    "send": "sent to the broker",
    "permit-expired": "permit ran out before it was sent",
    "cancel-request": "cancellation asked for",
    "replace-request": "change asked for",
    "ack": "accepted by the broker",
    "broker-reject": "rejected by the broker",
    "fill": "filled",
    "cancelled": "cancelled",
    "cancel-rejected": "cancellation refused",
    "expired": "expired",
    "replaced": "changed",
    "replace-rejected": "change refused",
    "timeout": "no answer from the broker",
    "found": "found at the broker",
    "not-found": "the broker does not know it",
}
ANOMALIES: Mapping[str, str] = {
    "gate-passed-by": "the broker knows it although the house refused it",
    "overfill": "more was filled than asked",
    "totals-disagree": "the broker's totals and its fills cannot both be true",
    "other-terms": "the broker has other terms under the same id",
    "execution-clash": "the same fill came twice with different content",
    "alive-after-end": "the broker works it although it had ended here",
    "fill-after-reject": "filled although the broker had rejected it",
    "incomplete": "the broker's message lacked what it needs",
    "refused": "it does not fit the order's state and changed nothing",
    "lost": "the broker no longer knows it",
    "external-order": "the house never sent it",
    "row-missing": "the house had no record of it",
    "send-recorded-late": "the broker answered before its sending was on record",
    "late-fill": "filled after it had ended",
    "fill-synthesised": "the broker's total told of a fill that had not come",
    "inferred": "concluded from silence, not told",
    "request-refused": "there was nothing left to cancel or change",
}
ORIGINS: Mapping[str, str] = {
    "EXTERNAL": "not sent by this house",
    "RECONCILED": "taken over from the broker",
}
KINDS: Mapping[str, str] = {
    "fill": "fill",
    "synthetic": "inferred from the broker's total",
    "reversal": "inference taken back",
}


def words(state: str) -> str:
    """A state without its underscores, unbreakable: ``PARTIALLY FILLED``."""
    return state.replace("_", "\u00a0")


def state(order: Json) -> str:
    """Where ``order`` stands as Markdown: mark, word and colour, so that none of them stands alone."""
    mark, colour = MARKS.get(order["state"], ("?", "gray"))
    return f":{colour}[**{mark}\u00a0{words(order['state'])}**]"


def is_working(order: Json) -> bool:
    """Whether more can become of ``order``."""
    return order["state"] in WORKING


def deal(order: Json) -> str:
    """What is traded: ``BUY 17 AAPL``, with the limit where there is one."""
    limit = order["limit_price"]
    at_most = f" limit {plain(money(limit))}" if limit is not None else ""
    return f"**{order['side']} {shares(order['qty'])} {plain(order['symbol'])}**{at_most}"


def filled(order: Json) -> str:
    """How much of it is done: ``10 of 17 filled at $583.12``, ``nothing filled``."""
    done, asked = Decimal(order["cum_qty"]), Decimal(order["qty"])
    if not done:
        return "nothing filled"
    part = shares(done) if done == asked else f"{shares(done)} of {shares(asked)}"
    return f"{part} filled at {plain(money(order['avg_price']))}"


def why(order: Json) -> str:
    """The reasons in words, and what a state that needs it means; empty where nothing needs saying."""
    reasons = [plain(reason["message"]) for reason in order["reasons"]]
    return "; ".join(reasons) or MEANINGS.get(order["state_detail"], "")


def headline(order: Json) -> str:
    """One order in a line: state, deal, how much is filled, when it changed last, and why."""
    parts = [state(order), deal(order), filled(order), f":gray[{brief(order['updated_at'])}]"]
    return " · ".join([*parts, *foreign(order), *odd(order), *filter(None, [why(order)])])


def foreign(order: Json) -> list[str]:
    """A label for an order that this house did not send, or had no record of sending."""
    said = ORIGINS.get(order["origin"])
    return [f":orange[**▲\u00a0{said}**]"] if said else []


def odd(order: Json) -> list[str]:
    """A mark for an order to which something happened that ought not to."""
    return [":orange[**▲\u00a0look closer**]"] if oddities(order) or Decimal(order["overfill_qty"]) else []


def oddities(order: Json) -> list[str]:
    """What happened to it that ought not to; a person who asked too late is nothing odd."""
    return [name for name in order["anomalies"] if name != "request-refused"]


def happening(event: Json) -> str:
    """What happened, in words and with its numbers: ``filled 10 at $583.12``."""
    told: Mapping[str, Any] = event["detail"]
    said = HAPPENINGS.get(event["event"], plain(event["event"].replace("-", " ")))
    if told.get("qty") is not None and told.get("price") is not None:
        said += f" {shares(told['qty'])} at {plain(money(told['price']))}"
    reasons = [plain(reason["message"]) for reason in told.get("reasons") or ()]
    return ": ".join([said, *(["; ".join(reasons)] if reasons else [])])


def anomaly(name: str) -> str:
    """An oddity in words."""
    return ANOMALIES.get(name, plain(name.replace("-", " ")))


def signed(fill: Json, name: str) -> Decimal:
    """A fill's ``qty`` or ``commission`` as it counts: a reversal takes back what an inference had added."""
    return Decimal(fill[name]) * (-1 if fill["kind"] == "reversal" else 1)
