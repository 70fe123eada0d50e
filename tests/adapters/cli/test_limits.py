"""``trivet limits``: what execution refuses, phase by phase, and how much of it is used up."""

import json
import shutil

from tests.trivet import PROJECT, trivet


def test_the_limits_of_a_phase_are_shown_with_their_units(tmp_path):
    shown = trivet(tmp_path, "limits", "show", "--phase", "sandbox")
    assert shown.returncode == 0
    assert "phase sandbox (not in force; the house is in development)" in shown.stdout
    [line] = [one for one in shown.stdout.splitlines() if one.strip().startswith("max_order_value")]
    assert line.split()[1:3] == ["100", "dollars"]


def test_a_look_makes_no_store(tmp_path):
    assert trivet(tmp_path / "var", "limits", "show").returncode == 0
    assert not (tmp_path / "var").exists()


def test_what_was_sent_stands_beside_the_limit(tmp_path):
    played = trivet(
        tmp_path, "replay", "--from", "2012-05-18", "--to", "2012-06-08", "--store", str(tmp_path / "s")
    )
    assert played.returncode == 0
    shown = json.loads(trivet(tmp_path / "s", "limits", "show", "--json").stdout)
    used = {one["name"]: one["used"] for one in shown["limits"]}
    assert (shown["phase"], used["max_order_value"]) == ("development", None)
    assert used["orders_per_second"] == "0"
    assert int(used["orders_per_day"]) >= 0


def test_check_reads_what_execution_reads(tmp_path):
    checked = trivet(tmp_path, "limits", "check", "--json")
    assert json.loads(checked.stdout)["phases"] == ["development", "paper", "sandbox", "live"]


def test_check_names_every_fault_with_its_place(tmp_path):
    shutil.copytree(PROJECT / "rules" / "limits", tmp_path / "rules" / "limits")
    for phase in ("paper", "live"):
        file = tmp_path / "rules" / "limits" / f"{phase}.yaml"
        file.write_text(file.read_text().replace("orders_per_day: {value: ", "orders_per_day: {value: -"))
    failed = trivet(tmp_path / "var", "limits", "check", TRIVET_RULES=str(tmp_path / "rules"))
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.count("orders_per_day must be a whole number above 0") == 2
    assert "paper.yaml:17:" in failed.stderr
