"""The page of safety against a running Trivet: stops and their end, limits and their use, phase, drills."""

from streamlit.testing.v1 import AppTest

from tests.ui.pages import column, opened, ran, safety_page, texts
from tests.ui.running import bought, filled, get, post


def test_a_stop_tells_what_it_means_and_what_letting_go_does(screens: str, unstopped: str) -> None:
    post(unstopped, "/v1/stops/trip", {"scope": "symbol:IBM", "state": "REDUCING", "note": "odd quotes"})
    said = texts(opened(safety_page))
    assert "REDUCING" in said
    assert "the symbol IBM" in said
    assert "odd quotes" in said
    assert "If you let go" in said


def test_whatever_tripped_a_stopped_scope_since_is_told_too(screens: str, unstopped: str) -> None:
    post(unstopped, "/v1/stops/trip", {"note": "first"})
    post(unstopped, "/v1/stops/trip", {"exits": False, "note": "second, harder"})
    app = opened(safety_page)
    assert column(app, "note")[:2] == ["second, harder", "first"]


def test_letting_go_is_done_once_and_stands_in_the_history(screens: str, unstopped: str) -> None:
    post(unstopped, "/v1/stops/trip", {"scope": "symbol:IBM"})
    app = opened(safety_page)
    app.text_input(key="rearm-symbol:IBM-note").set_value("the quotes are fine")
    ran(app.button(key="rearm-symbol:IBM-send").click().run())
    assert "Nothing is stopped" in texts(app)
    assert column(app, "what")[0] == "let go"
    assert get(unstopped, "/v1/stops")["history"][0]["note"] == "the quotes are fine"


def test_every_limit_of_the_phase_stands_with_its_unit(screens: str) -> None:
    app = opened(safety_page)
    limits = get(screens, "/v1/rollout")["limits"]
    assert column(app, "limit") == [f"`{one['name']}`" for one in limits]
    assert len(limits) == len(column(app, "unit")) > 20


def bars(app: AppTest) -> list[str]:
    """What the bars of the limits say."""
    return [bar.proto.text for bar in app.get("progress")]


def test_the_use_of_a_limit_follows_the_book(screens: str) -> None:
    (order,) = bought(screens)
    filled(screens, order)
    (held,) = get(screens, "/v1/portfolio/positions")["items"]
    said = bars(opened(safety_page))
    assert any(f"${float(held['market_value']):,.2f}" in text.replace("\\", "") for text in said)
    assert any("**1** of" in text for text in said)


def test_what_the_next_phase_takes_is_found_on_request_alone(screens: str) -> None:
    app = opened(safety_page)
    assert "asked for" not in [head for table in app.table for head in table.value]
    ran(app.button(key="ask-checklist").click().run())
    found = get(screens, "/v1/rollout/checklist")["items"]
    assert len(column(app, "asked for")) == len(found)
    assert any("missing" in cell for cell in column(app, ""))


def test_a_request_without_its_evidence_is_refused_with_what_is_missing(screens: str) -> None:
    app = opened(safety_page)
    app.text_input(key="phase-advance-note").set_value("we are ready")
    ran(app.button(key="phase-advance-send").click().run())
    assert "Refused, something is missing" in texts(app)
    assert any("trivet stop drill" in step for step in column(app, "next step"))
    assert get(screens, "/v1/rollout")["phase"] == "development"


def test_stops_that_were_never_drilled_are_said_with_the_command(screens: str) -> None:
    assert get(screens, "/v1/stops/obeyed")["drills"] == []
    assert "`trivet stop drill`" in texts(opened(safety_page))
