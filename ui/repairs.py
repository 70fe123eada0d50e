"""What reconciliation did to our books, and what waits for a person: frozen symbols and their release."""

from collections.abc import Sequence

import streamlit as st

from ui import book_words, order_words
from ui.client import Json
from ui.noted import show_noted
from ui.words import brief, moment, plain

RELEASE = "/v1/reconciliation/release"
CONSEQUENCE = (
    "No order adds risk to it; exits pass. **If you release it,** orders for it are sent again, and what "
    "differs now counts as explained."
)


def show_frozen(frozen: Sequence[Json]) -> None:
    """What takes no new risk until somebody has explained it, each with the form that releases it."""
    for one in frozen:
        asset = one["asset"]
        with st.container(border=True):
            st.markdown(
                f":red[**✖\u00a0{plain(asset)} is frozen**] since {moment(one['since'])}: {plain(one['why'])}"
            )
            st.markdown(CONSEQUENCE)
            button = f"Release {plain(asset)}"
            show_noted(f"release-{asset}", "What explains it", button, RELEASE, {"asset": asset})


def show_repairs(repairs: Sequence[Json]) -> None:
    """Every repair with what stood in the books before and after, the newest first."""
    st.markdown("**Repairs** :gray[the latest first]")
    if not repairs:
        st.caption("Nothing had to be put right.")
        return
    st.table([repair_row(one) for one in repairs], border="horizontal", hide_index=True)


def repair_row(repaired: Json) -> dict[str, str]:
    """One repair as a row of the table."""
    return {
        "time (UTC)": brief(repaired["at"]),
        "what": book_words.repair(repaired["kind"]),
        "of": book_words.whose(repaired),
        "before": book_words.values(repaired["before"]),
        "after": book_words.values(repaired["after"]),
        "by": plain(repaired["by"]),
    }


def show_external(orders: Sequence[Json]) -> None:
    """Orders at the broker that this house never sent, taken into the books."""
    if not orders:
        return
    st.markdown("**Orders that this house did not send** :gray[in the books since they were found]")
    st.markdown("\n".join(f"- {order_words.headline(order)}" for order in orders))


def show_explained(explained: Sequence[Json]) -> None:
    """Differences for which a person gave a reason."""
    if not explained:
        return
    st.markdown("**Differences that a person explained**")
    st.table([explained_row(one) for one in explained], border="horizontal", hide_index=True)


def explained_row(one: Json) -> dict[str, str]:
    """One explained difference as a row of the table."""
    return {
        "of": plain(one["asset"]),
        "the broker has more": book_words.amount(one["asset"], one["amount"]),
        "since": moment(one["at"]),
        "by": plain(one["by"]),
        "because": plain(one["note"]),
    }
