"""The stream joins what belongs together: one line for a signal, from its decision to its fill."""

from typing import Any

from ui.stream import chains, line

NOBODY: frozenset[str] = frozenset()


def decision(signal: str, at: str, word: str = "APPROVE", **changes: Any) -> dict[str, Any]:
    told = {
        "signal_id": signal,
        "decision_id": f"{signal}-{at}",
        "decision": word,
        "reasons": [],
        "candidate_action": "BUY",
        "symbol": "AAPL",
        "approved_size_pct": 0.01,
        "evaluated_at": at,
        "expires_at": at,
        "review_id": None,
        "answered_by": None,
    }
    return {**told, **changes}


def order(number: str, signal: str | None, at: str, **changes: Any) -> dict[str, Any]:
    told = {
        "order_id": number,
        "signal_id": signal,
        "purpose": "signal" if signal else "exit",
        "side": "BUY" if signal else "SELL",
        "symbol": "AAPL",
        "qty": "17",
        "state": "FILLED",
        "state_detail": "FILLED",
        "cum_qty": "17",
        "avg_price": "583.12",
        "reasons": [],
        "updated_at": at,
    }
    return {**told, **changes}


def test_a_signal_its_answered_review_and_its_order_are_one_line() -> None:
    asked = decision("a", "2012-09-04T15:00:00Z", "REVIEW", review_id="r")
    answered = decision("a", "2012-09-04T15:01:00Z", answered_by="ada", review_id="r")
    (chain,) = chains([answered, asked], [order("1", "a", "2012-09-04T15:36:00Z")])
    said = line(chain, NOBODY)
    assert (
        said.index("REVIEW")
        < said.index("by ada up to 1 %")
        < said.index("ordered 17")
        < said.index("FILLED")
    )
    assert "09-04 15:36:00" in said


def test_the_line_with_the_newest_event_stands_first() -> None:
    decisions = [decision("b", "2012-09-04T15:02:00Z"), decision("a", "2012-09-04T15:00:00Z")]
    found = chains(decisions, [order("1", "a", "2012-09-04T15:36:00.5Z")])
    assert [chain.key for chain in found] == ["a", "b"]


def test_an_order_without_a_signal_has_a_line_of_its_own() -> None:
    (chain,) = chains([], [order("1", None, "2012-09-04T15:00:00Z")])
    assert "closing a position **SELL AAPL**" in line(chain, NOBODY)


def test_a_review_says_that_it_waits_only_while_it_waits() -> None:
    (chain,) = chains([decision("a", "2012-09-04T20:00:00Z", "REVIEW", review_id="r")], [])
    assert "waits for you until 2012-09-04 20:00:00 UTC" in line(chain, frozenset({"r"}))
    assert "waits" not in line(chain, NOBODY)
