"""A refresh that a page asked for before it was left is no visit, and does not empty the page that came."""

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from ui.late_refreshes import is_late, keep_the_page, of_page


@pytest.mark.parametrize(
    ("asked", "late"),
    [
        ({"fragment_id": "bar", "is_auto_rerun": True, "page_script_hash": "today"}, True),
        ({"fragment_id": "bar", "is_auto_rerun": True, "page_script_hash": "orders"}, False),
        ({"fragment_id": "bar", "page_script_hash": "today"}, False),
        ({"page_script_hash": "today"}, False),
    ],
)
def test_only_a_timed_refresh_of_a_page_that_was_left_is_dropped(
    asked: dict[str, object], late: bool
) -> None:
    assert is_late(ClientState(**asked), "orders") is late


def test_a_refresh_that_waited_is_run_on_the_page_that_came() -> None:
    waited = RerunData(fragment_id_queue=["bar"], page_script_hash="today", page_name="today")
    assert of_page(waited, "orders") == RerunData(fragment_id_queue=["bar"], page_script_hash="orders")


def test_a_visit_goes_where_it_wants_to() -> None:
    visit = RerunData(page_script_hash="today")
    assert of_page(visit, "orders") is visit


def test_it_is_seen_to_once_however_often_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in ((AppSession, "request_rerun"), (ScriptRunner, "_run_script")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back afterwards
    keep_the_page()
    once = AppSession.request_rerun, ScriptRunner._run_script
    keep_the_page()
    assert (AppSession.request_rerun, ScriptRunner._run_script) == once
