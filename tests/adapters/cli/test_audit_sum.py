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
