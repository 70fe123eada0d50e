"""Whether a process answers over HTTP that it is ready; run as a module, the health check of a container."""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 1.0


def ready(url: str) -> bool:
    """Whether ``url``, such as ``http://127.0.0.1:8000/readyz``, answers 200 within a second."""
    where = urlsplit(url)
    line = HTTPConnection(where.hostname or "", where.port, timeout=_PATIENCE_SECONDS)
    try:
        line.request("GET", where.path)
        return line.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(0 if ready(sys.argv[1]) else 1)
