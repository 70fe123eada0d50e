"""Every quote is looked at, and each way of being unfit has its own name and its own words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market.inspection.outcome import Fault, Quarantined
from adapters.market.inspection.quarantine import case_of
from policy.contracts import Quote
from tests.adapters.market.inspection.raw import NOON, inspection, quote_at, raw_bar, raw_quote

UNFIT = {
    "a symbol nobody follows": (raw_quote(symbol="TSLA"), Fault.UNKNOWN_SYMBOL, "TSLA is not among"),
    "a symbol that is none": (raw_quote(symbol="AA PL X Y"), Fault.UNREADABLE, "no symbol"),
    "a symbol in other letters": (raw_quote(symbol="\uff21\uff22"), Fault.UNREADABLE, "no symbol"),
    "a symbol that is a number": (raw_quote(symbol=7), Fault.UNREADABLE, "is no text"),
    "a price in words": (raw_quote(bid="cheap"), Fault.UNREADABLE, "bid 'cheap' is no number"),
    "a price that is true": (raw_quote(ask=True), Fault.UNREADABLE, "ask True is no number"),
    "no price": (raw_quote(bid=None), Fault.UNREADABLE, "bid None is no number"),
    "a price with underscores": (raw_quote(bid="1_0"), Fault.UNREADABLE, "bid '1_0' is no number"),
    "a price without end behind its point": (
        raw_quote(bid=Decimal("1." + "3" * 50)), Fault.UNREADABLE, "is no number"
    ),
    "a price of many digits": (raw_quote(ask="1e400"), Fault.UNREADABLE, "no price of a share"),
    "a price that Python does not write out": (
        raw_quote(ask=10**5000), Fault.UNREADABLE, "ask <int> is no number"
    ),
    "a symbol that Python does not write out": (
        raw_quote(symbol=[10**5000]), Fault.UNREADABLE, "the symbol <list> is no text"
    ),
    "a price that is no number": (raw_quote(bid=float("nan")), Fault.NOT_FINITE, "bid nan"),
    "a price without end": (raw_quote(ask="Infinity"), Fault.NOT_FINITE, "ask 'Infinity'"),
    "a price of nothing": (raw_quote(bid=0), Fault.NOT_POSITIVE, "bid 0 is not above 0"),
    "a price below nothing": (raw_quote(bid="-1.5"), Fault.NOT_POSITIVE, "bid -1.5"),
    "a bid above the ask": (raw_quote(bid="100.06"), Fault.CROSSED, "bid 100.06 is above ask 100.05"),
    "a time without a zone": (raw_quote(at="2012-05-18T16:00:00"), Fault.NAIVE_TIME, "in which zone"),
    "a day for a time": (raw_quote(at=date(2012, 5, 18)), Fault.UNREADABLE, "no ISO 8601 time"),
    "a number for a time": (raw_quote(at=1337356800), Fault.UNREADABLE, "no ISO 8601 time"),
    "a time before all calendars": (
        raw_quote(at="0001-01-01T00:00:00+14:00"), Fault.UNREADABLE, "beyond the calendar"
    ),
    "a time far in the past": (raw_quote(at="1066-10-14T09:00:00Z"), Fault.NOT_A_SESSION, "did not trade"),
    "a time to come": (
        raw_quote(at=NOON + timedelta(seconds=2.001)), Fault.FROM_THE_FUTURE, "is 2.001 s from now"
    ),
    "a Sunday": (
        raw_quote(at="2012-05-20T16:00:00Z", received_at=NOON + timedelta(days=2)),
        Fault.NOT_A_SESSION,
        "did not trade at 2012-05-20",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "fault", "words"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_quote_is_put_aside_with_its_reason(raw, fault, words):
    found = inspection().quote(raw)
    assert isinstance(found, Quarantined)
    assert (found.fault, found.raw) == (fault, raw)
    assert words in found.text


@pytest.mark.parametrize("at", [NOON, "2012-05-18T12:00:00-04:00", "2012-05-18T16:00:00.000000999Z"])
@pytest.mark.parametrize("price", ["99.95", Decimal("99.95"), 99.95])
def test_a_sound_quote_is_let_in_however_it_is_written(at, price):
    found = inspection().quote(raw_quote(symbol=" aapl ", bid=price, at=at))
    assert found == Quote(symbol="AAPL", bid=Decimal("99.95"), ask=Decimal("100.05"), at=NOON)


def test_a_clock_that_is_a_little_ahead_is_forgiven():
    ahead = NOON + timedelta(seconds=2)
    assert inspection().quote(raw_quote(at=ahead)).at == ahead


def test_a_repeat_and_an_older_quote_are_told_apart_and_held_against_the_last():
    looked = inspection()
    looked.quote(quote_at(5))
    repeat, older = looked.quote(quote_at(5)), looked.quote(quote_at(3))
    assert (repeat.fault, older.fault) == (Fault.DUPLICATE, Fault.OLDER_THAN_LAST)
    assert "2 s before the last" in older.text
    assert "16:00:05" in repeat.against
    assert "16:00:05" in older.against


def test_what_says_something_new_at_the_same_instant_is_let_in():
    looked = inspection()
    looked.quote(quote_at(5))
    assert isinstance(looked.quote(quote_at(5, mid=100.01)), Quote)


def test_symbols_are_inspected_each_by_itself():
    looked = inspection()
    looked.quote(quote_at(5))
    assert isinstance(looked.quote(quote_at(3, symbol="brk/b")), Quote)


def test_what_was_put_aside_leaves_no_trace_in_what_comes_after():
    looked = inspection()
    looked.quote(quote_at(0))
    for unfit in (raw for raw, _, _ in UNFIT.values()):
        looked.quote(unfit)
    assert isinstance(looked.quote(quote_at(1)), Quote)


PRICES = st.decimals(min_value="0.0001", max_value=999_999, places=4)
ZONES = st.sampled_from([UTC, ZoneInfo("America/New_York")])


@given(bid=PRICES, spread=PRICES, second=st.integers(0, 3600), zone=ZONES, micro=st.integers(0, 999_999))
def test_a_quote_that_is_let_in_is_the_one_that_the_contract_would_make(bid, spread, second, zone, micro):
    at = (NOON + timedelta(seconds=second, microseconds=micro)).astimezone(zone)
    found = inspection().quote(raw_quote(bid=str(bid), ask=bid + spread, at=at, received_at=at))
    checked = Quote(symbol="AAPL", bid=bid, ask=bid + spread, at=at)
    assert found == checked
    assert found.model_fields_set == checked.model_fields_set
    assert found.model_dump_json() == checked.model_dump_json()
    assert repr(found) == repr(checked)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=60), st.binary(max_size=9),
    st.decimals(), st.just(Decimal("1." + "3" * 99)), st.datetimes(timezones=st.none() | st.timezones()),
    st.dates(), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@given(
    symbol=ANYTHING | st.just("AAPL"), bid=ANYTHING, ask=ANYTHING | st.just("1"), at=ANYTHING | st.just(NOON)
)
def test_whatever_a_source_writes_is_let_in_or_put_aside_and_never_an_error(symbol, bid, ask, at):
    found = inspection().quote(raw_quote(symbol=symbol, bid=bid, ask=ask, at=at))
    assert isinstance(found, Quote | Quarantined)
    if isinstance(found, Quarantined):
        assert len(found.text) < 300
        assert all(len(text) < 60 for text in case_of(found).came.values())


def test_a_bar_is_named_beside_what_it_is_held_against():
    looked = inspection()
    looked.bar(raw_bar(close="200.00"))
    monday = datetime(2012, 5, 21, 15, tzinfo=UTC)
    found = looked.quote(raw_quote(at=monday, received_at=monday))
    assert found.fault is Fault.JUMP
    assert found.against == "the last close 200.00 of 2012-05-18"
