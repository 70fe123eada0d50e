"""A refresh that a page asked for before it was left does nothing to the page that came.

Streamlit takes a fragment's timed refresh for a visit of the page that asked. One that comes while another
page is being drawn waits until that is done, and then removes what was drawn. The bar that stops refreshes
every second on every screen, so that this is no rare accident; no setting prevents it.
"""

from dataclasses import replace
from functools import wraps
from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def keep_the_page() -> None:
    """See to it once for the whole process; asked for again, it changes nothing."""
    if not hasattr(AppSession.request_rerun, "__wrapped__"):
        _drop_late()
        _stay()


def is_late(asked: ClientState | None, shown: str) -> bool:
    """Whether ``asked`` is a timed refresh by another page than that of the hash ``shown``."""
    return bool(asked and asked.fragment_id and asked.is_auto_rerun and asked.page_script_hash != shown)


def of_page(asked: RerunData, shown: str) -> RerunData:
    """``asked``, or where it only refreshes fragments, the same for the page of the hash ``shown``.

    ``shown`` is empty before the first page of a run.
    """
    if not asked.fragment_id_queue or not shown:
        return asked
    return replace(asked, page_script_hash=shown, page_name="")


def _drop_late() -> None:
    """When a refresh is asked for."""
    taken: Any = AppSession.request_rerun

    @wraps(taken)
    def request_rerun(session: AppSession, asked: ClientState | None) -> None:
        if not is_late(asked, session.page_script_hash):
            taken(session, asked)

    AppSession.request_rerun = request_rerun  # type: ignore[assignment, method-assign]


def _stay() -> None:
    """When a refresh that had to wait is run."""
    taken: Any = ScriptRunner._run_script  # noqa: SLF001

    @wraps(taken)
    def run_script(runner: ScriptRunner, asked: RerunData) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        taken(runner, of_page(asked, context.page_script_hash if context else ""))

    ScriptRunner._run_script = run_script  # type: ignore[assignment, method-assign]  # noqa: SLF001
