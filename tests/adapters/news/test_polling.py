"""Feeds are asked safely and kept for ever; a source that fails is told once and asked again."""

import pytest
from sqlalchemy import func, select

from adapters.news import fetching, kept, polling
from adapters.news.arrival import Gathered
from adapters.news.desk import NewsDesk
from adapters.news.feed import read_feed
from adapters.news.fetching import Feed, FeedFailed, UnsafeFeed, feeds_of, fetch
from adapters.news.kept import KeptShelf
from adapters.news.parsing import parsed
from adapters.news.polling import Poller
from adapters.news.tables import news_items
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.wiring.news import live_news
from adapters.wiring.refusal import Refused
from policy.store import reading
from tests.adapters.news.feeds import Answer, rss, serving, told
from tests.adapters.news.items import MENTIONS, NOON, item


class Stopped:
    """A clock that stands where it is put."""

    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def store(request):
    engine = open_store(request.getfixturevalue(request.param))
    yield engine
    engine.dispose()


def _fetched(address, **state):
    return fetch(Feed(address, **state))


def _poller(store, clock, address, folder=None):
    return Poller(KeptShelf(store), MENTIONS, clock, feeds_of(address), folder)


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("http://wire.test/rss", "must be https"),
        ("https://wire.test/rss, ftp://wire.test/rss", "feed 2 of TRIVET_NEWS_FEEDS is no address"),
        ("file:///etc/passwd", "is no address"),
        ("wire", "is no address"),
        ("https://[::1/rss", "is no address"),
        ("https://wire.test/\x01", "is no address"),
        ("http://127.0.0.1.wire.test/", "must be https"),
    ],
)
def test_an_unsafe_feed_is_refused_before_anything_is_asked(listed, words):
    with pytest.raises(UnsafeFeed, match=words):
        feeds_of(listed)
    with pytest.raises(Refused, match=words):
        live_news(Settings(news_feeds=listed), None, Stopped(NOON))


def test_a_key_in_a_feeds_address_is_never_shown():
    (feed,) = feeds_of("https://user:secret@wire.test:8443/rss?key=secret#secret")
    assert feed.place == "https://wire.test:8443/rss"


def test_what_has_not_changed_is_not_sent_again():
    with serving(rss=Answer(rss(), headers={"ETag": '"1"', "Last-Modified": "today"})) as server:
        feed, content = _fetched(f"{server.address}/rss")
        assert content == rss()
        assert _fetched(feed.url, etag=feed.etag, changed=feed.changed) == (feed, None)
        assert server.asked[1]["If-Modified-Since"] == "today"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=500), "answers 500"),
        (Answer(status=302, headers={"Location": "http://169.254.169.254/"}), "has moved"),
        (Answer(b"x" * (1024 * 1024 + 1)), "longer than 1048576 bytes"),
        (Answer(b"x", headers={"Content-Encoding": "gzip"}), "comes compressed"),
        (Answer(b"x", headers={"Content-Length": "50"}), "does not answer"),
    ],
)
def test_what_cannot_be_bounded_is_not_read(answer, words):
    with serving(rss=answer) as server, pytest.raises(FeedFailed, match=words):
        _fetched(f"{server.address}/rss")


def test_a_feed_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with (
        serving(rss=Answer(b"x" * 100, drip=0.05)) as server,
        pytest.raises(FeedFailed, match=r"took longer"),
    ):
        _fetched(f"{server.address}/rss")


