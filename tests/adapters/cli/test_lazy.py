"""Commands are imported when they are asked for, and are found all the same."""

import subprocess
import sys

import pytest

from adapters.cli.app import Commands
from adapters.cli.lazy import commands_of
from tests.trivet import trivet


@pytest.mark.parametrize("module", Commands.modules)
def test_each_module_adds_the_commands_that_it_is_listed_with(module):
    assert sorted(commands_of(module)) == sorted(Commands.modules[module])


def test_a_misspelt_command_is_told_which_one_was_meant(tmp_path):
    failed = trivet(tmp_path, "regres")
    assert failed.returncode == 2
    assert "Did you mean 'regress'" in failed.stderr


def test_help_names_every_command(tmp_path):
    shown = trivet(tmp_path, "--help").stdout
    assert all(f" {name} " in shown for names in Commands.modules.values() for name in names)


@pytest.mark.parametrize("command", ["diff", "prove", "check"])
def test_proving_waits_for_no_server_no_database_and_no_table(command):
    asked = "import sys; from adapters.cli import app; app([{!r}, '--help'], standalone_mode=False)"
    heavy = "{'sqlalchemy', 'fastapi', 'ibis', 'polars', 'pyarrow', 'numpy', 'alembic'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"{asked.format(command)}; found = {heavy}; assert not found, found"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
