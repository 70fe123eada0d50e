"""Feeds are read however they are made, and what cannot be read is told."""

import pytest

from adapters.news.feed import read_feed
from tests.adapters.news.feeds import AT, rss, told
from tests.adapters.news.items import MENTIONS, NOON

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom wire</title>
<entry><title type="html">&lt;b&gt;Apple&lt;/b&gt; opens</title><updated>2012-06-04T12:00:00Z</updated>
<summary>short</summary>
<content type="html">&lt;p&gt;the long text of $MSFT&lt;/p&gt;</content></entry></feed>"""


def _read(content):
    return read_feed(content, "https://wire.test/rss", NOON, MENTIONS)


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
