"""The hand-over documents: their manifest is true, complete and of the published format."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from adapters.handoff import FOLDER, MANIFEST, checksum, main, update, verify

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)

# AAHP file format 3.0, restated from its published schema; optional parts that we do not write are left out.
TEXT = {"type": "string"}
FILE = {
    "type": "object",
    "required": ["checksum", "updated", "lines", "summary"],
    "additionalProperties": False,
    "properties": {
        "checksum": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "updated": {"type": "string", "format": "date-time"},
        "lines": {"type": "integer", "minimum": 0},
        "summary": {"type": "string", "minLength": 1, "maxLength": 200},
    },
}
PHASES = ["research", "architecture", "implementation", "review", "fix", "idle", "documentation"]
SESSION = {
    "type": "object",
    "required": ["agent", "timestamp", "phase"],
    "properties": {"agent": TEXT, "timestamp": TEXT, "commit": TEXT, "phase": {"enum": PHASES}},
}
SCHEMA = {
    "type": "object",
    "required": ["aahp_version", "project", "last_session", "files", "quick_context"],
    "additionalProperties": False,
    "properties": {
        "aahp_version": {"const": "3.0"},
        "project": {"type": "string", "minLength": 1},
        "last_session": SESSION,
        "files": {"type": "object", "patternProperties": {r"^.+\.md$": FILE}, "additionalProperties": False},
        "quick_context": {"type": "string", "minLength": 1, "maxLength": 500},
    },
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the hand-over folder in a checkout of its own, with a true manifest."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER, ignore=shutil.ignore_patterns(MANIFEST))
    update(tmp_path, NOW, "implementation")
    return tmp_path


def manifest_of(root: Path) -> dict[str, dict[str, dict[str, str]]]:
    """The manifest as plain JSON."""
    loaded: dict[str, dict[str, dict[str, str]]] = json.loads((root / FOLDER / MANIFEST).read_text("utf-8"))
    return loaded


def test_the_manifest_in_this_checkout_is_true() -> None:
    assert verify(ROOT) == []


def test_the_manifest_has_the_published_format() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(manifest_of(ROOT))


def test_every_document_is_listed() -> None:
    present = {path.relative_to(ROOT / FOLDER).as_posix() for path in (ROOT / FOLDER).rglob("*.md")}
    assert manifest_of(ROOT)["files"].keys() == present


def test_the_folders_of_the_specification_exist_and_the_bootstrap_is_summarised() -> None:
    for folder in ("task_briefs", "summaries", "decisions", "prompts"):
        assert list((ROOT / FOLDER / folder).glob("*.md")), folder
    assert (ROOT / FOLDER / "summaries" / "TASK-000-bootstrap.md").is_file()


def test_a_changed_document_is_named(checkout: Path) -> None:
    status = checkout / FOLDER / "STATUS.md"
    status.write_text(status.read_text("utf-8") + "\nmore\n", "utf-8")
    assert verify(checkout) == [
        ".ai/handoff/STATUS.md has changed since the manifest was written; run `trivet handoff update`"
    ]


def test_a_missing_and_an_unlisted_document_are_named(checkout: Path) -> None:
    (checkout / FOLDER / "LOG.md").unlink()
    (checkout / FOLDER / "prompts" / "new.md").write_text("# New\n\nA prompt.\n", "utf-8")
    assert verify(checkout) == [
        ".ai/handoff/LOG.md is listed and missing; restore it or run `trivet handoff update`",
        ".ai/handoff/prompts/new.md is not listed; run `trivet handoff update`",
    ]


def test_a_stray_file_is_named(checkout: Path) -> None:
    (checkout / FOLDER / "MANIFEST.json").write_text("{}", "utf-8")
    assert [problem.split(" ")[0] for problem in verify(checkout)] == [".ai/handoff/MANIFEST.json"]


def test_an_unreadable_manifest_is_a_finding_and_no_crash(checkout: Path) -> None:
    (checkout / FOLDER / MANIFEST).write_text('{"aahp_version": 3}', "utf-8")
    (problem,) = verify(checkout)
    assert problem.startswith(".ai/handoff/manifest.json cannot be read: ")


def test_line_endings_do_not_count() -> None:
    assert checksum(b"one\r\ntwo\r\n") == checksum(b"one\ntwo\n") != checksum(b"one\ntwo")


def test_an_unchanged_document_keeps_its_date(checkout: Path) -> None:
    (checkout / FOLDER / "LOG.md").write_text("# Log\n\nNew.\n", "utf-8")
    files = update(checkout, NOW + timedelta(days=1), "fix").files
    assert files["STATUS.md"].updated == "2026-11-22T16:00:00Z"
    assert files["LOG.md"].updated == "2026-11-23T16:00:00Z"


def test_the_command_tells_truth_from_untruth(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    assert main(["verify"]) == 0
    (checkout / FOLDER / "NEXT_ACTIONS.md").write_text("# Next\n\nNothing.\n", "utf-8")
    assert main(["verify"]) == 1
    assert main(["update", "idle"]) == 0
    assert main(["verify"]) == 0
    assert main(["update", "sleeping"]) == 2
