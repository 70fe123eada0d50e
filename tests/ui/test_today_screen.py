"""The first page against a running Trivet: the day's figures, closing positions, and the latest chains."""

from streamlit.testing.v1 import AppTest

from tests.ui.pages import column, heads, opened, ran, texts, today_page
from tests.ui.running import bought, doubtful, filled, get, in_session, step
from ui.words import change, money, plain


def holding(address: str, *symbols: str) -> None:
    """See to it that ten shares of each of ``symbols`` (of AAPL if none) are held in an open session."""
    orders = bought(address, *symbols)
    step(address)
    in_session(address)
    assert {order["symbol"] for order in orders} <= set(held(address))


def exits(address: str) -> list[tuple[str, str]]:
    """Symbol and size of every order that only leaves a position, the newest first."""
    orders = get(address, "/v1/orders?limit=200")["items"]
    return [(order["symbol"], order["qty"]) for order in orders if order["purpose"] == "exit"]


def held(address: str) -> dict[str, str]:
    """Shares by symbol."""
    return {one["symbol"]: one["qty"] for one in get(address, "/v1/portfolio/positions")["items"]}


def figures(app: AppTest) -> dict[str, str]:
    """The page's figures by their names."""
    return {metric.label: metric.value for metric in app.metric}


def test_the_figures_are_the_portfolios_own(screens: str) -> None:
    holding(screens)
    book = get(screens, "/v1/portfolio")
    shown = figures(opened(today_page))
    assert shown["Equity"] == plain(money(book["equity"]))
    assert shown["Cash"] == plain(money(book["cash"]))
    assert float(book["gross_exposure_pct"]) > 0
    assert shown["Gross exposure"] == plain(f"{book['gross_exposure_pct'] * 100:.2f} %")


def test_the_drawdown_stands_beside_the_limit_of_the_packs_in_force(screens: str) -> None:
    app = opened(today_page)
    assert any(r"limit 3 %" in caption.value for caption in app.caption)


def test_a_position_says_cost_mark_and_what_it_would_bring(screens: str) -> None:
    holding(screens)
    (mine,) = (one for one in get(screens, "/v1/portfolio/positions")["items"] if one["symbol"] == "AAPL")
    said = [cell.value for cell in opened(today_page).markdown]
    line = said[said.index("**AAPL**") :][:6]
    assert line[2:6] == [
        plain(money(mine["avg_cost"])),
        plain(money(mine["mark"])),
        plain(money(mine["market_value"])),
        plain(change(mine["unrealised"])),
    ]


def test_nothing_is_sold_before_a_person_confirms(screens: str) -> None:
    holding(screens)
    before = exits(screens)
    app = opened(today_page)
    ran(app.button(key="close-AAPL").click().run())
    assert f"sell {held(screens)['AAPL']} **AAPL**" in texts(app)
    assert exits(screens) == before
    ran(app.button(key="keep").click().run())
    assert exits(screens) == before
    assert "confirm" not in {button.key for button in app.button}


def test_a_confirmed_close_sells_that_position_alone(screens: str) -> None:
    holding(screens, "AAPL", "MSFT")
    shares, before = held(screens), exits(screens)
    app = opened(today_page)
    ran(app.button(key="close-AAPL").click().run())
    ran(app.button(key="confirm").click().run())
    assert exits(screens) == [("AAPL", shares["AAPL"]), *before]
    assert app.toast[0].value == "1 order sent"
    assert any("closing a position **SELL AAPL**" in head for head in heads(app))


def test_a_confirmed_flattening_sells_everything(screens: str) -> None:
    holding(screens, "AAPL", "MSFT")
    shares, before = held(screens), exits(screens)
    app = opened(today_page)
    ran(app.button(key="close-all").click().run())
    ran(app.button(key="confirm").click().run())
    new = exits(screens)[: len(exits(screens)) - len(before)]
    assert dict(new) == shares


def test_a_chain_goes_from_signal_to_fill_and_opens_its_order(screens: str) -> None:
    (order,) = bought(screens)
    filled(screens, order)
    app = opened(today_page, f"chain-{order['signal_id']}")
    (head, *_) = (head for head in heads(app) if "10 filled at" in head)
    places = [head.index(part) for part in ("BUY AAPL", "APPROVE", "ordered 10", "FILLED")]
    assert places == sorted(places)
    assert column(app, "what")[-1].startswith("filled ")
    assert column(app, "rule")


def test_the_curves_are_drawn_and_said_in_words(screens: str) -> None:
    bought(screens)
    step(screens)
    app = opened(today_page)
    said = [chart.proto.alt for chart in app.get("vega_lite_chart")]
    assert len(said) == 2
    assert said[0].startswith("equity from $")
    assert said[1].startswith("worst drawdown ")


def test_reviews_that_wait_are_announced(screens: str) -> None:
    doubtful(screens)
    waiting = len(get(screens, "/v1/reviews?status=PENDING&limit=40")["items"])
    app = opened(today_page)
    assert f"◆ {waiting} review" in texts(app)
    assert "to-reviews" in {button.key for button in app.button}
