"""What the desk promises: point in time, each story once, ranked, bounded, the same each time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.news.desk import CONSIDERED, ROOM, NewsDesk
from tests.adapters.news.items import NOON, desk, headlines, item

DAY = 24 * 60
LATER = NOON + timedelta(days=1)


def test_an_item_does_not_exist_before_it_was_published():
    told = desk(item("Apple opens a shop", minutes=30))
    assert headlines(told.summary("AAPL", NOON + timedelta(minutes=29))) == []
    assert headlines(told.summary("AAPL", NOON + timedelta(minutes=30))) == ["Apple opens a shop"]


def test_an_item_does_not_exist_before_it_was_received():
    told = desk(item("Apple opens a shop", minutes=0, received=45))
    assert headlines(told.summary("AAPL", NOON + timedelta(minutes=44))) == []
    assert headlines(told.summary("AAPL", NOON + timedelta(minutes=45))) == ["Apple opens a shop"]


def test_a_house_without_any_source_has_no_news_and_not_quiet_news():
    assert NewsDesk(()).summary("AAPL", NOON) is None
    assert desk().summary("AAPL", NOON).items == ()


@pytest.mark.parametrize(
    "again",
    [
        "APPLE OPENS A SECOND SHOP IN LONDON",
        "Apple opens a second shop in London!",
        "Apple opens a second shop in London - update",
        "“Apple opens a second shop in London”",
        "EXCLUSIVE: Apple opens a second shop in London",
    ],
)
def test_the_same_story_is_told_once_and_its_repeats_are_counted(again):
    first = item("Apple opens a second shop in London", source="zebra")
    summary = desk(item(again, minutes=5, source="alpha"), first).summary("AAPL", LATER)
    assert (headlines(summary), summary.repeats) == (["Apple opens a second shop in London"], 1)


@pytest.mark.parametrize(
    "other",
    [
        "Apple raises its forecast by 8 per cent for this year",
        "Apple drops its forecast of the last three quarters",
        "Court hears Apple on its forecast by telephone",
    ],
)
def test_another_story_is_not_taken_for_a_repeat(other):
    summary = desk(
        item("Apple raises its forecast by 5 per cent for this year"), item(other, minutes=1)
    ).summary("AAPL", LATER)
    assert (len(summary.items), summary.repeats) == (2, 0)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (
            "Apple shares rise after court rules on patents in Germany",
            "Apple shares fall after court rules on patents in Germany",
        ),
        (
            "Apple says it will recall the phones sold in China",
            "Apple says it will not recall the phones sold in China",
        ),
        ("Apple +5% before the bell", "Apple -5% before the bell"),
        ("Apple 5% before the bell", "Apple \N{MINUS SIGN}5% before the bell"),
        ("Rating of Apple cut to hold by a bank", "Rating of Apple cut to hold by a bank reversed"),
    ],
)
def test_a_word_that_turns_a_story_around_is_never_hidden(first, other):
    summary = desk(item(first), item(other, minutes=1)).summary("AAPL", LATER)
    assert (headlines(summary), summary.repeats) == ([other, first], 0)


def test_the_same_words_three_days_later_are_a_new_story():
    summary = desk(item("Apple pays a dividend"), item("Apple pays a dividend", minutes=3 * DAY)).summary(
        "AAPL", NOON + timedelta(days=4)
    )
    assert (len(summary.items), summary.repeats) == (2, 0)


def test_what_names_the_symbol_in_its_headline_comes_first_then_the_newest():
    told = desk(
        item("Markets wait", minutes=50, body="so does $AAPL", symbols=()),
        item("Old word of $AAPL", minutes=1, symbols=()),
        item("New word of $AAPL", minutes=40, symbols=()),
        item("Tagged only", minutes=60),
    )
    assert headlines(told.summary("AAPL", LATER)) == [
        "New word of $AAPL",
        "Old word of $AAPL",
        "Tagged only",
        "Markets wait",
    ]


def test_items_of_one_minute_are_ranked_by_their_source():
    told = desk(item("$AAPL one", source="b"), item("$AAPL two", source="a"))
    assert headlines(told.summary("AAPL", LATER)) == ["$AAPL two", "$AAPL one"]


def test_a_week_is_read_and_no_more():
    told = desk(item("Apple long ago"), item("Apple lately", minutes=DAY))
    assert headlines(told.summary("AAPL", NOON + timedelta(days=7))) == ["Apple lately"]


def test_what_has_no_room_is_counted():
    summary = desk(*(item(f"Apple story number {n} of many", minutes=n) for n in range(ROOM + 5))).summary(
        "AAPL", LATER
    )
    assert (len(summary.items), summary.beyond, summary.repeats) == (ROOM, 5, 0)
    assert summary.items[0].headline == f"Apple story number {ROOM + 4} of many"


def test_a_flood_is_bounded_and_all_of_it_is_counted():
    flood = [item(f"Apple flood {n}", minutes=n % 600, source=f"s{n}") for n in range(CONSIDERED + 20)]
    summary = desk(*flood).summary("AAPL", LATER)
    assert len(summary.items) + summary.beyond + summary.repeats == CONSIDERED + 20


_WORDS = st.lists(
    st.sampled_from(["Apple", "opens", "shop", "5", "8", "court", "soon"]), min_size=1, max_size=6
)
_ITEMS = st.builds(
    lambda words, minutes, late, source: item(
        " ".join(words), minutes=minutes, received=minutes + late, source=source
    ),
    _WORDS,
    st.integers(0, 4 * DAY),
    st.integers(0, DAY),
    st.sampled_from(["a", "b"]),
)


@given(st.lists(_ITEMS, max_size=12), st.lists(_ITEMS, max_size=12), st.integers(0, 4 * DAY))
def test_items_that_come_later_never_change_an_earlier_summary(earlier, added, minutes):
    at = NOON + timedelta(minutes=minutes)
    later = [one for one in added if one.known_from > at]
    assert desk(*earlier, *later).summary("AAPL", at) == desk(*earlier).summary("AAPL", at)


@given(st.lists(_ITEMS, max_size=12).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_the_order_in_which_items_were_read_changes_nothing(orders):
    one, other = orders
    at = NOON + timedelta(days=5)
    assert desk(*one).summary("AAPL", at) == desk(*other).summary("AAPL", at)


@given(st.lists(_ITEMS, max_size=12))
def test_every_item_is_told_or_counted(items):
    at = NOON + timedelta(days=5, hours=1)
    known = [one for one in items if one.item.at > at - timedelta(days=7)]
    summary = desk(*items).summary("AAPL", at)
    assert len(summary.items) + summary.repeats + summary.beyond == len(known)
