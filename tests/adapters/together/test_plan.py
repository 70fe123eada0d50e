"""What the plan gives to each process: its own settings, no secret in a command line, a log of its own."""

import socket

import pytest

from adapters.settings import Settings
from adapters.together.member import Member
from adapters.together.plan import Wishes, plan
from adapters.topology import FIRST_PORT, processes

SECRET = "hidden"


@pytest.fixture
def settings(tmp_path, listener, monkeypatch):
    """Settings that name every server, so that the plan starts none of our own."""
    address = f"trivet:{SECRET}@127.0.0.1:{listener}"
    monkeypatch.setenv("TRIVET_DATABASE_URL", f"postgresql://{address}/trivet")
    monkeypatch.setenv("TRIVET_NATS_URL", f"nats://{address}")
    monkeypatch.setenv("TRIVET_REDIS_URL", f"redis://{address}/0")
    monkeypatch.setenv("TRIVET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRIVET_STARTING_CASH", "5000")
    return Settings()


@pytest.fixture
def listener():
    """A port at which somebody answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def members(settings, first_port, **wishes) -> dict[str, Member]:
    return {one.name: one for one in plan(settings, Wishes(first_port=first_port, **wishes)).members}


def test_a_given_server_is_used_and_none_of_our_own_started(settings, first_port):
    planned = plan(settings, Wishes(first_port=first_port))
    assert set(planned.given) == {"postgres", "valkey", "nats"}
    assert {one.name for one in planned.members} == {"imports", *(one.name for one in processes())}
    assert not (settings.home / "servers").exists()


def test_every_process_gets_its_own_settings_and_no_others(settings, first_port):
    for one in processes():
        given = members(settings, first_port)[one.name].recipe.command.variables
        mine = {name for name in given if name.startswith("TRIVET_")}
        assert mine <= set(one.settings)
        assert given["TRIVET_HOME"] == str(settings.home)


def test_what_the_person_set_reaches_the_services_under_their_worker_names(settings, first_port):
    given = members(settings, first_port)["policy-2"].recipe.command.variables
    assert given["TRIVET_STARTING_CASH"] == "5000"
    assert given["TRIVET_WORKER"] == "policy-2"
    assert given["TRIVET_CLOCK"] == "player"
    assert SECRET in given["TRIVET_DATABASE_URL"]


def test_the_screens_are_told_addresses_and_no_secret(settings, first_port):
    given = members(settings, first_port)["screens"].recipe.command.variables
    assert given["TRIVET_API_URL"] == f"http://127.0.0.1:{first_port}"
    assert f"/v1/orders=http://127.0.0.1:{first_port + 1}" in given["TRIVET_API_URLS"].split(",")
    assert not [name for name, value in given.items() if SECRET in value and name.startswith("TRIVET_")]


def test_no_secret_is_in_a_command_line_or_shown(settings, first_port):
    for member in members(settings, first_port).values():
        assert not [word for word in member.recipe.command.words if SECRET in str(word)]
        assert SECRET not in repr(member.recipe)


def test_wishes_reach_the_player_alone(settings, first_port):
    planned = members(settings, first_port, player=("--paused", "--speed", "5.0"), policy_workers=3)
    assert planned["player"].recipe.command.words[-3:] == ["--paused", "--speed", "5.0"]
    assert [name for name, one in planned.items() if "--paused" in one.recipe.command.words] == ["player"]
    assert {"policy-1", "policy-2", "policy-3"} <= set(planned)


def test_without_screens_there_are_none(settings, first_port):
    assert "screens" not in members(settings, first_port, screens=False)


def test_a_long_log_is_put_aside_once(settings, first_port, monkeypatch):
    monkeypatch.setattr("adapters.together.plan._MOST_LOG_BYTES", 3)
    logs = settings.home / "logs"
    logs.mkdir(parents=True)
    (logs / "market.log").write_text("long")
    (logs / "market.log.1").write_text("older")
    (logs / "player.log").write_text("few")

    plan(settings, Wishes(first_port=first_port))

    assert (logs / "market.log.1").read_text() == "long"
    assert not (logs / "market.log").exists()
    assert (logs / "player.log").read_text() == "few"


def test_ports_of_any_number_of_workers_are_told_apart():
    for workers in range(1, 10):
        ports = [one.port for one in processes(workers) if one.port is not None]
        assert len(set(ports)) == len(ports)
    assert FIRST_PORT == 8000


@pytest.mark.parametrize("workers", [0, 10])
def test_a_number_of_workers_without_ports_is_refused(workers):
    with pytest.raises(ValueError, match=f"there cannot be {workers} policy workers"):
        processes(workers)
