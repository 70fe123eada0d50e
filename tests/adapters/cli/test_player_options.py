"""Options about the player: refused before anything is started, and never taken without effect."""

import pytest

from tests.trivet import trivet


@pytest.mark.parametrize("command", [["run"], ["up"], ["serve", "player"]])
@pytest.mark.parametrize("pace", ["0", "-1", "nan", "1001"])
def test_a_pace_that_no_player_keeps_is_refused(tmp_path, command, pace):
    refused = trivet(tmp_path, *command, f"--speed={pace}")
    assert refused.returncode == 2
    assert "speed is in steps per second" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("at", ["yesterday", "2012-06-04T14:30:00"])
def test_a_time_that_is_none_keeps_the_crew_from_starting(tmp_path, at):
    refused = trivet(tmp_path, "up", "--at", at)
    assert refused.returncode == 2
    assert "write it as" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["--paused"], ["--speed", "2"], ["--at", "2012-06-04T14:30:00Z"]])
def test_what_is_the_player_s_is_refused_for_another_service(tmp_path, words):
    refused = trivet(tmp_path, "serve", "policy", *words)
    assert refused.returncode == 2
    assert refused.stderr == f"{words[0]} would change nothing for 'policy'; such options are the player's\n"


def test_serving_all_hands_the_player_what_was_asked(tmp_path):
    refused = trivet(tmp_path, "serve", "all", "--paused", "--from", "1900-01-01", "--to", "1900-01-02")
    assert refused.returncode == 2
    assert "1900" in refused.stderr
