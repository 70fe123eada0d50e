"""What the screen tests share: one running Trivet for each test process, and Debian's Chromium."""

import shutil
from collections.abc import Iterator

import pytest

from tests.ui.running import get, post, trivet_running


@pytest.fixture(scope="session")
def trivet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Trivet that stands in the middle of a session and does not move on."""
    with trivet_running(tmp_path_factory.mktemp("trivet")) as address:
        yield address


@pytest.fixture
def screens(trivet: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the API that the pages will talk to."""
    monkeypatch.setenv("TRIVET_API_URL", trivet)
    return trivet


@pytest.fixture
def unstopped(trivet: str) -> Iterator[str]:
    """The same Trivet with nothing stopped, before the test and after it."""
    let_go(trivet)
    yield trivet
    let_go(trivet)


def let_go(trivet: str) -> None:
    """Re-arm whatever is stopped."""
    for stop in get(trivet, "/v1/stops")["items"]:
        if stop["state"] != "ACTIVE":
            post(trivet, "/v1/stops/rearm", {"scope": stop["scope"], "note": "the test is over"})


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium without a window."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A fresh window."""
    opened = browser.new_page(viewport={"width": 1400, "height": 1000})
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()
