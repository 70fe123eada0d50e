"""``trivet features``: what features say of a symbol, what they are, whether their forms agree."""

import pytest

from tests.trivet import answer, trivet


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with the bars of two symbols as they were traded, and their splits."""
    folder = tmp_path_factory.mktemp("kept")
    done = trivet(folder, "bars", "export", "--symbol", "FB", "--symbol", "AAPL", "--folder", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_features_of_a_symbol_are_shown_as_of_a_time(tmp_path):
    told = answer(trivet(tmp_path, "features", "AAPL", "--at", "2012-06-20T15:00:00Z", "--json"))
    assert (told["symbol"], told["at"], told["cold"]) == ("AAPL", "2012-06-20T15:00:00Z", {})
    assert told["values"]["close"] == 587.41


def test_without_a_time_they_are_as_of_its_last_bar(tmp_path):
    told = answer(trivet(tmp_path, "features", "fb", "--json"))
    assert (told["symbol"], told["at"], told["bars"]) == ("FB", "2013-03-01T21:00:00Z", 196)


def test_what_is_not_warm_says_how_many_bars_it_still_needs(tmp_path):
    shown = trivet(tmp_path, "features", "FB", "--at", "2012-06-20T15:00:00Z").stdout
    lines = {line.split()[0]: line for line in shown.splitlines()}
    assert lines["FB"] == "FB at 2012-06-20 15:00:00 UTC, 22 bars closed"
    assert "needs 28 more closed bars" in lines["sma_50"]
    assert "fraction" in lines["return_20d"]


def test_after_the_last_bar_nothing_is_told_from_old_ones(tmp_path):
    shown = trivet(tmp_path, "features", "FB", "--at", "2013-03-04T22:00:00Z").stdout
    assert "the bar of the last session by then is missing" in shown
    assert shown.count("not warm") == 18


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("NOPE",), 1, "there are no bars of NOPE; choose one of AAPL, FB, GOOG, IBM, MSFT"),
        (("no!",), 1, "no!"),
        (("AAPL", "--at", "2012-06-20T15:00:00"), 2, "has no zone"),
        (("AAPL", "--at", "yesterday"), 2, "is not a time"),
        (("AAPL", "--at", "9999-12-31T00:00:00Z"), 1, "goes beyond 2099"),
        (("AAPL", "--bars", "nowhere"), 1, "there are no bars in nowhere"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_to_do(tmp_path, words, code, said):
    refused = trivet(tmp_path, "features", *words)
    assert (refused.returncode, refused.stdout) == (code, "")
    assert said in refused.stderr


def test_the_list_has_every_feature_with_its_formula(tmp_path):
    told = answer(trivet(tmp_path, "features", "list", "--json"))
    shown = trivet(tmp_path, "features", "list").stdout
    assert all(one["name"] in shown and one["formula"] in shown for one in told["features"])
    assert {"rsi_14", "spread", "correlation_60d"} <= {one["name"] for one in told["features"]}


def test_kept_bars_are_checked_in_every_form(tmp_path, kept):
    told = answer(trivet(tmp_path, "features", "check", "--bars", kept, "--json"))
    assert set(told) == {"bar by bar", "Polars"}
    assert told["bar by bar"]["sma_50"] == {"ulps": 0.0, "relative": 0.0, "compared": 3_368, "alone": 0}


def test_kept_bars_say_what_the_sample_says(tmp_path, kept):
    words = ("features", "AAPL", "--at", "2012-06-20T15:00:00Z", "--json")
    assert answer(trivet(tmp_path, *words, "--bars", kept)) == answer(trivet(tmp_path, *words))


def test_before_a_split_kept_bars_are_in_shares_of_that_day(tmp_path, kept):
    words = ("features", "AAPL", "--at", "2005-02-20T00:00:00Z", "--json")
    then, now = answer(trivet(tmp_path, *words, "--bars", kept)), answer(trivet(tmp_path, *words))
    assert then["values"]["close"] == pytest.approx(2 * now["values"]["close"])
    assert then["values"]["return_20d"] == now["values"]["return_20d"]


def test_a_split_that_is_still_to_come_changes_no_kept_bar(tmp_path, kept):
    words = ("features", "FB", "--bars", kept, "--json")
    before = answer(trivet(tmp_path, *words))
    added = trivet(tmp_path, "bars", "splits", "add", "FB", "2030-01-02", "2:1", "--folder", kept)
    assert added.returncode == 0, added.stderr
    assert answer(trivet(tmp_path, *words)) == before


def test_forms_that_do_not_agree_end_with_failure(tmp_path, kept, monkeypatch):
    from adapters.features import differences

    monkeypatch.setitem(differences.ALLOWED_ULPS, "bar by bar", -1.0)
    failed = trivet(tmp_path, "features", "check", "--bars", kept)
    assert failed.returncode == 1
    assert "do not rely on these features" in failed.stderr
