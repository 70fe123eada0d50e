"""What an answer to a review leads to: said before it is given, and followed to the fill afterwards."""

from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal

import streamlit as st

from ui.client import Api, Json, Problem
from ui.connection import api, failures_shown
from ui.figures import whole_pack
from ui.follow import every
from ui.order_detail import latest_orders, show_order
from ui.words import duration, moment, money, plain, shares


def show_prospect(api_: Api, decision: Json) -> None:
    """What an approval would lead to, and what a rejection."""
    lead = "**If you approve,** the rules are asked again; if they let it pass, "
    then = house_order(api_, decision) if decision["source"] == "house" else callers_order(api_, decision)
    st.info(f"{lead}{then}  \n**If you reject,** nothing is sent, and the signal is not asked about again.")


def house_order(api_: Api, decision: Json) -> str:
    """The order that the house would send of its own signal, as far as it can be told now."""
    price = price_of(api_, decision)
    if price is None:
        return f"nothing can be sent yet: {plain(decision['symbol'])} has no quote."
    qty = expected_shares(api_, decision, price)
    verb = "buy" if decision["candidate_action"] == "BUY" else "sell"
    if qty <= 0:
        return f"its order would be refused: there are no shares to {verb}."
    deal = f"**{verb} about {shares(qty)} shares at about {plain(money(price))}**"
    return f"an order to {deal} ({plain(money(qty * price))} in all) will be sent at once."


def callers_order(api_: Api, decision: Json) -> str:
    """What a sender outside may then do, and for how long."""
    packs = [whole_pack(one["pack"], one["version"], api_) for one in decision["packs"]]
    seconds = min((pack["decision_ttl_seconds"] for pack in packs), default=0)
    span = duration(timedelta(seconds=seconds))
    return f"its sender may then post an order; **the approval is good for {span}**."


def price_of(api_: Api, decision: Json) -> Decimal | None:
    """The last ask for a BUY, the last bid for a SELL, in dollars a share; None without a quote."""
    try:
        quote = api_.get(f"/v1/market/quote/{decision['symbol']}")
    except Problem as problem:
        if problem.status != 404:
            raise
        return None
    return Decimal(quote["ask" if decision["candidate_action"] == "BUY" else "bid"])


def expected_shares(api_: Api, decision: Json, price: Decimal) -> Decimal:
    """Whole shares: what the allowed share of equity comes to; a SELL never more than is held."""
    equity = Decimal(api_.get("/v1/portfolio")["equity"])
    allowed = Decimal(str(decision["approved_size_pct"])) * equity
    qty = (allowed / price).to_integral_value(ROUND_FLOOR)
    return min(qty, shares_held(api_, decision["symbol"])) if decision["candidate_action"] == "SELL" else qty


def shares_held(api_: Api, symbol: str) -> Decimal:
    """The position in ``symbol``."""
    held = api_.get("/v1/portfolio/positions")["items"]
    return sum((Decimal(one["qty"]) for one in held if one["symbol"] == symbol), Decimal(0))


def show_outcome(decision: Json) -> None:
    """What became of an answer; it is followed until the order is done, while the person follows."""
    if decision["decision"] == "APPROVE":
        st.fragment(follow_order, run_every=every())(decision)
    else:
        st.markdown("Nothing is sent for this signal.")


def follow_order(decision: Json) -> None:
    """The order of an approved decision with everything that has happened to it so far."""
    with failures_shown():
        orders = latest_orders(api(), decision_id=decision["decision_id"])
        for order in orders:
            with st.container(border=True):
                show_order(api(), order["order_id"], "answer-", with_decision=False)
        if not orders:
            st.info(missing(decision))


def missing(decision: Json) -> str:
    """Why an approved decision has no order yet."""
    until = moment(decision["expires_at"])
    if decision["source"] == "house":
        return f"The order is on its way and appears here by itself. The approval is good until {until}."
    return f"Its sender may now post an order, until {until}. That order appears here by itself."
