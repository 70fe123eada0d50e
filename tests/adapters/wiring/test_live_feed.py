"""What the market said is carried whole: what was lost on the way is asked for again, missing till then."""

from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.market.closing.session_bars import SessionBars
from adapters.market.inspection.inspection import Inspection
from adapters.market.live_bars import MinuteVolumes
from adapters.market.live_board import LiveBoard
from adapters.market.source import RawQuote, SourceAway
from adapters.storage.bars import BarStore
from adapters.storage.database import open_store
from adapters.wiring.inspecting import intake_of
from adapters.wiring.live import feed as feeding
from adapters.wiring.live.feed import Feed
from tests.adapters.market.closing import CALENDAR, FULL_DAY, SetClock, minute, session_of

SESSION = session_of(FULL_DAY)
MINUTE = timedelta(minutes=1)


class Scripted:
    """A market that tells what it is given to tell, and notes what it is asked."""

    name = "feed"
    symbols = ("AAPL", "IBM")

    def __init__(self):
        self.told, self.quoted, self.stored, self.asked, self.gaps = [], [], [], [], 0
        self.has_lost_minutes = False
        self.during = lambda: None

    def quotes(self):
        told, self.quoted = self.quoted, []
        return told

    def minutes(self):
        told, self.told = self.told, []
        return told

    def minutes_between(self, since, until):
        self.asked.append(since)
        self.during()
        return [one for one in self.stored if since <= one.session <= until]

    def found_minutes(self):
        self.has_lost_minutes = False

    def lost_minutes(self):
        self.has_lost_minutes = True

    def note_gap(self):
        self.gaps += 1
        self.has_lost_minutes = True


class Carried:
    """A feed on a real store, its source and its clock."""

    def __init__(self, store, folder):
        self.clock, self.source = SetClock(SESSION.opens + 10 * MINUTE), Scripted()
        self.store, self.board = store, LiveBoard()
        self.minutes = SessionBars(
            store, BarStore(folder), CALENDAR, self.clock, Inspection(["AAPL"], CALENDAR).bar
        )
        intake = intake_of("feed", Inspection(["AAPL"], CALENDAR), store, self.clock)
        volumes = MinuteVolumes(self.clock)
        self.feed = Feed(self.source, intake, self.board, self.minutes, volumes, CALENDAR, self.clock)

    def turn(self, at=None):
        self.clock.at = at or self.clock.at
        self.feed._fill_at = 0.0
        self.feed.turn()


@pytest.fixture
def carried(tmp_path, monkeypatch):
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield Carried(store, tmp_path / "bars")
    store.dispose()


def test_minutes_that_the_store_did_not_take_are_asked_for_again(carried, monkeypatch):
    first, second = (minute(SESSION.opens + n * MINUTE, "50.00") for n in range(2))
    carried.source.stored = [first, second]
    carried.source.told = [first, second]
    take_all = carried.minutes.take_all
    monkeypatch.setattr(carried.minutes, "take_all", _failing)
    with pytest.raises(OSError, match="disk"):
        carried.turn()
    assert carried.feed.lacks_minutes
    monkeypatch.setattr(carried.minutes, "take_all", take_all)
    carried.turn()
    assert not carried.feed.lacks_minutes
    carried.clock.at = SESSION.closes
    assert carried.minutes.close(SESSION).bars[0].volume == 200


def test_quotes_that_could_not_be_taken_in_are_asked_for_again(carried, monkeypatch):
    at = carried.clock.at
    carried.source.quoted = [RawQuote("AAPL", Decimal(50), Decimal(51), at, "feed", at)]
    monkeypatch.setattr(carried.board, "put", _failing)
    with pytest.raises(OSError, match="disk"):
        carried.turn()
    assert carried.source.gaps == 1


def test_what_is_missed_while_minutes_are_asked_for_is_asked_for_as_well(carried):
    carried.source.has_lost_minutes = True
    carried.source.during = carried.source.note_gap
    carried.turn()
    assert carried.feed.lacks_minutes
    carried.source.during = lambda: None
    carried.turn()
    assert (len(carried.source.asked), carried.feed.lacks_minutes) == (2, False)


def test_minutes_count_as_missing_while_they_are_asked_for(carried):
    seen = []
    carried.source.has_lost_minutes = True
    carried.source.during = lambda: seen.append(carried.feed.lacks_minutes)
    carried.turn()
    assert (seen, carried.feed.lacks_minutes) == ([True], False)


def test_a_market_that_is_away_is_asked_again_from_where_minutes_were_lost(carried):
    carried.source.has_lost_minutes = True
    carried.source.during = _away
    carried.turn()
    carried.source.told = [minute(SESSION.opens + 5 * MINUTE, "50.00", symbol) for symbol in ("AAPL", "IBM")]
    carried.source.during = lambda: None
    carried.turn()
    assert carried.source.asked == [SESSION.opens, SESSION.opens]


def test_a_machine_that_slept_has_missed_something_even_before_the_feed_looks(carried):
    carried.turn()
    carried.turn(carried.clock.at + feeding.PAUSE)
    assert (carried.source.gaps, carried.feed.lacks_minutes) == (0, False)
    carried.clock.at += 5 * MINUTE
    assert carried.feed.lacks_minutes
    carried.turn()
    assert (carried.source.gaps, carried.feed.lacks_minutes) == (1, False)


def _failing(*_):
    raise OSError("the disk is full")


def _away():
    raise SourceAway("not now")
