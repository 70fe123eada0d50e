"""Alpaca's market on a stand-in: what it says comes in, and what goes wrong there is told and outlived."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.listener import LISTENING, Rhythm
from adapters.market.alpaca.address import rest_place, stream_place
from adapters.market.alpaca.line import AskedTooOften
from adapters.market.alpaca.source import AlpacaSource, Terms
from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.outcome import Fault, Quarantined
from adapters.market.source import SourceAway
from adapters.one_try import Patience
from adapters.settings import UnsafeSettings
from policy.contracts import Quote
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.market.alpaca_stand_in import stream
from tests.adapters.market.alpaca_stand_in.server import KEY, SECRET, market_standing_in
from tests.policy.parts import StillClock

AT = datetime(2012, 6, 5, 15, 0, tzinfo=UTC)
DAY = date(2012, 6, 4)
SYMBOLS = ("BRK.B", "IBM")
BRISK = Rhythm(open=5.0, ping=5.0, first_wait=0.02, longest_wait=0.1)


@pytest.fixture
def alpaca():
    with market_standing_in(StillClock(AT).now) as stand_in:
        yield stand_in


def source_on(alpaca, **differing):
    given = {
        "rest": rest_place(alpaca.url),
        "stream": stream_place(alpaca.stream_url),
        "feed": "iex",
        "key_id": KEY,
        "secret": SECRET,
        "patience": Patience(connect=1.0, read=1.0, whole=2.0),
        "rhythm": BRISK,
    }
    return AlpacaSource(Terms(**given | differing), SYMBOLS, StillClock(AT))


@pytest.fixture
def source(alpaca):
    opened = source_on(alpaca)
    yield opened
    opened.stop()


@pytest.fixture
def listening(alpaca, source):
    source.start()
    alpaca.stream.wait_for_a_listener()
    until(lambda: source.state == LISTENING)
    source.quotes()  # what was missed before it listened has been asked for
    return source


def until(holds, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)
    return found


def heard(source, count):
    """The first ``count`` quotes that arrive."""
    quotes = []

    def enough():
        quotes.extend(source.quotes())
        return len(quotes) >= count

    until(enough)
    return quotes


def test_quotes_of_the_stream_come_in_as_they_were_said(alpaca, listening):
    alpaca.quote("BRK.B", "79.10", "79.12")
    [quote] = heard(listening, 1)
    assert (quote.symbol, quote.bid, quote.ask) == ("BRK.B", Decimal("79.1"), Decimal("79.12"))
    assert (quote.source, quote.received_at) == ("alpaca", AT)
    assert alpaca.stream.subscribed["quotes"] == list(SYMBOLS)


def test_minutes_of_the_stream_come_in_and_are_taken_once(alpaca, listening):
    alpaca.minute("IBM", AT - timedelta(minutes=1), "190.50", 700)
    [minute] = until(listening.minutes)
    assert (minute.symbol, minute.session, minute.close, minute.volume) == (
        "IBM",
        "2012-06-05T14:59:00Z",
        Decimal("190.5"),
        700,
    )
    assert listening.minutes() == []


def test_a_stream_that_broke_off_comes_back_and_what_was_missed_is_asked_for(alpaca, listening):
    listening.found_minutes()
    alpaca.stream.drop()
    until(lambda: listening.state != LISTENING)
    alpaca.quote("IBM", "191", "191.02")  # nobody listens
    alpaca.stream.wait_for_a_listener(2)
    until(lambda: listening.has_lost_minutes)
    assert [quote.symbol for quote in heard(listening, 1)] == ["IBM"]


def test_a_quote_of_a_time_to_come_keeps_no_latest_quote_away(alpaca, listening):
    alpaca.quote("IBM", "190", "190.02", AT + timedelta(hours=1))
    heard(listening, 1)
    alpaca.quote("IBM", "191", "191.02")
    heard(listening, 1)
    alpaca.stream.mute = True
    alpaca.quote("IBM", "192", "192.02", AT + timedelta(seconds=1))
    listening._asked_at = 0.0
    listening.note_gap()
    assert [quote.bid for quote in listening.quotes()] == [Decimal("192.0")]


def test_latest_quotes_that_the_stream_has_told_are_not_told_again(alpaca, listening):
    alpaca.quote("IBM", "190", "190.02")
    heard(listening, 1)
    listening._asked_at = 0.0
    listening.note_gap()
    assert listening.quotes() == []
    assert alpaca.script.seen.count("GET /v2/stocks/quotes/latest") == 2


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (stream.REFUSED, "TRIVET_ALPACA_KEY_ID"),
        (stream.FULL, "another connection"),
        ({"T": "error", "code": 409, "msg": "insufficient subscription"}, "TRIVET_ALPACA_FEED=iex"),
        ({"T": "success", "msg": "hello"}, "awaited"),
    ],
)
def test_a_stream_that_lets_nobody_in_says_why_and_what_to_do(alpaca, source, refusal, words):
    alpaca.stream.refusal = refusal
    source.start()
    until(lambda: words in source.state)
    alpaca.stream.refusal = None
    until(lambda: source.state == LISTENING)


def test_a_symbol_that_is_not_given_is_no_listening(alpaca, source):
    alpaca.stream.gives = ["IBM"]
    source.start()
    until(lambda: "does not give BRK.B" in source.state)


def test_a_slow_reader_is_told_so_and_comes_back(alpaca, listening):
    alpaca.stream.tell(stream.SLOW)
    until(lambda: "name fewer in TRIVET_SYMBOLS" in listening.state)
    until(lambda: listening.state == LISTENING)


@pytest.mark.parametrize("frame", ['[{"T":"q","S":"IBM","bp":19', "17", '[{"T":"q"},3]', "null"])
def test_half_a_frame_or_none_costs_nothing_but_itself(alpaca, listening, frame):
    alpaca.stream.send(frame)
    until(listening._missed.is_set)
    until(lambda: listening.state == LISTENING)
    alpaca.quote("IBM", "190", "190.02")
    until(lambda: any(quote.symbol == "IBM" for quote in listening.quotes()))


def test_what_makes_no_sense_is_for_inspection_to_say(alpaca, listening):
    inspection = Inspection(SYMBOLS, TradingCalendar())
    second = timedelta(seconds=1)
    alpaca.quote("IBM", "190", "190.02", AT - 5 * second)
    alpaca.stream.twice = True
    alpaca.quote("IBM", "190.01", "190.03", AT - 4 * second)
    alpaca.stream.twice = False
    alpaca.quote("IBM", "190.03", "190.01", AT - 3 * second)
    alpaca.quote("IBM", "190", "190.02", AT - 30 * second)
    alpaca.quote("XYZ", "1", "2", AT - second)
    alpaca.stream.tell({"T": "q", "S": "IBM"})
    outcomes = [inspection.quote(raw) for raw in heard(listening, 7)]
    faults_found = [one.fault for one in outcomes if isinstance(one, Quarantined)]
    assert sum(isinstance(one, Quote) for one in outcomes) == 2
    assert faults_found == [
        Fault.DUPLICATE,
        Fault.CROSSED,
        Fault.OLDER_THAN_LAST,
        Fault.UNKNOWN_SYMBOL,
        Fault.UNREADABLE,
    ]


def test_daily_bars_come_as_traded_from_every_page(alpaca, source):
    for number in range(5):
        alpaca.day("BRK.B", DAY - timedelta(days=4 - number), Decimal(80 + number))
    alpaca.page = 2
    bars = source.bars("BRK.B", DAY - timedelta(days=3), DAY)
    assert [(bar.session, bar.close) for bar in bars] == [
        (DAY - timedelta(days=3 - number), Decimal(81 + number)) for number in range(4)
    ]
    assert alpaca.script.seen.count("GET /v2/stocks/bars") == 2


def test_minutes_are_asked_for_by_time(alpaca, source):
    for number in range(3):
        alpaca.minute("IBM", AT - timedelta(minutes=3 - number), Decimal(190 + number))
    told = source.minutes_between(AT - timedelta(minutes=2), AT)
    assert [bar.close for bar in told] == [Decimal(191), Decimal(192)]


def test_splits_are_read_forward_and_reverse(alpaca, source):
    ratio = {"symbol": "IBM", "ex_date": "2012-06-01", "new_rate": 3, "old_rate": 2}
    alpaca.splits = {
        "forward_splits": [ratio],
        "reverse_splits": [{**ratio, "ex_date": "2012-05-01", "new_rate": 1, "old_rate": 10}],
    }
    told = source.splits(date(2012, 1, 1), DAY)
    assert [(one.day, one.new, one.old) for one in told] == [
        (date(2012, 5, 1), Decimal(1), Decimal(10)),
        (date(2012, 6, 1), Decimal(3), Decimal(2)),
    ]


@pytest.mark.parametrize(
    "strange", [{"new_rate": 0}, {"ex_date": "soon"}, {"new_rate": "Infinity"}, {"old_rate": None}]
)
def test_a_split_that_cannot_be_read_is_no_answer(alpaca, source, strange):
    ratio = {"symbol": "IBM", "ex_date": "2012-06-01", "new_rate": 3, "old_rate": 2} | strange
    alpaca.splits = {"forward_splits": [ratio]}
    with pytest.raises(SourceAway, match="splits"):
        source.splits(date(2012, 1, 1), DAY)


@pytest.mark.parametrize(
    "fault", [faults.BROKEN, faults.CUT, faults.GARBLED, faults.DRIPS, faults.LOST, faults.UNAUTHORIZED]
)
def test_a_market_that_does_not_answer_in_full_has_not_answered(alpaca, source, fault):
    alpaca.quote("IBM", "190", "190.02")
    alpaca.script.next("GET /v2/stocks/quotes/latest", fault)
    with pytest.raises(SourceAway):
        source.latest()
    assert [quote.symbol for quote in source.latest()] == ["IBM"]
    assert len(alpaca.script.seen) == 2  # each was sent once


def test_an_answer_in_another_form_is_none(alpaca, source):
    for body in (b"[]", b'{"quotes": 7}', b'{"news": [], "quotes": {}, "bars": {}}', b"{}", b"7"):
        alpaca.script.next("GET /v2/stocks/quotes/latest", faults.Fault(body=body))
        with pytest.raises(SourceAway, match="form that cannot be read"):
            source.latest()


def test_a_market_that_was_asked_too_often_is_left_alone(alpaca, source):
    alpaca.script.next("GET /v2/stocks/quotes/latest", faults.TOO_MANY_FOR_A_SECOND)
    for _ in range(2):
        with pytest.raises(AskedTooOften):
            source.latest()
    assert len(alpaca.script.seen) == 1


def test_a_list_that_goes_in_a_circle_is_not_followed(alpaca, source):
    page = json.dumps({"bars": {}, "next_page_token": "0"}).encode()
    alpaca.script.always["GET /v2/stocks/bars"] = faults.Fault(body=page)
    with pytest.raises(SourceAway, match="does not come to an end"):
        source.bars("IBM", DAY, DAY)


def test_keys_that_are_not_taken_are_told(alpaca):
    with pytest.raises(SourceAway, match="not authorized"):
        source_on(alpaca, secret="another").latest()


def test_keys_are_never_shown():
    terms = Terms(rest_place("https://data.example"), stream_place("wss://data.example"), "iex", KEY, SECRET)
    assert SECRET not in repr(terms)
    assert KEY not in repr(terms)


@pytest.mark.parametrize(
    "url",
    [
        "http://data.alpaca.markets",
        "ftp://127.0.0.1",
        "https://",
        "https://a/b",
        "https://u:p@a",
        "https://a?x=1",
        "https://[::1",
        "x",
    ],
)
def test_keys_are_sent_to_no_address_that_is_not_encrypted(url):
    with pytest.raises(UnsafeSettings, match="TRIVET_ALPACA_DATA_URL"):
        rest_place(url)
    with pytest.raises(UnsafeSettings, match="TRIVET_ALPACA_STREAM_URL"):
        stream_place(url.replace("http", "ws"))


def test_this_machine_may_be_asked_plainly():
    assert rest_place("http://127.0.0.1:8080/").is_local
    assert not rest_place("https://data.alpaca.markets").is_local
