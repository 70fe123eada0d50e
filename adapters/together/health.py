"""Whether a process answers over HTTP that it is ready."""

from http.client import HTTPException

import httpx

_PATIENCE_SECONDS = 1.0


def ready(url: str) -> bool:
    """Whether ``url`` answers 200 within a second; loopback calls wander through no proxy."""
    try:
        return httpx.get(url, timeout=_PATIENCE_SECONDS, trust_env=False).status_code == 200
    except (httpx.HTTPError, HTTPException):
        return False
