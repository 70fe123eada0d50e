"""How the screens are started: on loopback, silent, and with the API's address."""

from http.client import HTTPConnection

import httpx
import pytest

from tests.ui.running import free_port, running
from ui.launch import command


def test_the_screens_stay_on_this_machine_and_report_to_nobody() -> None:
    told = command("http://127.0.0.1:8000", 8501)
    assert "--server.address=127.0.0.1" in told
    assert "--server.port=8501" in told
    assert "--browser.gatherUsageStats=false" in told
    assert "--server.headless=true" in told
    assert told[-2:] == ["--", "http://127.0.0.1:8000"]


def test_the_command_serves_the_screens(tmp_path_factory: pytest.TempPathFactory) -> None:
    port = free_port()
    log = tmp_path_factory.mktemp("screens") / "screens.log"
    health = f"http://127.0.0.1:{port}/_stcore/health"
    with running(command("http://127.0.0.1:9", port, names=["screens"]), {}, health, log):
        page = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        assert "streamlit" in page.text.lower()
        hosts = (f"127.0.0.1:{port}", f"localhost:{port}", f"screens:{port}", f"rebound.example:{port}")
        assert [opened(port, host) for host in hosts] == [101, 101, 101, 403]


def opened(port: int, host: str) -> int:
    """The status with which a page that calls this machine ``host`` is answered when it opens its socket."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    further = {"Host": host, "Origin": f"http://{host}", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("GET", "/_stcore/stream", headers=upgrade | further)
    try:
        return line.getresponse().status
    finally:
        line.close()
