"""The rules as they were first released: what tests of the tools work on, whatever ships today."""

import shutil
from pathlib import Path

import yaml

RULES = Path(__file__).parents[1] / "rules"
FIRST = ("trading-core", "house-measurements")
SHELF = {
    "callers": ["trading-core@1.0.0"],
    "house": ["trading-core@1.0.0", "house-measurements@1.0.0"],
}
_WITH_THE_HOUSE = " && !(has(house.only_reduces) && house.only_reduces == true)"


def first_rules(folder):
    """A rules folder at ``folder`` whose packs are the first two at version 1.0.0; the rest is today's."""
    others = {path.parent.name for path in RULES.glob("*/pack.yaml")}
    shutil.copytree(RULES, folder, ignore=lambda _, names: others & set(names))
    lock = yaml.safe_load((RULES / "packs.lock.yaml").read_text("utf-8"))
    for name in FIRST:
        (folder / name / "released").mkdir(parents=True)
        frozen = RULES / name / "released" / "1.0.0.yaml"
        for place in ("pack.yaml", "released/1.0.0.yaml"):
            shutil.copyfile(frozen, folder / name / place)
        kept = (RULES / name / "invariants.yaml").read_text("utf-8").replace(_WITH_THE_HOUSE, "")
        (folder / name / "invariants.yaml").write_text(kept, "utf-8")
    packs = {name: {"1.0.0": lock["packs"][name]["1.0.0"]} for name in FIRST}
    told = yaml.safe_dump({"default": SHELF, "packs": packs}, sort_keys=False)
    (folder / "packs.lock.yaml").write_text(told, "utf-8")
    return folder
