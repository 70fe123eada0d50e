"""The page of the senses: quotes against their limit, what was put aside, features, news, events, memos."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.market.blackouts_api import BlackoutsView, WindowView
from adapters.market.feed import AcceptedView, CaseView, FeedLine, FeedView, HeldView, OverridesView
from adapters.news.api import DeskView, SourceView, UnreadView
from adapters.reasoning.api import ReasonerView
from adapters.reasoning.reading import DayView
from policy.contracts import FeatureSnapshot, Quote
from tests.ui import memos
from tests.ui.doubles import Double, answering
from tests.ui.pages import column, opened, ran, senses_page, texts
from ui import figures
from ui.announced import standing
from ui.feature_plots import rows_of
from ui.feed import age
from ui.words import plain

AT = datetime(2012, 6, 4, 14, 30, tzinfo=UTC)
QUOTE = Quote(symbol="AAPL", bid=Decimal(10), ask=Decimal("10.01"), at=AT - timedelta(seconds=75))
HELD = HeldView(level=Decimal("20.5"), day=date(2012, 6, 4), against="10.2 on 2012-06-01", since=AT)
ACCEPTED = AcceptedView(
    symbol="IBM",
    day=date(2012, 6, 1),
    level=Decimal(95),
    against="190",
    by="olga",
    note="a <b>split</b>",
    at=AT,
)
CASE = CaseView(
    kind="quote",
    source="wire",
    symbol="AAPL",
    fault="jump",
    day=date(2012, 6, 4),
    times=3,
    first_at=AT,
    last_at=AT,
    text="20.5 is twice 10.2 <b>",
    against="10.2",
    came={"bid": "20.4", "ask": "20.6"},
)


def feed(**changes: Any) -> dict[str, Any]:
    """A feed in which one quote is too old and its symbol's new level is held."""
    line = FeedLine(
        symbol="AAPL", quote=QUOTE, data_age_seconds=75.0, accepted=4, quarantined={"jump": 3}, held=HELD
    )
    silent = FeedLine(symbol="IBM", quote=None, data_age_seconds=None, accepted=0, quarantined={}, held=None)
    view = FeedView(
        time=AT,
        market_open=True,
        closes_at=AT + timedelta(hours=5),
        items=(line, silent),
        others={"unknown-symbol": 2},
        calendar=OverridesView(closed={date(2012, 6, 8): "the building"}, closes_early={}),
        acceptances=(ACCEPTED,),
    )
    return {**view.model_dump(mode="json"), **changes}


def reasoner(breaker: str | None = "open") -> dict[str, Any]:
    """A reasoner that failed too often."""
    today = DayView(
        day="2012-06-04",
        statuses={"OK": 3, "FAILED": 2, "SKIPPED": 1},
        reasons={"time-out": 2, "reasoner-off": 1},
        slowest_seconds=15.0,
        input_tokens=1200,
        output_tokens=34,
        cost=Decimal("0.12"),
    )
    view = ReasonerView(reasoner="some-model", settings={}, breaker=breaker, today=today)
    return view.model_dump(mode="json")


def gap(day: int) -> dict[str, Any]:
    """A session of IBM without a bar."""
    return {"symbol": "IBM", "session": f"2012-05-{day:02}", "half_day": False}


def bars() -> list[dict[str, Any]]:
    """Bars of sixty days, which is enough for the longest mean."""
    days = [AT + timedelta(days=number) for number in range(-60, 0)]
    return [
        {"closed_at": day.isoformat(), "close": str(10 + number), "volume": 100}
        for number, day in enumerate(days)
    ]


def answers() -> dict[str, Any]:
    """What a whole house says."""
    snapshot = FeatureSnapshot(
        symbol="AAPL", at=AT, bars=60, values={"close": 10.25}, version=2, cold={"sma_50": 7}
    )
    window = WindowView(
        what="earnings", symbol="AAPL", starts=AT, ends=AT + timedelta(days=1), told_by="events.yaml:2"
    )
    events = BlackoutsView(
        as_of=AT,
        first=date(2012, 5, 28),
        last=date(2012, 8, 3),
        covered_from=date(2000, 1, 1),
        covered_to=date(2027, 12, 31),
        active=True,
        items=(window,),
    )
    desk = DeskView(
        sources=(SourceView(place="https://wire.test/rss", read_at=AT, problem="answers 503", items=4),),
        unread=(UnreadView(place="a.jsonl:3", code="naive-time", text="no zone", came="<i>x</i>"),),
    )
    pack = {"pack": "trading-core", "version": "9.9.9", "set": "house", "shadow": False}
    return {
        "/v1/reasoning/status": (200, reasoner()),
        "/v1/market/feed": (200, feed()),
        "/v1/market/quarantine": (200, {"items": [CASE.model_dump(mode="json")], "next_cursor": None}),
        "/v1/market/accept": (200, {}),
        "/v1/market/gaps": (200, {"items": [gap(day) for day in range(1, 15)], "next_cursor": None}),
        "/v1/policy/packs": (200, {"items": [pack]}),
        "/v1/policy/packs/trading-core/9.9.9": (200, {"limits": {"max_data_age": {"value": 30}}}),
        "/v1/features/AAPL": (200, snapshot.model_dump(mode="json")),
        "/v1/market/bar/AAPL": (200, {"symbol": "AAPL", "bars": bars()}),
        "/v1/news/AAPL": (200, memos.news()),
        "/v1/news": (200, desk.model_dump(mode="json")),
        "/v1/market/blackouts": (200, events.model_dump(mode="json")),
    }


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """An API of canned answers, which a test changes before it opens the page."""
    figures.whole_pack.clear()
    with answering(answers()) as double:
        monkeypatch.setenv("TRIVET_API_URL", double.address)
        yield double
    figures.whole_pack.clear()


