"""Stopping in Debian's Chromium: two clicks from any screen, seen on all, and let go with a note."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.contrast import TOO_FAINT
from tests.ui.running import bought, filled, free_port, get, in_session, judged, ordered, post, running
from tests.ui.test_in_browser import PAGES, PATIENCE_MS, picture
from ui.launch import command

pytestmark = pytest.mark.browser

AT_ONCE_MS = 3_000


@pytest.fixture(scope="module")
def screens(trivet: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the screens of the running Trivet."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("screens") / "screens.log"
    with running(command(trivet, port), {}, f"{address}/_stcore/health", log):
        yield address


@pytest.fixture
def on_orders(page: Page, screens: str, unstopped: str) -> Page:
    """A window on the orders, with nothing stopped."""
    page.goto(f"{screens}/orders")
    expect(page.get_by_text("Nothing is stopped.")).to_be_visible(timeout=PATIENCE_MS)
    return page


def open_form(page: Page) -> None:
    """The first click."""
    page.get_by_role("button", name="Stop trading").click()
    expect(page.get_by_role("button", name="Stop now")).to_be_visible()


def standing(trivet: str) -> dict[str, str]:
    """What is stopped, by its scope."""
    return {
        one["scope"]: one["state"] for one in get(trivet, "/v1/stops")["items"] if one["state"] != "ACTIVE"
    }


@pytest.mark.parametrize("path", PAGES)
def test_the_button_is_on_every_screen_however_far_it_is_scrolled(
    page: Page, screens: str, unstopped: str, path: str
) -> None:
    page.goto(f"{screens}/{path}")
    expect(page.get_by_role("heading", name=PAGES[path], exact=True)).to_be_visible(timeout=PATIENCE_MS)
    page.mouse.move(700, 700)
    page.mouse.wheel(0, 5_000)
    expect(page.get_by_role("button", name="Stop trading")).to_be_in_viewport(timeout=PATIENCE_MS)


def test_the_button_is_there_on_a_telephone(browser: Browser, screens: str, unstopped: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{screens}/orders")
    button = page.get_by_role("button", name="Stop trading")
    expect(button).to_be_in_viewport(timeout=PATIENCE_MS)
    button.click()
    expect(page.get_by_role("button", name="Stop now")).to_be_in_viewport()
    page.close()


def test_two_clicks_stop_everything_and_no_order_goes_out(on_orders: Page, unstopped: str) -> None:
    in_session(unstopped)
    signal = judged(unstopped)
    open_form(on_orders)
    picture(on_orders, "stop-form")
    on_orders.get_by_role("button", name="Stop now").click()
    expect(on_orders.get_by_text("HALTED everything")).to_be_visible(timeout=PATIENCE_MS)
    picture(on_orders, "stopped")
    assert standing(unstopped) == {"everything": "HALTED"}
    denied = ordered(unstopped, signal)
    assert (denied["state_detail"], denied["reasons"][0]["code"]) == ("DENIED", "stopped")


def test_a_stop_shows_at_once_in_every_window(
    on_orders: Page, browser: Browser, screens: str, unstopped: str
) -> None:
    other = browser.new_page()
    other.goto(f"{screens}/decisions")
    expect(other.get_by_text("Nothing is stopped.")).to_be_visible(timeout=PATIENCE_MS)
    open_form(on_orders)
    on_orders.get_by_role("button", name="Stop now").click()
    expect(other.get_by_text("HALTED everything")).to_be_visible(timeout=AT_ONCE_MS)
    other.close()


def test_the_keyboard_is_enough_to_stop(on_orders: Page, unstopped: str) -> None:
    on_orders.get_by_role("button", name="Stop trading").focus()
    on_orders.keyboard.press("Enter")
    expect(on_orders.get_by_role("button", name="Stop now")).to_be_visible()
    on_orders.get_by_label("Note").focus()
    on_orders.keyboard.type("by hand")
    on_orders.keyboard.press("Enter")
    expect(on_orders.get_by_text("“by hand”")).to_be_visible(timeout=PATIENCE_MS)
    assert standing(unstopped) == {"everything": "HALTED"}


def test_what_is_half_written_outlives_the_screens_own_refreshing(on_orders: Page, unstopped: str) -> None:
    open_form(on_orders)
    on_orders.get_by_text("REDUCING", exact=True).click()
    on_orders.get_by_label("Note").press_sequentially("quotes look wrong", delay=150)
    post(unstopped, "/v1/stops/trip", {"scope": "symbol:IBM"})
    expect(on_orders.get_by_text("HALTED the symbol IBM")).to_be_visible(timeout=AT_ONCE_MS)
    expect(on_orders.get_by_label("Note")).to_have_value("quotes look wrong")
    on_orders.get_by_role("button", name="Stop now").click()
    expect(on_orders.get_by_text("REDUCING everything")).to_be_visible(timeout=PATIENCE_MS)
    assert standing(unstopped) == {"everything": "REDUCING", "symbol:IBM": "HALTED"}


def test_exits_are_held_only_where_that_is_ticked(on_orders: Page, unstopped: str) -> None:
    (order,) = bought(unstopped)
    filled(unstopped, order)
    in_session(unstopped)
    open_form(on_orders)
    on_orders.get_by_text("REDUCING", exact=True).click()
    on_orders.get_by_text("Halt and hold exits too").click()
    on_orders.get_by_role("button", name="Stop now").click()
    expect(on_orders.get_by_text("HALTED, exits held everything")).to_be_visible(timeout=PATIENCE_MS)
    (stop,) = get(unstopped, "/v1/stops")["items"][:1]
    assert (stop["state"], stop["exits"]) == ("HALTED", False)
    (held,) = post(unstopped, "/v1/portfolio/flatten", {})["orders"]
    assert held["reasons"][0]["code"] == "stopped"


def test_letting_go_wants_a_note(page: Page, screens: str, unstopped: str) -> None:
    post(unstopped, "/v1/stops/trip", {"note": "to be let go"})
    page.goto(f"{screens}/safety")
    button = page.get_by_role("button", name="Let everything go on")
    button.click()
    expect(page.get_by_text("Write the reason first")).to_be_visible(timeout=PATIENCE_MS)
    assert standing(unstopped) == {"everything": "HALTED"}
    picture(page, "safety-stopped")
    page.get_by_label("Why it is safe to go on").fill("looked at the quotes")
    button.click()
    expect(page.get_by_text("Nothing is stopped.", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    assert standing(unstopped) == {}
    told = get(unstopped, "/v1/stops")["history"][0]
    assert (told["act"], told["note"]) == ("rearmed", "looked at the quotes")


def test_an_api_that_is_away_never_looks_like_a_stop_that_was_made(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("screens") / "screens.log"
    with running(command(f"http://127.0.0.1:{free_port()}", port), {}, f"{address}/_stcore/health", log):
        page.goto(f"{address}/orders")
        expect(page.get_by_text("counts as stopped")).to_be_visible(timeout=PATIENCE_MS)
        open_form(page)
        page.get_by_role("button", name="Stop now").click()
        said = page.get_by_role("alert").filter(has_text="Not stopped, as far as anybody knows here")
        expect(said.first).to_be_visible(timeout=PATIENCE_MS)
        expect(said.first.get_by_text("trivet stop trip everything")).to_be_visible()
        picture(page, "stop-api-away")


@pytest.mark.parametrize(
    ("stopped", "paths"), [(None, [*PAGES]), ("REDUCING", ["safety"]), ("HALTED", ["safety"])]
)
def test_every_word_can_be_read(
    page: Page, screens: str, unstopped: str, stopped: str | None, paths: list[str]
) -> None:
    if stopped is not None:
        post(unstopped, "/v1/stops/trip", {"state": stopped})
    for path in paths:
        page.goto(f"{screens}/{path}")
        said = page.get_by_text(f"{stopped} everything" if stopped else "Nothing is stopped.")
        expect(said.first).to_be_visible(timeout=PATIENCE_MS)
        page.wait_for_timeout(1_500)
        assert page.evaluate(TOO_FAINT) == [], path
