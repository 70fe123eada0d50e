"""Whether a process answers over HTTP that it is ready; run as a module, the health check of a container."""

import sys
import time
from http.client import HTTPConnection, HTTPException
from select import select
from urllib.parse import urlsplit

PATIENCE_SECONDS = 5.0
_ALONE_SECONDS = 2.0


class Readiness:
    """Asks ``url``, such as ``http://127.0.0.1:8000/readyz``, without waiting, since one thread asks many."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)
        self._line: HTTPConnection | None = None
        self._asked_at = 0.0

    def __call__(self, _pid: int) -> bool | None:
        """Whether it answers 200; None while the answer is on its way, for ``PATIENCE_SECONDS`` at most."""
        try:
            return self._answer(self._line or self._ask())
        except (OSError, HTTPException):
            return self._hang_up(ready=False)

    def _ask(self) -> HTTPConnection:
        """Send the question; on this machine a connection is there at once or refused at once."""
        self._line = HTTPConnection(self._where.hostname or "", self._where.port, timeout=PATIENCE_SECONDS)
        self._line.request("GET", self._where.path)
        self._asked_at = time.monotonic()
        return self._line

    def _answer(self, line: HTTPConnection) -> bool | None:
        if select([line.sock], [], [], 0)[0]:
            return self._hang_up(ready=line.getresponse().status == 200)
        if time.monotonic() > self._asked_at + PATIENCE_SECONDS:
            return self._hang_up(ready=False)
        return None

    def _hang_up(self, *, ready: bool) -> bool:
        if self._line is not None:
            self._line.close()
        self._line = None
        return ready


def _is_ready(url: str) -> bool:
    readiness, deadline = Readiness(url), time.monotonic() + _ALONE_SECONDS
    while (answer := readiness(0)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(answer)


if __name__ == "__main__":
    sys.exit(0 if _is_ready(sys.argv[1]) else 1)
