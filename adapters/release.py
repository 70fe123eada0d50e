"""``release`` freezes the edited text of a pack under its version, for ever, and writes it into the lock.

A released text is never written again: any decision can be replayed from the version it names.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adapters.packs.proofs import refusals, unproved
from engine import PackProblems, RulePack, read_pack, review_pack
from engine.problems import Problem

LOCK = "packs.lock.yaml"
_HEADER = (
    "# What was released, with the hashes that vouch for it. Written by `trivet release`; do not edit.\n"
)


class ReleaseRefused(Exception):
    """A release that would break a promise; ``reasons`` say which, each with the next step."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Released:
    """A version that is frozen now."""

    pack: str
    version: str
    path: Path
    logic: str
    text: str


def release(rules: Path, name: str, *, accept_unknown: bool = False) -> Released:
    """Freeze ``rules/<name>/pack.yaml``; claims that ``accept_unknown`` lets pass go into the lock.

    Raises:
        PackProblems: the pack has errors, failing cases included, or its invariants have.
        ReleaseRefused: the version does not say what moved, an earlier release was tampered with, or a
            claim about the pack is not proved.
        FileNotFoundError: there is no such pack.
    """
    pack = _faultless(rules / name / "pack.yaml")
    lock = read_lock(rules)
    earlier: Mapping[str, Mapping[str, Any]] = lock.setdefault("packs", {}).setdefault(name, {})
    if reasons := list(_refusals(rules, name, pack, earlier)):
        raise ReleaseRefused(reasons)
    found = unproved(pack)
    if reasons := list(refusals(found, name, accept_unknown=accept_unknown)):
        raise ReleaseRefused(reasons)
    path = rules / name / "released" / f"{pack.version}.yaml"
    path.parent.mkdir(exist_ok=True)
    write_whole(path, pack.text)
    unknown = {"unknown": [one.words for one in found]} if found else {}
    lock["packs"][name][pack.version] = _locked(pack) | unknown
    write_whole(rules / LOCK, _HEADER + yaml.safe_dump(lock, sort_keys=False, width=110))
    return Released(name, pack.version, path, pack.logic_hash, pack.text_hash)


def read_lock(rules: Path) -> dict[str, Any]:
    """The lock as it stands; an empty one where nothing was released yet."""
    path = rules / LOCK
    found = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
    return found if isinstance(found, dict) else {}


def in_order(versions: Iterable[str]) -> list[str]:
    """Version numbers, oldest first."""
    return sorted(versions, key=_numbers)


def read_file(path: Path) -> RulePack:
    """The pack at ``path``; raises ``PackProblems``, for a file that is not UTF-8 too."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problem = Problem(str(path), 1, 1, "P103", f"is not UTF-8 at byte {error.start}; save it as UTF-8")
        raise PackProblems([problem]) from error
    return read_pack(text, source=str(path))


def _faultless(path: Path) -> RulePack:
    pack = read_file(path)
    errors = [problem for problem in review_pack(pack) if problem.severity == "error"]
    if errors:
        raise PackProblems(errors)
    return pack


def _locked(pack: RulePack) -> dict[str, Any]:
    return {
        "logic": pack.logic_hash,
        "text": pack.text_hash,
        "inputs": pack.inputs_hash,
        "rules": [rule.id for rule in pack.rules],
    }


def _refusals(
    rules: Path, name: str, pack: RulePack, earlier: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    if pack.name != name:
        yield f"{pack.source} calls itself {pack.name}; name the folder and the pack alike"
    yield from _tampered(rules, name, earlier)
    yield from _left_over(rules, pack, earlier)
    if not earlier:
        return
    latest = max(earlier, key=_numbers)
    yield from _version_refusals(pack, latest, earlier)
    yield from _reused(pack, latest, earlier)


def _tampered(rules: Path, name: str, earlier: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for version, locked in earlier.items():
        path = rules / name / "released" / f"{version}.yaml"
        try:
            untouched = read_file(path).text_hash == locked["text"]
        except (OSError, PackProblems):
            untouched = False
        if not untouched:
            yield f"{path} is not what was released; restore it from version control"


def _left_over(rules: Path, pack: RulePack, earlier: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A frozen text that no lock vouches for: what an interrupted release leaves; harmless if the same."""
    path = rules / pack.name / "released" / f"{pack.version}.yaml"
    if pack.version not in earlier and path.exists() and path.read_bytes() != pack.text.encode():
        yield f"{path} holds another text that was never released; look at it, then remove it"


def _version_refusals(pack: RulePack, latest: str, earlier: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    before = earlier[latest]
    if pack.text_hash == before["text"]:
        yield f"{pack.name} {latest} is released already and nothing has moved since"
        return
    needed = _needed(pack, latest, before)
    if _numbers(pack.version) < _numbers(needed):
        moved = _what_moved(pack, before)
        yield f"{pack.name} says version {pack.version} and {moved} since {latest}; write version: {needed}"


def _needed(pack: RulePack, latest: str, before: Mapping[str, Any]) -> str:
    major, minor, patch = _numbers(latest)
    if pack.inputs_hash != before["inputs"]:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if pack.logic_hash != before["logic"] else f"{major}.{minor}.{patch + 1}"


def _what_moved(pack: RulePack, before: Mapping[str, Any]) -> str:
    if pack.inputs_hash != before["inputs"]:
        return "its inputs changed"
    return "its logic changed" if pack.logic_hash != before["logic"] else "its wording changed"


def _reused(pack: RulePack, latest: str, earlier: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    retired = {rule for locked in earlier.values() for rule in locked["rules"]} - set(
        earlier[latest]["rules"]
    )
    for rule in pack.rules:
        if rule.id in retired:
            where = f"{pack.source}:{rule.place.line}"
            yield f"{where} the id {rule.id} belonged to an earlier rule; choose a new one"


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def write_whole(path: Path, text: str) -> None:
    """Write all of ``text`` or nothing: readers see the old file or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
