"""``trivet audit sum`` tells of a store what the run that made it told, however often it was written down."""

import pytest

from tests.trivet import answer, trivet

DAYS = ("--from", "2012-05-18", "--to", "2012-05-25")


@pytest.mark.parametrize("keep", ["session", "step"])
def test_the_sum_of_a_store_is_the_sum_of_its_run(tmp_path, keep):
    kept = tmp_path / "kept"
    told = answer(trivet(tmp_path, "replay", *DAYS, "--keep", keep, "--store", kept, "--json"))
    assert told["fills"] > 0
    assert answer(trivet(kept, "audit", "sum", "--json")) == told
    words = trivet(kept, "audit", "sum").stdout
    assert f"{told['sessions']} sessions, {told['signals']} signals, equity {told['equity']}" in words
    assert f"sha256 {told['sha256']}" in words


def test_a_store_in_which_nothing_was_played_has_no_sum(tmp_path):
    refused = trivet(tmp_path, "audit", "sum")
    assert refused.returncode == 1
    assert "nothing was played in this store" in refused.stderr


def test_what_is_left_of_a_shortened_log_is_not_summed_up_as_if_it_were_whole(tmp_path):
    kept = tmp_path / "kept"
    answer(
        trivet(tmp_path, "replay", "--from", "2012-05-30", "--to", "2012-06-05", "--store", kept, "--json")
    )
    assert trivet(kept, "retention", "--before", "2012-06-01T00:00:00Z").returncode == 0
    refused = trivet(kept, "audit", "sum")
    assert refused.returncode == 1
    assert "decisions have left this log" in refused.stderr
