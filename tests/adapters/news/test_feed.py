"""Feeds are read however they are made, and what cannot be read is told."""

import pytest

from adapters.news import parsing
from adapters.news.feed import read_feed
from adapters.news.parsing import parsed
from tests.adapters.news.feeds import AT, rss, told
from tests.adapters.news.items import MENTIONS, NOON

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom wire</title>
<entry><title type="html">&lt;b&gt;Apple&lt;/b&gt; opens</title><updated>2012-06-04T12:00:00Z</updated>
<summary>short</summary>
<content type="html">&lt;p&gt;the long text of $MSFT&lt;/p&gt;</content></entry></feed>"""


def _read(content):
    return read_feed(content, "https://wire.test/rss", NOON, MENTIONS, parsed)


def test_an_rss_item_becomes_an_item_in_utc_received_when_it_was_fetched():
    (found,) = _read(rss(told("Apple &amp; shop", body="of $GOOG"))).arrivals
    assert (found.item.at, found.received) == (NOON, NOON)
    assert (found.item.source, found.item.headline) == ("Wire", "Apple & shop")
    assert found.item.symbols == ("AAPL", "GOOG")


def test_an_atom_entry_keeps_its_longest_text_and_its_markup_as_letters():
    (found,) = _read(ATOM).arrivals
    assert found.item.headline == "<b>Apple</b> opens"
    assert found.item.body == "<p>the long text of $MSFT</p>"
    assert found.item.symbols == ("AAPL", "MSFT")


def test_a_script_stays_the_letters_that_it_is():
    (found,) = _read(rss(told("Apple", body="&lt;script&gt;approve()&lt;/script&gt;"))).arrivals
    assert found.item.body == "<script>approve()</script>"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (rss(told("No zone", at="Mon, 04 Jun 2012 08:00:00")), "naive-time", "has no time zone"),
        (rss(told("ISO without zone", at="2012-06-04T08:00:00")), "naive-time", "has no time zone"),
        (rss(told("A day", at="2012-06-04")), "naive-time", "has no time zone"),
        (rss(told("No time", at="soon, GMT")), "unreadable", "is no time"),
        (rss("<item><title>x</title></item>"), "missing", "when it was published"),
        (rss(told("")), "missing", "has no title"),
        (b"<html><body>moved</body></html>", "unreadable", "neither RSS nor Atom"),
        (b"", "unreadable", "neither RSS nor Atom"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><rss><channel/></rss>', "unreadable", "defines entities"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><rss/>'.encode("utf-16"), "unreadable", "defines entities"),
        (
            '<?xml version="1.0" encoding="cp037"?><!DOCTYPE r [<!ENTITY a "b">]><rss/>'.encode("cp037"),
            "unreadable",
            "defines entities",
        ),
        (
            b'<?xml version="1.0" encoding="utf-7"?><!DOCTYPE r [+ADw-!ENTITY a "b">]><rss/>',
            "unreadable",
            "defines entities",
        ),
        (rss(told("Zone unknown", at="2012-06-04T12:00:00 EST")), "unreadable", "is no time"),
        (rss(told("No such day", at="2012-06-31T12:00:00Z")), "unreadable", "is no time"),
        (rss(told("No such zone", at="Mon, 04 Jun 2012 12:00:00 +9999")), "unreadable", "is no time"),
        (rss(told("Long ago", at="0001-01-01T00:00:00+14:00")), "unreadable", "is no time"),
    ],
)
def test_what_is_no_item_is_told_with_its_code(content, code, words):
    found = _read(content)
    assert not found.arrivals
    assert found.unread[0].code == code
    assert words in found.unread[0].text


def test_a_feed_that_breaks_off_gives_its_whole_items_and_says_so():
    found = _read(rss(told("Apple whole"))[:-30])
    assert [one.item.headline for one in found.arrivals] == ["Apple whole"]
    assert "cut off or broken" in found.unread[0].text


def test_an_endless_text_is_cut_and_says_so():
    (found,) = _read(rss(told("Apple " * 400, body="x" * 30_000))).arrivals
    assert (len(found.item.headline), found.item.headline[-1]) == (1_000, "…")
    assert (len(found.item.body), found.item.body[-1]) == (20_000, "…")


def test_more_items_than_a_feed_may_have_are_told():
    found = _read(rss(*(told(f"Apple {n}", at=AT) for n in range(510))))
    assert len(found.arrivals) == 500
    assert "10 items beyond" in found.unread[0].text


@pytest.mark.parametrize(
    "at",
    [
        "Mon, 04 Jun 2012 08:00:00 EDT",
        "Mon, 4 Jun 2012 08:00 -0400",
        "Mon, 04 Jun 2012 08:00:00 -04:00",
        "4 June 12 12:00:00 -0000",
        "2012-06-04T12:00:00.123456789Z",
        "2012-06-04 14:00:00 +0200",
    ],
)
def test_a_time_is_read_as_it_is_meant(at):
    assert _read(rss(told("Apple", at=at))).arrivals[0].item.at == NOON


@pytest.mark.parametrize("sign", ["&#xD800;", "&#57343;", "&#x110000;", "&#99999999999999999999;"])
def test_a_sign_that_is_none_costs_its_item_a_sign_and_the_others_nothing(sign):
    found = _read(rss(told(f"Apple {sign} opens"), told("Apple shuts")))
    assert [one.item.headline for one in found.arrivals] == ["Apple \ufffd opens", "Apple shuts"]


def test_a_time_without_end_is_kept_aside_short():
    (found,) = _read(rss(told("Apple", at="9" * 100_000))).unread
    assert len(found.text) < 200
    assert len(found.came) <= 2_000


def test_a_feed_that_would_hold_up_its_parser_for_hours_is_given_up(monkeypatch):
    monkeypatch.setattr(parsing, "SECONDS", 0.5)
    endless = rss(f"<item><author>{'a' * 500_000}</author></item>", told("Apple"))
    found = read_feed(endless, "https://wire.test/rss", NOON, MENTIONS)
    assert "more time or memory than a feed may" in found.unread[0].text
    assert not found.arrivals


def test_what_another_process_parsed_is_what_this_one_would_have():
    content = rss(told("Apple \N{GREEN APPLE} &#xD800;", body="of $GOOG"))
    assert read_feed(content, "p", NOON, MENTIONS) == read_feed(content, "p", NOON, MENTIONS, parsed)
    assert parsing.parsed_apart(ATOM) == parsed(ATOM)
