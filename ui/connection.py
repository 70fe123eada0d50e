"""The API this page talks to, the time it goes by, and what people read when it does not answer."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import streamlit as st

from ui.client import DEFAULT_ADDRESS, Api, ApiDown, Json, Problem
from ui.words import plain, when


def address() -> str:
    """Where the API is: the command line's word, else ``TRIVET_API_URL``, else the usual place."""
    given = [word for word in sys.argv[1:] if word.startswith(("http://", "https://"))]
    return given[0] if given else os.environ.get("TRIVET_API_URL", DEFAULT_ADDRESS)


def elsewhere() -> dict[str, str]:
    """Services apart by the beginning of their paths: ``TRIVET_API_URLS``, ``/v1/orders=http://…,…``."""
    pairs = os.environ.get("TRIVET_API_URLS", "").split(",")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def key() -> str | None:
    """What the screens show to the API: the first line of ``TRIVET_KEY_FILE``; None without one.

    Screens that were started apart find the key of this machine in ``TRIVET_HOME``.
    """
    named, home = os.environ.get("TRIVET_KEY_FILE"), os.environ.get("TRIVET_HOME")
    file = Path(named) if named else Path(home) / "local.key" if home else None
    return file.read_text(encoding="ascii").strip() if file is not None and file.exists() else None


@st.cache_resource
def _connected(where: str, shown: str | None, apart: tuple[tuple[str, str], ...]) -> Api:
    return Api(where, shown, dict(apart))


def api() -> Api:
    """The API, connected once for all pages and visitors."""
    return _connected(address(), key(), tuple(elsewhere().items()))


def player() -> Json | None:
    """The player's state; None where no player runs and the clock is the real one.

    Any other refusal is raised: by a wrong time reviews would seem expired that are not.
    """
    try:
        return api().get("/v1/player")
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


def now() -> datetime:
    """The time the house goes by: the player's where one runs, else the server's."""
    status = player()
    return when(status["time"]) if status else api().served_at()


@contextmanager
def failures_shown() -> Iterator[None]:
    """Whatever goes wrong between here and the API is said plainly, with what to do next."""
    try:
        yield
    except ApiDown as failure:
        st.error(f"**The API is not there.** {plain(failure)}")
        st.markdown("Start everything with")
        st.code("make run", language="bash")
        st.markdown("or the API alone, and give its address to the screens in `TRIVET_API_URL`:")
        st.code("trivet serve all --port 8000", language="bash")
    except Problem as problem:
        st.error(f"**{plain(problem.title)}** {plain(problem.detail)}")
        st.caption(f"{next_step(problem)} ({problem.status} {problem.slug})")


def next_step(problem: Problem) -> str:
    """What a person can do about a refusal of the API."""
    if problem.status in (401, 403):
        return "The API wants a key or another role; ask whoever runs it."
    if problem.status == 404:
        return "It may belong to another store; go back to the list."
    if problem.status >= 500:
        return "Nothing was decided and nothing is lost; try again in a moment."
    return "Read the reason, change what it names, and try again."
