"""What is put aside is kept, counted and bounded; what people accept is on record."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from adapters.market.inspection.accepting import Acceptances, AcceptRefused
from adapters.market.inspection.outcome import Fault, Held, Quarantined
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.intake import Intake
from adapters.storage.database import open_store
from tests.adapters.market.inspection.raw import (
    FRIDAY,
    MONDAY,
    NOON,
    inspection,
    quote_at,
    raw_bar,
    raw_quote,
)
from tests.policy.parts import StillClock

HELD = Held("AAPL", Decimal("50.00"), MONDAY, "the last close 100.00 of 2012-05-18", NOON)


@pytest.fixture
def store(request):
    engine = open_store(request.getfixturevalue(getattr(request, "param", "sqlite_url")))
    yield engine
    engine.dispose()


on_both = pytest.mark.parametrize("store", ["sqlite_url", "postgres_url"], indirect=True)


def put_aside(raw, fault=Fault.CROSSED, symbol="AAPL"):
    return Quarantined(fault, f"{fault} of {raw.bid}", raw, symbol, None)


@on_both
def test_repeats_are_counted_on_one_row_that_shows_the_last(store):
    quarantine = Quarantine(store)
    for second in range(3):
        at = NOON + timedelta(seconds=second)
        quarantine.put([put_aside(raw_quote(bid=second, received_at=at))] * 1000)
        quarantine.write({})
    [case] = quarantine.cases()
    assert (case.times, case.first_at, case.last_at) == (3000, NOON, NOON + timedelta(seconds=2))
    assert case.came == {"symbol": "'AAPL'", "bid": "2", "ask": "'100.05'", "at": str(NOON)}
    assert case.text == "crossed of 2"


def test_each_fault_symbol_source_and_day_has_a_row_of_its_own(store):
    quarantine = Quarantine(store)
    raw = raw_quote()
    quarantine.put(
        [
            put_aside(raw),
            put_aside(raw, Fault.JUMP),
            put_aside(raw, symbol="IBM"),
            put_aside(replace(raw, source="another")),
            put_aside(replace(raw, received_at=NOON + timedelta(days=1))),
        ]
    )
    quarantine.write({})
    assert len(quarantine.cases()) == 5
    assert [case.symbol for case in quarantine.cases("IBM")] == ["IBM"]
    assert len(quarantine.cases(limit=2)) == 2


def test_made_up_symbols_fill_one_row(store):
    intake = Intake("scripted", inspection(), Quarantine(store), Acceptances(store, StillClock(NOON)))
    intake.quotes([raw_quote(symbol=f"X{number}") for number in range(500)])
    intake.settle()
    [case] = intake.quarantine.cases()
    assert (case.symbol, case.fault, case.times) == ("", "unknown-symbol", 500)


@on_both
def test_the_oldest_rows_leave(store):
    quarantine = Quarantine(store, most=3)
    for day in range(5):
        quarantine.put([put_aside(raw_quote(received_at=NOON + timedelta(days=day)))])
        quarantine.write({})
    assert [case.last_at for case in quarantine.cases()] == [NOON + timedelta(days=day) for day in (4, 3, 2)]


@on_both
def test_what_came_is_kept_whatever_it_was(store):
    quarantine = Quarantine(store)
    strange = raw_quote(symbol="\0" * 5, bid=float("nan"), ask="9" * 10_000, at=object)
    quarantine.put([put_aside(strange, Fault.UNREADABLE, None)])
    quarantine.write({})
    [case] = quarantine.cases()
    assert case.came["bid"] == "nan"
    assert len(case.came["ask"]) < 50


def test_where_nothing_waits_the_store_is_not_asked(store):
    quarantine, asked = Quarantine(store), []
    event.listen(store, "before_cursor_execute", lambda *said: asked.append(said))
    quarantine.write({})
    assert not asked
    quarantine.write({"AAPL": HELD})
    assert asked


def test_held_levels_are_kept_for_whoever_goes_on(store):
    Quarantine(store).write({"AAPL": HELD})
    assert Quarantine(store).holds() == {"AAPL": HELD}
    looked = inspection()
    Intake("scripted", looked, Quarantine(store), Acceptances(store, StillClock(NOON)))
    assert looked.held == {"AAPL": HELD}


@on_both
def test_an_acceptance_is_on_record_with_who_why_and_when(store):
    Quarantine(store).write({"AAPL": HELD})
    acceptances = Acceptances(store, StillClock(NOON))
    made = acceptances.accept(" aapl ", by="olga", note="profit warning")
    assert acceptances.last() == [made]
    assert (made.symbol, made.level, made.day) == ("AAPL", Decimal("50.00"), MONDAY)
    assert (made.against, made.by, made.note, made.at) == (HELD.against, "olga", "profit warning", NOON)
    assert Quarantine(store).holds() == {}


REFUSED = {
    "nothing is held": (("IBM",), {"by": "olga", "note": "x"}, "nothing-held"),
    "no note": (("AAPL",), {"by": "olga", "note": " "}, "missing-note"),
    "a part of the house": (("AAPL",), {"by": "execution", "note": "x"}, "no-person"),
    "no symbol": (("A?",), {"by": "olga", "note": "x"}, "no-symbol"),
    "moved on": (("AAPL",), {"by": "olga", "note": "x", "seen": Decimal(70)}, "level-moved"),
}


@pytest.mark.parametrize(("words", "said", "code"), REFUSED.values(), ids=REFUSED)
def test_an_acceptance_that_is_not_sound_changes_nothing(store, words, said, code):
    Quarantine(store).write({"AAPL": HELD})
    acceptances = Acceptances(store, StillClock(NOON))
    with pytest.raises(AcceptRefused) as refused:
        acceptances.accept(*words, **said)
    assert refused.value.code == code
    assert acceptances.last() == []
    assert Quarantine(store).holds() == {"AAPL": HELD}


def test_an_intake_hears_of_an_acceptance_within_a_second_and_after_a_restart(store):
    acceptances = Acceptances(store, StillClock(NOON))
    intake = Intake("scripted", inspection(), Quarantine(store), acceptances)
    assert len(intake.quotes([quote_at(0)])) == 1
    assert intake.quotes([quote_at(1, mid=50)]) == []
    intake.settle()
    acceptances.accept("AAPL", by="olga", note="looked it up")
    assert len(intake.quotes([quote_at(3, mid=50)])) == 1
    intake.settle()
    assert intake.quarantine.holds() == {}
    again = Intake("scripted", inspection(), Quarantine(store), acceptances)
    again.recall(bars=[inspection().bar(raw_bar(close="100.00"))])
    assert len(again.quotes([quote_at(4, mid=50)])) == 1


def test_an_acceptance_of_another_day_ends_no_hold(store):
    Quarantine(store).write({"AAPL": replace(HELD, day=FRIDAY)})
    acceptances = Acceptances(store, StillClock(NOON))
    acceptances.accept("AAPL", by="olga", note="looked it up")
    Quarantine(store).write({"AAPL": HELD})
    looked = inspection()
    Intake("scripted", looked, Quarantine(store), acceptances)
    assert looked.held == {"AAPL": HELD}


def test_quotes_are_counted_by_outcome_for_a_symbol_and_for_the_page(store):
    intake = Intake("scripted", inspection(), Quarantine(store), Acceptances(store, StillClock(NOON)))
    intake.quotes(
        [quote_at(0), quote_at(0), quote_at(1), quote_at(1, symbol="IBM"), quote_at(0, symbol="NO")]
    )
    assert intake.tally.of("AAPL") == {"accepted": 2, "duplicate": 1}
    assert intake.tally.of("IBM") == {"accepted": 1}
    assert intake.tally.of("") == {"unknown-symbol": 1}
    samples = {
        tuple(sample.labels.values()): sample.value
        for metric in intake.tally.collect()
        for sample in metric.samples
        if sample.name in ("trivet_quotes_total", "trivet_symbols_held")
    }
    assert samples["scripted", "accepted"] == 3
    assert samples["scripted", "duplicate"] == 1
    assert samples["scripted", "crossed"] == 0
    assert samples[()] == 0


def test_what_the_store_could_not_take_waits(store):
    intake = Intake("scripted", inspection(), Quarantine(store), Acceptances(store, StillClock(NOON)))
    intake.quotes([raw_quote(bid=0)])
    with store.connect() as connection, connection.begin():
        connection.exec_driver_sql("ALTER TABLE market_quarantine RENAME TO elsewhere")
    with pytest.raises(Exception, match="market_quarantine"):
        intake.settle()
    with store.connect() as connection, connection.begin():
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO market_quarantine")
    intake.settle()
    assert [case.times for case in intake.quarantine.cases()] == [1]
