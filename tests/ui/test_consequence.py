"""What an answer to a review leads to: said before it is given, and followed to the fill afterwards."""

import re
import time
from typing import Any

from tests.ui.pages import PATIENCE_SECONDS, column, opened, ran, reviews_page, texts
from tests.ui.running import doubtful, emptied, filled, get, in_session, ordered, step

LONGEST_SEARCH = 120  # steps until the strategies have a doubtful idea of something to buy


def asked_by_the_house(address: str) -> dict[str, Any]:
    """A review of the house's own BUY signal that waits in an open session."""
    for _ in range(LONGEST_SEARCH):
        in_session(address)
        for review in get(address, "/v1/reviews?status=PENDING&limit=100")["items"]:
            decision = get(address, f"/v1/policy/decisions/{review['decision_id']}")
            if (decision["source"], decision["candidate_action"]) == ("house", "BUY"):
                return review
        step(address)
    raise AssertionError(f"no doubtful BUY of the house in {LONGEST_SEARCH} steps")


def order_of(address: str, signal_id: str) -> dict[str, Any]:
    """The order of a signal, which comes a moment after the approval, by an event."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if orders := get(address, f"/v1/orders?signal_id={signal_id}")["items"]:
            return dict(orders[0])
        time.sleep(0.05)
    raise AssertionError(f"signal {signal_id} never had an order")


def test_a_callers_review_says_how_long_its_approval_would_be_good(screens: str) -> None:
    review_id = doubtful(screens)["review_id"]
    app = opened(reviews_page)
    ran(app.button(key=f"open-{review_id}").click().run())
    pack = get(screens, "/v1/policy/packs/trading-core/1.0.0")
    assert pack["decision_ttl_seconds"] == 60
    assert "the approval is good for 1 min 00 s" in texts(app)


def test_a_callers_order_is_followed_to_its_fill_where_the_review_was_answered(screens: str) -> None:
    emptied(screens)
    asked = doubtful(screens)
    app = opened(reviews_page)
    ran(app.button(key=f"open-{asked['review_id']}").click().run())
    app.text_input(key=f"note-{asked['review_id']}").set_value("looked at the chart")
    ran(app.button(key=f"approve-{asked['review_id']}").click().run())
    assert "Its sender may now post an order" in texts(app)
    filled(screens, ordered(screens, asked))
    ran(app.run())
    assert column(app, "what")[-1].startswith("filled ")


def test_the_houses_order_comes_as_it_was_announced(screens: str) -> None:
    review = asked_by_the_house(screens)
    app = opened(reviews_page)
    ran(app.button(key=f"open-{review['review_id']}").click().run())
    announced = re.search(r"buy about ([\d,]+) shares at about \\\$([\d.,\\]+)\*\*", texts(app))
    assert announced
    app.text_input(key=f"note-{review['review_id']}").set_value("worth it")
    ran(app.button(key=f"approve-{review['review_id']}").click().run())
    assert "Answered: approve" in texts(app)
    order = order_of(screens, review["signal_id"])
    assert order["qty"] == announced[1].replace(",", "")
    ran(app.run())
    assert order["order_id"] in texts(app)


def test_a_rejection_says_that_nothing_is_sent(screens: str) -> None:
    asked = doubtful(screens)
    app = opened(reviews_page)
    ran(app.button(key=f"open-{asked['review_id']}").click().run())
    app.text_input(key=f"note-{asked['review_id']}").set_value("not today")
    ran(app.button(key=f"reject-{asked['review_id']}").click().run())
    assert "Nothing is sent for this signal" in texts(app)
    assert get(screens, f"/v1/orders?signal_id={asked['signal_id']}")["items"] == []
