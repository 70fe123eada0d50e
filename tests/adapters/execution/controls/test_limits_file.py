"""Limits come whole or not at all: what is missing, unknown or of another unit is named with its place."""

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.execution.controls.limits import LIMITS
from adapters.execution.controls.limits_file import LimitsUnfit, read_limits, read_text
from policy.rollout.phases import Phase

RULES = Path("rules")
PAPER = (RULES / "limits" / "paper.yaml").read_text("utf-8")


def faults(text: str) -> list[str]:
    limits, lines = read_text(text, "paper.yaml", Phase.PAPER)
    assert (limits is None) == bool(lines)
    return lines


def line_of(word: str, text: str = PAPER) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if word in line)


def test_the_limits_of_every_phase_are_as_their_files_say() -> None:
    found = read_limits(RULES)
    assert set(found) == set(Phase)
    assert found[Phase.SANDBOX].max_order_value == 100
    assert found[Phase.SANDBOX].person_must_answer
    assert found[Phase.LIVE].daily_loss == 50
    assert found[Phase.LIVE].brokers == ()
    assert found[Phase.PAPER].daily_drawdown_pct == Decimal("0.03")
    assert found[Phase.DEVELOPMENT].flatten_before_close_minutes is None


@pytest.mark.parametrize(
    "name", [name for name, told in LIMITS.items() if told.kind in ("amount", "fraction")]
)
def test_no_amount_grows_on_the_way_to_live(name: str) -> None:
    found = read_limits(RULES)
    values = [getattr(found[phase], name) for phase in Phase]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_that_is_left_out_is_named_with_its_unit(name: str) -> None:
    kept = [line for line in PAPER.splitlines() if not line.strip().startswith(f"{name}:")]
    [fault] = faults("\n".join(kept))
    assert f"lacks {name}" in fault
    assert f"unit: {LIMITS[name].unit}" in fault


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_in_another_unit_is_refused_at_its_place(name: str) -> None:
    unit = LIMITS[name].unit
    line = next(line for line in PAPER.splitlines() if line.strip().startswith(f"{name}:"))
    text = PAPER.replace(line, line.replace(f"unit: {unit}", "unit: barrels"))
    [fault] = faults(text)
    assert fault.startswith(f"paper.yaml:{line_of(f'{name}:')}:")
    assert f'{name} is in {unit}, not in "barrels"' in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_order_value", "-1"),
        ("max_order_value", "0"),
        ("max_order_value", "true"),
        ("max_order_value", '"20000"'),
        ("max_order_value", "none"),
        ("max_order_value", "null"),
        ("daily_drawdown_pct", "3"),
        ("orders_per_day", "1.5"),
        ("brokers", "paper"),
        ("brokers", "[1]"),
        ("person_must_answer", "maybe"),
        ("flatten_before_close_minutes", "never"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(name: str, value: str) -> None:
    line = next(line for line in PAPER.splitlines() if line.strip().startswith(f"{name}:"))
    text = PAPER.replace(line, f"  {name}: {{value: {value}, unit: {LIMITS[name].unit}}}")
    [fault] = faults(text)
    assert f"{name} must be" in fault


@pytest.mark.parametrize("name", ["flatten_before_close_minutes", "duplicate_window_seconds"])
def test_only_development_does_without_and_says_so(name: str) -> None:
    text = re.sub(rf"({name}: {{value:) \d+", r"\1 none", PAPER)
    assert text != PAPER
    [fault] = faults(text)
    assert f"{name} must be a whole number above 0; its unit is" in fault
    told = text.replace("phase: paper", "phase: development")
    limits, lines = read_text(told, "development.yaml", Phase.DEVELOPMENT)
    assert lines == []
    assert getattr(limits, name) is None


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = PAPER.replace("phase: paper", "phase: live").replace("max_order_qty", "max_order_quantity")
    found = "\n".join(faults(text))
    assert 'is for phase "live"' in found
    assert '"max_order_quantity" is unknown here; did you mean max_order_qty?' in found
    assert "lacks max_order_qty" in found


@pytest.mark.parametrize(
    "text", ["", "- a\n", "phase: paper\n", "phase: paper\nlimits: 3\n", "phase: [", PAPER + PAPER]
)
def test_what_is_no_file_of_limits_is_refused(text: str) -> None:
    assert faults(text)


def test_without_the_file_of_one_phase_none_is_read(tmp_path: Path) -> None:
    shutil.copytree(RULES / "limits", tmp_path / "limits")
    (tmp_path / "limits" / "live.yaml").unlink()
    with pytest.raises(LimitsUnfit, match=r"live\.yaml cannot be read") as refused:
        read_limits(tmp_path)
    assert "execution does not start" in str(refused.value)
