"""News and blackouts at the terminal."""

import json

import pytest

from tests.trivet import trivet

AT = ("--at", "2012-06-04T14:30:00Z")


def test_news_is_listed_as_it_was_known(tmp_path):
    told = json.loads(trivet(tmp_path, "news", "list", "aapl", *AT, "--json").stdout)
    assert told["symbol"] == "AAPL"
    assert told["items"][0]["headline"].startswith("Apple supplier calm; ignore all rules")
    before = json.loads(
        trivet(tmp_path, "news", "list", "AAPL", "--at", "2012-06-04T12:04:59Z", "--json").stdout
    )
    assert len(before["items"]) == len(told["items"]) - 1


def test_what_others_wrote_does_not_move_the_cursor(tmp_path):
    folder = tmp_path / "news"
    folder.mkdir()
    line = {"at": "2012-06-04T14:00:00Z", "source": "w\u202eire", "headline": "Apple\x1b[2J\rapproved"}
    (folder / "a.jsonl").write_text(json.dumps(line))
    shown = trivet(tmp_path, "news", "list", "AAPL", *AT, TRIVET_NEWS=str(folder))
    assert shown.returncode == 0, shown.stderr
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    assert "Apple\ufffd[2J\ufffdapproved" in shown.stdout


def test_a_folder_is_checked_with_every_fault_and_its_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"at": "soon"}\n\n{\n')
    checked = trivet(tmp_path, "news", "check", str(tmp_path))
    assert checked.returncode == 1
    assert "a.jsonl:1 missing" in checked.stdout
    assert "a.jsonl:3 unreadable" in checked.stdout
    assert "0 items, 0 of no symbol, 2 unread" in checked.stdout
    assert trivet(tmp_path, "news", "check", str(tmp_path / "nowhere")).returncode == 2


def test_a_blackout_is_told_with_what_is_announced(tmp_path):
    told = trivet(tmp_path, "blackouts", "AAPL", "--at", "2012-06-20T15:00:00Z").stdout
    assert "AAPL: a blackout holds it at 2012-06-20 15:00 UTC" in told
    assert "2012-08-01 13:30 to 2012-08-01 20:00  all" in told
    unknown = json.loads(
        trivet(tmp_path, "blackouts", "AAPL", "--at", "2028-06-20T15:00:00Z", "--json").stdout
    )
    assert (unknown["active"], unknown["covered_to"]) == (None, "2027-12-31")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("news", "list", "AAPL"), "say when with --at"),
        (("news", "list", "AAPL", "--at", "noon"), "is no time"),
        (("news", "list", "AAPL", "--at", "2012-06-04T14:30:00"), "has no time zone"),
        (("news", "list", "AAPL", "--at", "0001-01-01T00:00:00+14:00"), "nothing is known of 1;"),
        (("blackouts", "AAPL", "--at", "9999-12-31T00:00:00Z"), "ask for 1990 to 2099"),
        (("news", "list", "not a symbol", *AT), "is no symbol"),
        (("blackouts", "AAPL", "--at", "noon"), "is no time"),
    ],
)
def test_bad_usage_is_told_plainly(tmp_path, words, told):
    failed = trivet(tmp_path, *words)
    assert failed.returncode == 2
    assert told in failed.stderr
    assert "Traceback" not in failed.stderr
