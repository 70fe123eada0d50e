"""What the screen tests share: one running Trivet for each test process."""

from collections.abc import Iterator

import pytest

from tests.ui.running import trivet_running


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
