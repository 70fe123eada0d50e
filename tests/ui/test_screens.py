"""The pages against a running Trivet: what they show, and what a click does."""

from collections.abc import Callable

import pytest

from tests.ui.pages import (
    decisions_page,
    opened,
    orders_page,
    packs_page,
    player_bar,
    ran,
    reconciliation_page,
    reviews_page,
    safety_page,
    texts,
    today_page,
)
from tests.ui.running import doubtful, emptied, free_port, get, judged, post


def test_a_rejected_signal_shows_its_verdict_and_reason(screens: str) -> None:
    judged(screens, symbol="TSLA")
    (newest, *_) = opened(decisions_page).expander
    assert "REJECT" in newest.label
    assert "TSLA is not among the symbols that may be traded" in newest.label


def test_an_approved_signal_shows_how_much_is_allowed(screens: str) -> None:
    judged(screens)
    (newest, *_) = opened(decisions_page).expander
    assert "APPROVE" in newest.label
    assert "up to 1 %" in newest.label


def test_an_opened_decision_explains_every_rule(screens: str) -> None:
    decision_id = judged(screens, symbol="TSLA")["decision_id"]
    app = opened(decisions_page, f"decision-{decision_id}")
    rules, facts = (table.value for table in app.table)
    recorded = get(screens, f"/v1/policy/decisions/{decision_id}")
    assert len(rules) == len(recorded["rules"])
    first = rules.iloc[0]
    assert first["result"] == "**●\u00a0hit**"
    assert first["rule"] == "`trading-core/symbol-not-allowed`"
    assert "symbol = **TSLA**" in first["it read"]
    assert set(facts["fact"]) == {f"`{name}`" for name in recorded["facts"]}


def test_each_rule_tells_how_far_its_numbers_are_from_its_limits(screens: str) -> None:
    judging = judged(screens, confidence=0.6, size_pct=0.02)
    rules = opened(decisions_page, f"decision-{judging['decision_id']}").table[0].value.set_index("rule")
    rooms = rules["room to its limits"]
    assert rooms["`trading-core/oversized`"] == r"**0\.01 past** 0\.01"
    assert rooms["`trading-core/low-confidence`"] == r"exactly at 0\.6"
    assert rooms["`trading-core/stale-data`"] == "18 left to 30"
    assert rooms["`trading-core/symbol-not-allowed`"] == "—"


def test_a_decision_replays_on_request(screens: str) -> None:
    decision_id = judged(screens)["decision_id"]
    app = opened(decisions_page, f"decision-{decision_id}")
    ran(app.button(key=f"replay-{decision_id}").click().run())
    assert "say the same again" in texts(app)


def test_a_refused_decision_says_what_would_have_been_approved(screens: str) -> None:
    decision_id = judged(screens, confidence=0.5)["decision_id"]
    app = opened(decisions_page, f"decision-{decision_id}")
    ran(app.button(key=f"nearest-{decision_id}").click().run())
    assert r"confidence = **0\.6** instead of 0\.5" in texts(app)
    decision_id = judged(screens, symbol="TSLA")["decision_id"]
    app = opened(decisions_page, f"decision-{decision_id}")
    ran(app.button(key=f"nearest-{decision_id}").click().run())
    assert "not with the same symbol and candidate" in texts(app)


def test_the_verdict_filter_keeps_the_others_out(screens: str) -> None:
    judged(screens, symbol="TSLA")
    judged(screens)
    app = opened(decisions_page)
    ran(app.segmented_control(key="verdict").set_value("REJECT").run())
    assert app.expander
    assert all("REJECT" in one.label for one in app.expander)


def test_a_symbol_is_never_formatting(screens: str) -> None:
    judged(screens, symbol="**[x](y)**")
    (newest, *_) = opened(decisions_page).expander
    assert r"\*\*\[x\]\(y\)\*\*" in newest.label


def test_a_review_is_approved_once_with_its_note(screens: str) -> None:
    emptied(screens)
    review_id = doubtful(screens)["review_id"]
    app = opened(reviews_page)
    ran(app.button(key=f"open-{review_id}").click().run())
    app.text_input(key=f"note-{review_id}").set_value("looked at the chart")
    ran(app.button(key=f"approve-{review_id}").click().run())
    review = get(screens, f"/v1/reviews/{review_id}")
    assert (review["status"], review["note"]) == ("APPROVED", "looked at the chart")
    assert "Answered: approve" in texts(app)
    assert [button.key for button in app.button] == ["leave"]


def test_a_review_is_rejected_with_its_note(screens: str) -> None:
    review_id = doubtful(screens)["review_id"]
    app = opened(reviews_page)
    ran(app.button(key=f"open-{review_id}").click().run())
    app.text_input(key=f"note-{review_id}").set_value("not today")
    ran(app.button(key=f"reject-{review_id}").click().run())
    assert get(screens, f"/v1/reviews/{review_id}")["status"] == "REJECTED"


def test_no_answer_leaves_without_a_note(screens: str) -> None:
    review_id = doubtful(screens)["review_id"]
    app = opened(reviews_page)
    ran(app.button(key=f"open-{review_id}").click().run())
    ran(app.button(key=f"approve-{review_id}").click().run())
    assert get(screens, f"/v1/reviews/{review_id}")["status"] == "PENDING"
    assert "Write a note first" in app.toast[0].value


def test_an_answer_that_came_too_late_says_so_and_what_to_do(screens: str) -> None:
    review_id = doubtful(screens)["review_id"]
    app = opened(reviews_page)
    ran(app.button(key=f"open-{review_id}").click().run())
    post(screens, f"/v1/reviews/{review_id}/reject", {"note": "somebody else"})
    app.text_input(key=f"note-{review_id}").set_value("me too")
    ran(app.button(key=f"approve-{review_id}").click().run())
    assert "The first answer stands" in texts(app)
    assert get(screens, f"/v1/reviews/{review_id}")["status"] == "REJECTED"


def test_nothing_is_open_until_a_person_opens_it(screens: str) -> None:
    doubtful(screens)
    app = opened(reviews_page)
    assert {str(button.key).partition("-")[0] for button in app.button} == {"open"}


def test_every_rule_in_force_stands_in_words(screens: str) -> None:
    app = opened(packs_page)
    shown = {rule for table in app.table if "objects when" in table.value for rule in table.value["rule"]}
    pack = get(screens, "/v1/policy/packs/trading-core/1.0.0")
    assert {f"`{rule['id']}`" for rule in pack["rules"]} <= shown
    assert "since" in texts(app)


def test_a_step_of_the_player_moves_the_market_on(screens: str) -> None:
    before = get(screens, "/v1/player")["time"]
    app = opened(player_bar)
    for _ in range(2):  # the first may deliver the quotes of the time at which the clock stands
        ran(app.button(key="step").click().run())
    assert get(screens, "/v1/player")["time"] > before


@pytest.mark.parametrize(
    "page",
    [
        today_page,
        decisions_page,
        orders_page,
        reviews_page,
        packs_page,
        safety_page,
        reconciliation_page,
    ],
)
def test_a_missing_api_is_said_plainly_with_the_command_that_starts_it(
    page: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIVET_API_URL", f"http://127.0.0.1:{free_port()}")
    app = opened(page)
    assert "The API is not there" in texts(app)
    assert "make run" in [block.value for block in app.code]
