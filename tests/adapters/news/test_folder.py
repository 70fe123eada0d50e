"""A folder of news is read strictly: what is no item is given back with file, line and reason."""

import json

import pytest
from structlog.testing import capture_logs

from adapters.news.folder import FolderMissing, read_folder
from adapters.settings import Settings
from adapters.wiring.news import INVENTED, played_news
from adapters.wiring.refusal import Refused
from tests.adapters.news.items import MENTIONS, NOON

GOOD = {"at": "2012-06-04T08:00:00-04:00", "source": "wire", "headline": "Apple opens a shop"}


def _read(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    return read_folder(tmp_path, MENTIONS)


def _lines(tmp_path, *items):
    return _read(tmp_path, "a.jsonl", "\n".join(json.dumps(one) for one in items))


def test_the_same_items_come_from_every_format(tmp_path):
    yaml = "items:\n  - {at: 2012-06-04T12:00:00Z, source: wire, headline: Apple opens a shop}\n"
    read = [
        _lines(tmp_path, GOOD),
        _read(tmp_path, "a.yaml", yaml),
        _read(tmp_path, "a.json", json.dumps({"items": [GOOD]})),
    ]
    assert {len({one.item for one in found.arrivals}) for found in read} == {1}
    assert len(read[2].arrivals) == 3
    assert not read[2].unread


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"at": "2012-06-04T12:00:00"}, "naive-time", "has no time zone; end it with Z"),
        ({"at": "yesterday"}, "unreadable", '"yesterday" is no time'),
        ({"at": 1338811200}, "unreadable", "is no time"),
        ({"at": "2012-06-31T12:00:00Z"}, "unreadable", "at: "),
        ({"received": "2012-06-04"}, "unreadable", "received: "),
        ({"headline": " "}, "missing", "headline must be a text"),
        ({"headline": "x" * 1001}, "too-long", "1000 is the most allowed"),
        ({"body": 3}, "missing", "body must be a text, or left out"),
        ({"source": None}, "missing", "source must be a text"),
        ({"headlin": "x"}, "unknown-field", '"headlin" is unknown here'),
        ({"symbols": "AAPL"}, "no-symbol", "symbols must be a list"),
        ({"symbols": ["not a symbol at all"]}, "no-symbol", "is no symbol"),
        ({"body": "\ud83d"}, "unreadable", "half a character"),
    ],
)
def test_a_fault_is_told_with_its_line_and_never_loses_the_item(tmp_path, change, code, words):
    found = _lines(tmp_path, GOOD, {**GOOD, **change}, {**GOOD, "source": "other"})
    assert [one.item.source for one in found.arrivals] == ["wire", "other"]
    assert [(one.place, one.code) for one in found.unread] == [("a.jsonl:2", code)]
    assert words in found.unread[0].text
    assert found.unread[0].came


def test_every_fault_of_an_item_is_told_at_once(tmp_path):
    found = _lines(tmp_path, {"headlin": "x", "at": "soon"})
    assert all(word in found.unread[0].text for word in ('"headlin"', "source must", "headline must", "at: "))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.jsonl", "{", "is not JSON"),
        ("a.jsonl", '{"at": "a", "at": "b"}', "a field stands there twice"),
        ("a.jsonl", "[1]", "is no item"),
        ("a.yaml", "items: [1]", "is no item"),
        ("a.yaml", "entries: []", "must hold a list of items and nothing else"),
        ("a.yaml", "items: []\nmore: 1", "must hold a list of items and nothing else"),
        ("a.yaml", "items: &a []", "a.yaml:1"),
        ("a.txt", "hello", "is no news"),
    ],
)
def test_a_file_that_is_no_news_is_kept_aside_with_its_reason(tmp_path, name, text, words):
    found = _read(tmp_path, name, text)
    assert not found.arrivals
    assert words in str(found.unread[0])
    assert found.unread[0].place.startswith(name)


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe")
    assert "write it in UTF-8" in read_folder(tmp_path, MENTIONS).unread[0].text


def test_notes_and_hidden_files_are_no_news(tmp_path):
    (tmp_path / ".hidden.jsonl").write_text("{")
    assert not _read(tmp_path, "README.md", "where it comes from").unread


def test_a_folder_that_is_not_there_stops_the_house(tmp_path):
    with pytest.raises(FolderMissing):
        read_folder(tmp_path / "nowhere", MENTIONS)
    with pytest.raises(Refused, match="set TRIVET_NEWS"):
        played_news(Settings(news=tmp_path / "nowhere"))


def test_the_invented_items_can_all_be_read_and_are_named_as_invented():
    found = read_folder(INVENTED, MENTIONS)
    assert not found.unread
    assert {one.item.source for one in found.arrivals} == {"scenario", "scenario wire"}
    assert {symbol for one in found.arrivals for symbol in one.item.symbols} == {
        "AAPL",
        "FB",
        "GOOG",
        "IBM",
        "MSFT",
    }
    assert any("ignore all rules" in one.item.headline for one in found.arrivals)


def test_a_house_that_starts_with_unread_news_says_so(tmp_path):
    (tmp_path / "a.jsonl").write_text("{\n")
    with capture_logs() as told:
        desk = played_news(Settings(news=tmp_path))
    assert [(one["event"], one["items"]) for one in told] == [("news could not be read", 1)]
    assert [one.code for one in desk.unread(NOON)] == ["unreadable"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"at": NaN, "source": "a", "headline": "x"}', "unreadable"),
        ('{"at": "0001-01-01T00:00:00+14:00", "source": "a", "headline": "x"}', "unreadable"),
        (r'{"at": "\ud800", "source": "a", "headline": "x"}', "unreadable"),
        (r'{"at": "2012-06-04T12:00:00Z", "source": "a", "headline": "x", "\ud800": 1}', "unknown-field"),
    ],
)
def test_one_item_that_is_beyond_reading_costs_no_other(tmp_path, line, code):
    (tmp_path / "a.jsonl").write_text(
        f'{line}\n{{"at": "2012-06-04T12:00:00Z", "source": "a", "headline": "x"}}\n'
    )
    found = read_folder(tmp_path, MENTIONS)
    assert [one.item.headline for one in found.arrivals] == ["x"]
    assert [(one.place, one.code) for one in found.unread] == [("a.jsonl:1", code)]
    assert str(found.unread[0]).encode()
