"""One crew per data folder: what the other commands read of it is never an earlier crew's."""

import json
import os

from adapters.together.lease import end, environment_of, lease, read_status, write_environment


def test_what_a_killed_crew_left_behind_names_nobody_for_the_next_one(tmp_path):
    (tmp_path / "up.json").write_text(json.dumps({"healthy": True, "pid": 1, "processes": []}))
    with lease(tmp_path):
        assert read_status(tmp_path) == {"healthy": False, "pid": os.getpid(), "processes": []}


def test_without_a_crew_nobody_is_asked_to_end(tmp_path):
    (tmp_path / "up.json").write_text(json.dumps({"healthy": True, "pid": 1, "processes": []}))
    assert not end(tmp_path, 0)


def test_the_way_to_the_servers_is_its_owner_s_alone_and_goes_with_the_crew(tmp_path):
    with lease(tmp_path):
        write_environment(tmp_path, {"TRIVET_NATS_URL": "nats://a:it's@b"})
        place = environment_of(tmp_path)
        assert place is not None
        assert place.stat().st_mode & 0o777 == 0o600
        assert place.read_text() == """export TRIVET_NATS_URL='nats://a:it'"'"'s@b'\n"""
    assert environment_of(tmp_path) is None
    assert not place.exists()