def test_a_feed_that_trickles_before_its_text_is_given_up_too(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    slow = Answer(b"x", headers={f"X-{n}": "y" for n in range(100)}, pause=0.05)
    with serving(rss=slow) as server, pytest.raises(FeedFailed, match=r"took longer"):
        _fetched(f"{server.address}/rss")


def test_a_mark_that_cannot_be_sent_back_ends_no_asking(store):
    with serving(
        rss=Answer(rss(told("Apple")), headers={"ETag": '"\N{LATIN SMALL LETTER E WITH ACUTE}"'})
    ) as server:
        poller = _poller(store, Stopped(NOON), f"{server.address}/rss")
        poller.poll()
        server.answers["/rss"] = Answer(rss(told("Apple shuts")))
        poller.poll()
    assert (poller.states()[0].items, poller.states()[0].problem) == (2, None)


def test_a_feed_that_fails_is_not_hidden_by_one_that_differs_in_its_query_alone(store):
    with serving(rss=Answer(rss(told("Apple")))) as server:
        poller = _poller(store, Stopped(NOON), f"{server.address}/rss?s=A, {server.address}/rss?s=B")
        server.answers["/rss?s=A"] = Answer(status=503)
        poller.poll()
    assert [one.problem for one in poller.states()] == ["answers 503; it is asked again", None]


def test_an_item_is_received_when_it_was_read_and_not_before(store, monkeypatch):
    clock = Stopped(NOON)
    reading_takes = NOON.replace(minute=1)

    def slowly(*asked):
        clock.at = reading_takes
        return read_feed(*asked, parsed)

    monkeypatch.setattr(polling, "read_feed", slowly)
    with serving(rss=Answer(rss(told("Apple")))) as server:
        _poller(store, clock, f"{server.address}/rss").poll()
    desk = NewsDesk((KeptShelf(store),))
    assert not desk.summary("AAPL", NOON.replace(second=59)).items
    assert desk.summary("AAPL", reading_takes).items


def test_of_a_flood_the_newest_are_read(store, monkeypatch):
    monkeypatch.setattr(kept, "_MOST_READ", 3)
    shelf = KeptShelf(store)
    shelf.keep(Gathered(tuple(item(f"Apple {n}", minutes=n) for n in range(5))), NOON)
    late = NOON.replace(hour=13)
    found = shelf.about("AAPL", NOON.replace(hour=1), late)
    assert [one.item.headline for one in found] == ["Apple 4", "Apple 3", "Apple 2"]
    early = shelf.about("AAPL", NOON.replace(hour=1), NOON.replace(minute=1))
    assert [one.item.headline for one in early] == ["Apple 1", "Apple 0"]


def test_what_was_heard_stays_known_as_of_when_it_was_heard(store):
    clock = Stopped(NOON)
    with serving(rss=Answer(rss(told("Apple opens")))) as server:
        poller = _poller(store, clock, f"{server.address}/rss")
        poller.poll()
        server.answers["/rss"] = Answer(rss(told("Apple opens", body="with more words"), told("Apple shuts")))
        clock.at = NOON.replace(hour=13)
        poller.poll()
    desk = NewsDesk((KeptShelf(store),))
    early, late = desk.summary("AAPL", NOON), desk.summary("AAPL", clock.at)
    assert [one.headline for one in early.items] == ["Apple opens"]
    assert {(one.headline, one.body) for one in late.items} == {("Apple opens", ""), ("Apple shuts", "")}
    assert (poller.states()[0].items, poller.states()[0].problem) == (2, None)


def test_a_fault_is_kept_once_however_often_it_is_read(store, tmp_path):
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"at": "soon"}\n')
    clock = Stopped(NOON)
    with serving(rss=Answer(rss(told("Apple", at="soon")))) as server:
        poller = _poller(store, clock, f"{server.address}/rss", folder)
        poller.poll()
        clock.at = NOON.replace(hour=13)
        poller.poll()
    found = KeptShelf(store).unread(clock.at)
    assert sorted(one.code for one in found) == ["missing", "naive-time"]
    assert not KeptShelf(store).unread(NOON.replace(hour=11))


def test_a_source_that_fails_is_told_and_asked_again_while_the_others_are_read(store, tmp_path):
    with serving(bad=Answer(status=503), good=Answer(rss(told("Apple")))) as server:
        both = f"{server.address}/bad?key=secret, {server.address}/good"
        poller = _poller(store, Stopped(NOON), both, tmp_path / "nowhere")
        poller.poll()
        states = {one.place.rpartition("/")[2]: one for one in poller.states()}
        assert states["bad"].problem == "answers 503; it is asked again"
        assert "is no folder" in states["nowhere"].problem
        assert (states["good"].items, states["good"].read_at) == (1, NOON)
        server.answers["/bad"] = Answer(rss(told("Apple again and better")))
        poller.poll()
        assert poller.states()[0].problem is None


def test_text_that_a_database_could_choke_on_is_kept_as_it_came(store):
    headline = "Apple \\0 \U0001f34f 'quoted' %s {}"
    shelf = KeptShelf(store)
    with serving(rss=Answer(rss(told(headline)))) as server:
        _poller(store, Stopped(NOON), f"{server.address}/rss").poll()
    assert shelf.about("AAPL", NOON.replace(hour=1), NOON)[0].item.headline == headline
    with reading(store) as connection:
        assert connection.scalar(select(func.count()).select_from(news_items)) == 1


def test_polling_starts_at_once_and_ends_when_it_is_told(store):
    with serving(rss=Answer(rss(told("Apple")))) as server:
        poller = _poller(store, Stopped(NOON), f"{server.address}/rss")
        poller.start()
        while not poller.states()[0].items:
            assert poller.states()[0].problem is None
        poller.stop()
    assert len(KeptShelf(store).about("AAPL", NOON.replace(hour=1), NOON)) == 1


def test_a_live_house_never_reads_the_invented_items(store):
    assert live_news(Settings(), store, Stopped(NOON)).desk.summary("AAPL", NOON) is None


def test_a_store_that_is_away_loses_nothing_of_a_feed(store, monkeypatch):
    with serving(rss=Answer(rss(told("Apple")), headers={"ETag": '"1"'})) as server:
        poller = _poller(store, Stopped(NOON), f"{server.address}/rss")
        with monkeypatch.context() as away:
            away.setattr(KeptShelf, "keep", lambda *_: 1 / 0)
            poller.poll()
        assert "could not be read or kept (ZeroDivisionError)" in poller.states()[0].problem
        poller.poll()
    assert (poller.states()[0].items, poller.states()[0].problem) == (1, None)
