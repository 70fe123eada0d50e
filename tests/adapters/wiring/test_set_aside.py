"""A store that is set aside for a fresh one: nothing of it is lost, and nobody is writing to it."""

import fcntl

import pytest

from adapters.settings import STORE_FILE, Settings
from adapters.wiring.journey import set_aside
from adapters.wiring.refusal import JourneyRefused


def written(home, text):
    (home / STORE_FILE).write_text(text)
    return Settings(home=home)


def test_a_store_in_use_by_another_run_stays_where_it_is(tmp_path):
    settings = written(tmp_path, "in use")
    with (tmp_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(JourneyRefused, match="in use by another run"):
            set_aside(settings)
    assert (tmp_path / STORE_FILE).read_text() == "in use"


def test_stores_are_kept_beside_each_other_also_after_one_was_thrown_away(tmp_path):
    first, second = (set_aside(written(tmp_path, text)) for text in ("first", "second"))
    (first / STORE_FILE).unlink()
    first.rmdir()
    third = set_aside(written(tmp_path, "third"))
    assert {(second / STORE_FILE).read_text(), (third / STORE_FILE).read_text()} == {"second", "third"}


def test_where_nothing_was_played_nothing_is_set_aside(tmp_path):
    assert set_aside(Settings(home=tmp_path / "new")) is None
