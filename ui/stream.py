"""The latest of the house as chains in plain words: signal, decision, order, fill; each one opens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import streamlit as st

from ui import order_words, reviews
from ui.client import Api, Json
from ui.connection import failures_shown
from ui.explain import memo_beside, show_decision, whole_decision
from ui.lines import opening
from ui.order_detail import show_order
from ui.words import moment, percent, plain, shares, verdict, when

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Chain:
    """One signal with its decisions and orders, oldest first; or an order that no signal asked for."""

    key: str
    decisions: list[Json] = field(default_factory=list)
    orders: list[Json] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """When something last happened to it."""
        times = [one["evaluated_at"] for one in self.decisions] + [one["updated_at"] for one in self.orders]
        return max(map(when, times))


def chains(decisions: Iterable[Json], orders: Iterable[Json]) -> list[Chain]:
    """Decisions and orders (both newest first) joined by their signal, the newest chain first."""
    found: dict[str, Chain] = {}
    for decision in reversed(list(decisions)):
        key = str(decision["signal_id"])
        found.setdefault(key, Chain(key)).decisions.append(decision)
    for order in reversed(list(orders)):
        key = str(order["signal_id"] or order["order_id"])
        found.setdefault(key, Chain(key)).orders.append(order)
    newest_first = reversed(found.values())  # of equal times too, as there are while the player stands
    return sorted(newest_first, key=lambda chain: chain.at, reverse=True)


def show_stream(api: Api, found: Sequence[Chain], waiting: frozenset[str]) -> None:
    """The newest chains as lines that open; ``waiting`` are the ids of reviews that can be answered."""
    st.markdown("**Signal → memo → decision → order → fill** :gray[the latest first]")
    with st.container(gap="xsmall"):
        for chain in found[:SHOWN]:
            show_row(api, chain, waiting)
    if not found:
        st.info("Nothing has happened yet. Press play in the bar at the left.")


def show_row(api: Api, chain: Chain, waiting: frozenset[str]) -> None:
    """One chain as a line; what is behind it is fetched only when it opens."""
    memo = memo_beside(chain.decisions[0]["decision_id"], api) if chain.decisions else ""
    row = opening(line(chain, waiting, memo), f"chain-{chain.key}")
    if row.open:
        with row, failures_shown():
            show_chain(api, chain, waiting)


def show_chain(api: Api, chain: Chain, waiting: frozenset[str]) -> None:
    """Every order of the chain, then the decision it goes back to; a review that waits can be answered."""
    for order in chain.orders:
        with st.container(border=True):
            show_order(api, order["order_id"], "chain-", with_decision=not chain.decisions)
    for decision in chain.decisions[-1:]:
        asked = decision["review_id"]
        if asked in waiting:
            st.button("Answer this review", key=f"answer-{asked}", on_click=reviews.want, args=(asked,))
        show_decision(api, whole_decision(decision["decision_id"], api), "chain-")


def line(chain: Chain, waiting: frozenset[str], memo: str = "") -> str:
    """``… · BUY AAPL → memo ✔ allow → ✔ APPROVE up to 1 % → ordered 17 → ● FILLED 17 filled at $583.12``."""
    steps = [origin(chain), *filter(None, [memo])]
    steps += [decided(decision, waiting) for decision in chain.decisions]
    steps += [f"ordered {shares(one['qty'])} → {became(one)}" for one in chain.orders]
    return f":gray[{chain.at:%m-%d %H:%M:%S}] · {' → '.join(steps)}"


def origin(chain: Chain) -> str:
    """Where the chain begins: whose signal of what, or an order by itself."""
    if chain.decisions:
        first = chain.decisions[0]
        return f"**{first['candidate_action']} {plain(first['symbol'])}**"
    order = chain.orders[0]
    return f"{ORIGINS[order['purpose']]} **{order['side']} {plain(order['symbol'])}**"


ORIGINS = {"signal": "an earlier signal", "exit": "closing a position", "external": "not sent by this house"}


def decided(decision: Json, waiting: frozenset[str]) -> str:
    """What the gate said, how much it allows or why not, and whether a person is asked."""
    said = verdict(decision["decision"])
    if decision.get("answered_by"):
        said += f" by {plain(decision['answered_by'])}"
    if decision["decision"] == "APPROVE":
        return f"{said} up to {percent(decision['approved_size_pct'])}"
    reasons = [plain(reason["message"]) for reason in decision["reasons"][:1]]
    asked = (
        [f"waits for you until {moment(decision['expires_at'])}"] if decision["review_id"] in waiting else []
    )
    return ": ".join([said, *(["; ".join([*reasons, *asked])] if reasons or asked else [])])


def became(order: Json) -> str:
    """Where an order stands, how much of it is filled, and why it went no further."""
    return " · ".join(
        [order_words.state(order), order_words.filled(order), *filter(None, [order_words.why(order)])]
    )
