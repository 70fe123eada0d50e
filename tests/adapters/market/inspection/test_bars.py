"""Every bar is looked at: it belongs to a session that has closed, once, and hangs together."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.market.inspection.outcome import Fault
from policy.contracts import Bar
from tests.adapters.market.inspection.raw import FRIDAY, MONDAY, inspection, raw_bar

UNFIT = {
    "a Sunday": ({"session": MONDAY.replace(day=20)}, Fault.NOT_A_SESSION, "did not trade on 2012-05-20"),
    "before its close": (
        {"received_at": datetime(2012, 5, 18, 19, 59, 59, tzinfo=UTC)}, Fault.FROM_THE_FUTURE, "closes at"
    ),
    "open above high": ({"open": "101"}, Fault.CROSSED, "do not enclose open 101"),
    "close below low": ({"low": "100.5", "high": "101", "open": "101"}, Fault.CROSSED, "and close 100.00"),
    "a price of nothing": ({"low": "0"}, Fault.NOT_POSITIVE, "low 0"),
    "no number": ({"high": "n/a"}, Fault.UNREADABLE, "high 'n/a'"),
    "not finite": ({"high": "NaN"}, Fault.NOT_FINITE, "high 'NaN'"),
    "negative volume": ({"volume": -1}, Fault.NOT_POSITIVE, "volume -1 is below 0"),
    "half a share": ({"volume": "10.5"}, Fault.UNREADABLE, "volume 10.5 is no count"),
    "next to no share": ({"volume": Decimal("1E-2000000")}, Fault.UNREADABLE, "is no count of shares"),
    "unknown symbol": ({"symbol": "TSLA"}, Fault.UNKNOWN_SYMBOL, "TSLA is not among"),
}  # fmt: skip


@pytest.mark.parametrize(("written", "fault", "words"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_bar_is_put_aside_with_its_reason(written, fault, words):
    found = inspection().bar(raw_bar(**written))
    assert found.fault is fault
    assert words in found.text


@pytest.mark.parametrize("session", [20120518, datetime(2012, 5, 18, tzinfo=UTC), "18.05.2012", None])
def test_what_is_no_day_is_no_session(session):
    raw = raw_bar()
    found = inspection().bar(type(raw)(**{**_fields(raw), "session": session}))
    assert found.fault is Fault.UNREADABLE


def test_a_sound_bar_has_the_times_of_its_session_and_the_numbers_that_came():
    raw = raw_bar()
    found = inspection().bar(type(raw)(**{**_fields(raw), "session": "2012-05-18", "volume": "0"}))
    assert found == Bar(
        symbol="AAPL",
        open=Decimal("100.00"),
        high=Decimal("100.00"),
        low=Decimal("100.00"),
        close=Decimal("100.00"),
        volume=0,
        opened_at=datetime(2012, 5, 18, 13, 30, tzinfo=UTC),
        closed_at=datetime(2012, 5, 18, 20, 0, tzinfo=UTC),
    )


def test_a_session_has_one_bar():
    looked = inspection()
    looked.bar(raw_bar(FRIDAY))
    repeat, other = looked.bar(raw_bar(FRIDAY)), looked.bar(raw_bar(FRIDAY, "101.00"))
    assert (repeat.fault, other.fault) == (Fault.DUPLICATE, Fault.DUPLICATE)
    assert "with other numbers; a bar closes once" in other.text
    assert "other numbers" not in repeat.text


def test_bars_come_in_the_order_of_sessions():
    looked = inspection()
    looked.bar(raw_bar(MONDAY))
    assert looked.bar(raw_bar(FRIDAY)).fault is Fault.OLDER_THAN_LAST


def _fields(raw):
    return {name: getattr(raw, name) for name in type(raw).__dataclass_fields__}
