"""An operator's calendar closes sessions and shortens them, and can do nothing else."""

from datetime import UTC, date, datetime

import pytest

from adapters.market.archive import sample_archive, stored_archive
from adapters.market.calendar import TradingCalendar
from adapters.market.overrides_file import OverridesUnfit, read_calendar, read_overrides
from adapters.market.sample import load_bars
from adapters.market.sample_export import export_sample
from adapters.market.steps import moments, steps
from adapters.market.tape import Tape
from adapters.storage.bars import BarStore

TEXT = """\
# what the desk decided
closed:
  2012-06-05: a storm
closes_early:
  2012-06-06: {at: "13:00", reason: the desk leaves early}
"""


@pytest.fixture(scope="module")
def shortened(tmp_path_factory):
    file = tmp_path_factory.mktemp("calendar") / "overrides.yaml"
    file.write_text(TEXT)
    return read_calendar(file)


def at(day, hour, minute=0):
    return datetime(2012, 6, day, hour, minute, tzinfo=UTC)


def test_a_closed_session_is_none_and_the_one_before_it_is_the_last(shortened):
    assert not shortened.is_open(at(5, 15))
    assert shortened.latest_before(at(5, 15)).day == date(2012, 6, 4)
    days = [session.day.day for session in shortened.between(date(2012, 6, 4), date(2012, 6, 7))]
    assert days == [4, 6, 7]


def test_a_session_that_closes_early_does_so_for_everybody_who_asks(shortened):
    assert shortened.is_open(at(6, 16, 59))
    assert not shortened.is_open(at(6, 17))
    assert shortened.close_of(at(6, 15)) == at(6, 17)
    assert shortened.session_at(at(6, 15)).seconds == 3.5 * 3600


def test_other_days_and_the_exchange_itself_are_as_they_were(shortened):
    exchange = TradingCalendar()
    assert shortened.session_at(at(7, 15)) == exchange.session_at(at(7, 15))
    assert exchange.is_open(at(5, 15))
    assert exchange.close_of(at(6, 15)) == at(6, 20)


def test_the_player_plays_by_it_and_bars_close_with_their_sessions(shortened):
    tape = Tape(load_bars(shortened))
    played = list(steps(tape, shortened, date(2012, 6, 4), date(2012, 6, 6)))
    assert {step.session.day for step in played} == {4, 6}
    close = played[-1]
    assert (close.at, len(close.closed_bars)) == (at(6, 17), 5)


def test_the_moments_of_the_shortest_session_come_in_their_order():
    text = "closes_early: {2012-06-05: {at: '10:30', reason: a storm}, 2012-11-23: {at: '10:30', reason: x}}"
    shortest = TradingCalendar(read_overrides(text, "overrides.yaml"))
    for day in (date(2012, 6, 5), date(2012, 11, 23)):
        [session] = shortest.between(day, day)
        times = [moment for _, moment in moments(session)]
        assert session.opens < times[0]
        assert times == sorted(set(times))
        assert times[-1] == session.closes


def test_no_file_and_a_file_of_comments_leave_the_calendar_alone(tmp_path):
    (tmp_path / "none.yaml").write_text("# nothing yet\n\n")
    for path in (None, tmp_path / "none.yaml"):
        assert read_calendar(path).overrides == TradingCalendar().overrides


REFUSED = {
    "opens a day": ("open: {2012-06-09: x}", ':1:1 "open" is unknown here; it has closed and closes_early'),
    "a Sunday": ("closed:\n  2012-06-10: x", ":2:3 the exchange does not trade on 2012-06-10 anyway"),
    "no day": ("closed:\n  2012-06-31: x", ':2:3 "2012-06-31" is no day'),
    "no reason": ("closed:\n  2012-06-05:", "needs its reason in words"),
    "a number for a reason": ("closed:\n  2012-06-05: 5", ":2:15 2012-06-05 needs its reason in words"),
    "longer": (
        "closes_early:\n  2012-06-05: {at: '16:01', reason: x}",
        "16:01 is no early close of 2012-06-05, which trades from 09:30 to 16:00",
    ),
    "as long": ("closes_early:\n  2012-06-05: {at: '16:00', reason: x}", "a session can be shortened"),
    "next to nothing": (
        "closes_early:\n  2012-06-05: {at: '10:29', reason: x}", "shortened to an hour at least, or closed"
    ),
    "before it opens": ("closes_early:\n  2012-06-05: {at: '09:30', reason: x}", "no early close"),
    "longer than a half day": (
        "closes_early:\n  2012-11-23: {at: '13:30', reason: x}",
        "which trades from 09:30 to 13:00",
    ),
    "no time": ("closes_early:\n  2012-06-05: {at: 13, reason: x}", ":2:20 at is a time of the exchange's"),
    "a zone": ("closes_early:\n  2012-06-05: {at: '13:00Z', reason: x}", "at is a time of the exchange's"),
    "a part of a minute": (
        "closes_early:\n  2012-06-05: {at: '13:00:30', reason: x}", "at is a time of the exchange's"
    ),
    "no at": ("closes_early:\n  2012-06-05: {reason: x}", ":2:15 2012-06-05 lacks its at"),
    "more than that": (
        "closes_early:\n  2012-06-05: {at: '13:00', reason: x, opens: '08:00'}", '"opens" is unknown here'
    ),
    "both": (
        "closed:\n  2012-06-05: x\ncloses_early:\n  2012-06-05: {at: '13:00', reason: x}",
        ":4:3 2012-06-05 is closed altogether",
    ),
    "twice": ("closed:\n  2012-06-05: x\n  2012-06-05: y", "repeats the key"),
    "no mapping": ("closed: [2012-06-05]", "closed must be a mapping"),
    "no YAML": ("closed: {", "is not YAML"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_whatever_else_a_file_says_is_refused_with_its_place(text, words):
    with pytest.raises(OverridesUnfit) as refused:
        read_overrides(text, "overrides.yaml")
    assert words in str(refused.value)
    assert str(refused.value).startswith("overrides.yaml:")


def test_every_fault_of_a_file_is_told_at_once():
    with pytest.raises(OverridesUnfit) as refused:
        read_overrides("closed:\n  2012-06-10: x\n  2012-06-31: y\nopened: {}\n", "overrides.yaml")
    assert str(refused.value).count("overrides.yaml:") == 3


def test_a_file_that_is_not_there_keeps_the_house_from_starting(tmp_path):
    with pytest.raises(OverridesUnfit, match="TRIVET_CALENDAR_OVERRIDES"):
        read_calendar(tmp_path / "missing.yaml")


def test_bars_of_a_closed_session_are_not_played_and_those_of_a_short_one_close_early(shortened, tmp_path):
    export_sample(BarStore(tmp_path), TradingCalendar(), ["FB"])
    sample = sample_archive(shortened)
    assert sample.played() == load_bars(shortened)
    stored = stored_archive(tmp_path, shortened)
    assert stored.traded["FB"] == sample.traded["FB"]
    days = [(bar.opened_at.day, bar.closed_at.hour) for bar in stored.traded["FB"]]
    assert days[10:13] == [(4, 20), (6, 17), (7, 20)]
