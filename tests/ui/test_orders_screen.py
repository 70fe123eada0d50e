"""The page of orders against a running Trivet: an order's life, its end, and why it was allowed."""

from tests.ui.pages import column, decisions_page, heads, opened, orders_page, ran, texts
from tests.ui.running import bought, filled, get, in_session, judged, ordered, post, step
from ui.words import money, plain


def test_a_filled_order_shows_its_life_from_creation_to_fill(screens: str) -> None:
    (order,) = bought(screens)
    done = filled(screens, order)
    app = opened(orders_page, f"order-{order['order_id']}")
    (head, *_) = (head for head in heads(app) if "**BUY 10 AAPL**" in head)
    assert "FILLED" in head
    assert f"10 filled at {plain(money(done['avg_price']))}" in head
    told = column(app, "what")
    assert told[:2] == ["created", "sent to the broker"]
    assert sum(line.startswith("filled ") for line in told) == len(done["fills"]) > 0
    assert "FILLED" in column(app, "state")[-1]


def test_a_denied_order_says_why_it_was_never_sent(screens: str) -> None:
    in_session(screens)
    order = ordered(screens, judged(screens, symbol="TSLA"))
    app = opened(orders_page, f"order-{order['order_id']}")
    assert "no approval of this signal is on record" in heads(app)[0]
    assert column(app, "what")[-1].startswith("refused by the house")


def test_a_working_order_is_cancelled_by_its_button(screens: str) -> None:
    (order,) = bought(screens, order_type="LIMIT", limit_price="1.00")
    place = f"cancel-orders-{order['order_id']}"
    app = opened(orders_page, f"order-{order['order_id']}")
    ran(app.button(key=place).click().run())
    assert get(screens, f"/v1/orders/{order['order_id']}")["state"] == "CANCELLED"
    assert "CANCELLED" in heads(app)[0]
    assert place not in {button.key for button in app.button}


def test_a_cancellation_that_comes_too_late_says_so_in_its_place(screens: str) -> None:
    (order,) = bought(screens, order_type="LIMIT", limit_price="1.00")
    app = opened(orders_page, f"order-{order['order_id']}")
    post(screens, f"/v1/orders/{order['order_id']}/cancel", {})
    ran(app.button(key=f"cancel-orders-{order['order_id']}").click().run())
    assert "has nothing left to cancel" in app.warning[0].value


def test_the_filters_keep_other_states_and_symbols_out(screens: str) -> None:
    bought(screens, "AAPL", "MSFT")
    step(screens)
    app = opened(orders_page)
    ran(app.selectbox(key="state").set_value("FILLED").run())
    assert all("FILLED" in head for head in heads(app))
    ran(app.selectbox(key="order-symbol").set_value("MSFT").run())
    assert heads(app)
    assert all("MSFT" in head for head in heads(app))


def test_why_an_order_was_allowed_opens_in_place(screens: str) -> None:
    (order,) = bought(screens)
    app = opened(orders_page, f"order-{order['order_id']}")
    assert column(app, "rule") == []
    ran(app.toggle(key=f"why-orders-{order['order_id']}-").set_value(True).run())
    decision = get(screens, f"/v1/policy/decisions/{order['decision_id']}")
    assert len(column(app, "rule")) == len(decision["rules"]) > 0


def test_a_decision_leads_to_its_order_and_fill_in_one_click(screens: str) -> None:
    (order,) = bought(screens)
    filled(screens, order)
    (head, *_) = (head for head in heads(opened(decisions_page)) if "10 filled at" in head)
    assert "APPROVE" in head
    app = opened(decisions_page, f"decision-{order['decision_id']}")
    assert column(app, "what")[-1].startswith("filled ")
    assert order["order_id"] in texts(app)
