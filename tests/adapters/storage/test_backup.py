"""The walks of docs/backup.md, command by command, while decisions are being made."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from adapters.servers.found import postgres_binaries
from adapters.settings import STORE_FILE
from adapters.storage.database import open_store
from policy.audit.verify import length, verify
from policy.retention.retire import Plan, retire
from tests.policy.parts import House, build_house, proposal

ROOT = Path(__file__).parents[3]
BLOCKS = dict(
    re.findall(r"```sh (\w+ \w+)\n(.*?)```", (ROOT / "docs" / "backup.md").read_text("utf-8"), re.DOTALL)
)


def walk(block: str, **surroundings: str) -> str:
    """Run a block of the page as its reader would; gives what it printed."""
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", BLOCKS[block]],
        env={**os.environ, **surroundings}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout


@contextmanager
def deciding(house: House) -> Iterator[None]:
    """Decisions go on being made, the first dozens of them before anything else happens."""
    enough, over = threading.Event(), threading.Event()

    def decide() -> None:
        number = 1000
        while not over.is_set():
            signals = range(number, number + 5)
            house.service.evaluation.evaluate_batch([proposal(one, confidence=0.5) for one in signals])
            number += 5
            if number >= 1050:
                enough.set()

    thread = threading.Thread(target=decide)
    thread.start()
    try:
        assert enough.wait(30)
        yield
    finally:
        over.set()
        thread.join()


def shortened(store: Engine) -> House:
    """A store whose oldest month has been retired, so that anchors have to come through."""
    house = build_house(store)
    house.service.evaluation.evaluate_batch([proposal(number) for number in range(5)])
    house.clock.pass_by(days=90)
    retire(store, Plan(house.clock.now(), frozenset(), house.clock.now(), "ada"))
    return house


def goes_on(url: str) -> int:
    """How many decisions a restored store holds; it must verify, and decide anew."""
    store = open_store(url)
    try:
        held = length(store)
        house = build_house(store)
        house.clock.pass_by(days=91)
        house.service.evaluation.evaluate_batch([proposal(1_000_000, confidence=0.5)])
        assert length(store) == held + 1
        assert verify(store) == []
    finally:
        store.dispose()
    return held


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    for name in ("backup", "home"):
        (tmp_path / name).mkdir()
    return {
        "BACKUP": str(tmp_path / "backup"),
        "TRIVET_HOME": str(tmp_path / "home"),
        "RESTORED_HOME": str(tmp_path / "restored"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def test_sqlite_is_backed_up_while_it_is_written_and_restored(paths: dict[str, str]) -> None:
    store = open_store(f"sqlite:///{paths['TRIVET_HOME']}/{STORE_FILE}")
    with deciding(shortened(store)):
        walk("sqlite backup", **paths)
    store.dispose()
    assert "no flaws" in walk("sqlite restore", **paths)
    assert goes_on(f"sqlite:///{paths['RESTORED_HOME']}/{STORE_FILE}") >= 50


def test_postgres_is_backed_up_while_it_is_written_and_restored(
    postgres_url: str, paths: dict[str, str], tmp_path: Path
) -> None:
    restored = postgres_url.rsplit("/", 1)[0] + f"/restored_{os.getpid()}"
    programs = f"{postgres_binaries(tmp_path)}:{paths['PATH']}"
    around = {**paths, "PATH": programs, "TRIVET_DATABASE_URL": postgres_url, "RESTORED_URL": restored}
    store = open_store(postgres_url)
    with deciding(shortened(store)):
        walk("postgres backup", **around)
    store.dispose()
    name = f"restored_{os.getpid()}"
    BLOCKS["postgres restore"] = BLOCKS["postgres restore"].replace("trivet_restored", name)
    try:
        assert "no flaws" in walk("postgres restore", **around)
        assert goes_on(restored) >= 50
    finally:
        BLOCKS["drop"] = f'psql --quiet --dbname="$TRIVET_DATABASE_URL" -c "DROP DATABASE IF EXISTS {name}"'
        walk("drop", **around)