def test_a_quote_older_than_the_rules_take_stands_out(house: Double) -> None:
    ages = column(opened(senses_page), "age")
    assert ages == [":red[**✖\u00a01 min 15 s**]", ":gray[never quoted]"]
    assert age(30.0, 30.0) == "30 s"
    assert age(30.5, None) == "30.5 s"


def test_what_was_put_aside_is_shown_with_its_reason_and_what_came(house: Double) -> None:
    page = opened(senses_page)
    assert column(page, "fault")[0] == "jump"
    assert column(page, "because")[0] == plain("20.5 is twice 10.2 <b>")
    assert column(page, "what came")[0] == plain("bid 20.4") + ", " + plain("ask 20.6")
    assert column(page, "put aside") == ["jump 3", "—"]
    assert "unknown\\-symbol 2" in texts(page)


def test_a_held_level_is_accepted_with_a_note_and_the_level_that_was_seen(house: Double) -> None:
    page = opened(senses_page)
    assert "AAPL is held at \\$20\\.50" in texts(page)
    ran(page.button(key="accept-AAPL-send").click().run())
    assert house.told == []
    assert "Write the reason first" in texts(page)
    page.text_input(key="accept-AAPL-note").set_value("a split that nobody announced")
    ran(page.button(key="accept-AAPL-send").click().run())
    assert house.told == [
        ("/v1/market/accept", {"symbol": "AAPL", "level": "20.5", "note": "a split that nobody announced"})
    ]


def test_what_a_person_let_in_stands_there_with_name_and_note(house: Double) -> None:
    said = f"by olga at 2012-06-04 14:30:00 UTC: {plain('a <b>split</b>')}"
    assert f"- **IBM** at \\$95\\.00 :gray[{said}]" in texts(opened(senses_page))


def test_a_feature_that_is_not_warm_is_no_number(house: Double) -> None:
    assert column(opened(senses_page), "value") == [":orange[not warm: 7 more bars]", "10\\.25"]
    assert rows_of({"values": {}, "cold": {}}) == []


def test_news_is_shown_word_for_word_and_as_letters(house: Double) -> None:
    said = texts(opened(senses_page))
    assert f"**{plain(memos.INJECTED)}**" in said
    assert "told again by scenario wire at 06-04 14:30" in said
    assert "stories 1, told again 1; 3 more had no room" in said
    assert "<script>" not in said


def test_news_that_could_not_be_read_is_kept_in_sight(house: Double) -> None:
    page = opened(senses_page)
    assert column(page, "where") == ["a\\.jsonl\\:3"]
    assert column(page, "what came")[-1] == plain("<i>x</i>")
    assert ":red[**▲\u00a0answers 503**]" in column(page, "state")


def test_an_announced_event_is_shown_with_who_says_so(house: Double) -> None:
    said = texts(opened(senses_page))
    assert "**Blackouts** :gray[AAPL is held now]" in said
    assert "**AAPL** earnings :gray[2012-06-04 14:30 to 2012-06-05 14:30, by events\\.yaml\\:2]" in said
    assert "nobody can say" in standing("AAPL", {"active": None})


def test_a_reasoner_that_is_not_asked_any_more_says_so(house: Double) -> None:
    said = texts(opened(senses_page))
    assert "not asked for a while" in said
    assert "2: it took too long; 1: it is switched off" in said
    house.answers["/v1/reasoning/status"] = (200, reasoner(None))
    assert "thinks in the house" in texts(opened(senses_page))


def test_missing_bars_are_named_with_their_days(house: Double) -> None:
    said = texts(opened(senses_page))
    assert "- **IBM** 14: 2012\\-05\\-14, 2012\\-05\\-13" in said
    assert "2012\\-05\\-03 and 2 before" in said


def test_an_operators_calendar_is_shown(house: Double) -> None:
    assert "- 2012\\-06\\-08 closed: the building" in texts(opened(senses_page))


def test_a_part_that_an_api_has_not_leaves_the_others_standing(house: Double) -> None:
    for path in ("/v1/reasoning/status", "/v1/market/blackouts"):
        del house.answers[path]
    house.answers["/v1/news/AAPL"] = (503, {"title": "the store is away", "detail": "wait", "status": 503})
    page = opened(senses_page)
    said = texts(page)
    assert "This API tells of no such thing as a reasoner." in said
    assert "This API tells of no such thing as blackouts." in said
    assert "the store is away" in said
    assert len(column(page, "age")) == 2


def test_a_playing_house_fills_every_part_of_the_page(screens: str) -> None:
    page = opened(senses_page)
    assert not page.error
    assert "AAPL" in "".join(column(page, "symbol"))
    assert any("sma\\_20" in one or "sma_20" in one for one in column(page, "feature"))
