"""How to start the screens: the one place that knows Streamlit's settings."""

import sys
from collections.abc import Iterable
from pathlib import Path

APP = Path(__file__).with_name("app.py")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Colours that stay apart for colour-blind readers; every verdict carries its word and mark as well.
SETTINGS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "type",
    "theme.base": "light",
    "theme.primaryColor": "#0b4f7d",
    "theme.textColor": "#1c2530",
    "theme.blueTextColor": "#0b5394",
    "theme.orangeTextColor": "#9a5200",
    "theme.redTextColor": "#a61b1b",
    "theme.baseFontSize": "15",
}


def command(api_url: str, port: int, host: str = "127.0.0.1", names: Iterable[str] = ()) -> list[str]:
    """The command line that serves the screens of the API at ``api_url`` at ``host`` and ``port``.

    They answer under the names of this machine and under ``names``: whoever reaches them acts with their
    key, so a foreign name that was rebound to this machine must not reach them.
    """
    settings = {**SETTINGS, "server.address": host, "server.port": str(port)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    options += [f"--server.allowedHosts={name}" for name in (*LOOPBACK, *sorted(names))]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *options, "--", api_url]
