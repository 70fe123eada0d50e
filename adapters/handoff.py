"""Keeps ``.ai/handoff/manifest.json`` true to the documents beside it.

The file format is AAHP 3.0 (github.com/homeofe/AAHP) with a lower-case manifest name; why, is said
in ``.ai/handoff/decisions/0001-manifest-in-lower-case.md``. ``update`` writes the manifest,
``verify`` lists everything in which it and the folder differ.

    python -m adapters.handoff update implementation
    python -m adapters.handoff verify
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.clock import SystemClock
from policy.contracts import utc_text

FOLDER = Path(".ai/handoff")
MANIFEST = "manifest.json"
TRIO = ("STATUS.md", "NEXT_ACTIONS.md", "LOG.md")
SUBFOLDERS = ("task_briefs", "summaries", "decisions", "prompts")
TEAM = "The Trivet maintainers"
SUMMARY_LENGTH = 200
CONTEXT_LENGTH = 500

Phase = Literal["research", "architecture", "implementation", "review", "fix", "idle", "documentation"]
PHASES: Mapping[str, Phase] = {phase: phase for phase in get_args(Phase)}


class _Part(BaseModel):
    """A part of the manifest: no unknown keys, nothing coerced."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class FileEntry(_Part):
    """What the manifest says of one document; ``checksum`` is over its bytes with every CR removed."""

    checksum: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    updated: str
    lines: Annotated[int, Field(ge=0)]
    summary: Annotated[str, Field(max_length=SUMMARY_LENGTH)]


class LastSession(_Part):
    """Who wrote the documents last, when, and in which phase the work was."""

    agent: str
    timestamp: str
    phase: Phase
    commit: str | None = None


class Manifest(_Part):
    """The whole of ``manifest.json``."""

    aahp_version: Literal["3.0"] = "3.0"
    project: str
    last_session: LastSession
    files: Mapping[str, FileEntry]
    quick_context: Annotated[str, Field(max_length=CONTEXT_LENGTH)]


def update(root: Path, now: datetime, phase: Phase) -> Manifest:
    """Write the manifest of the checkout at ``root`` and return it.

    A document that did not change keeps its date; ``now`` is aware UTC. Raises ``OSError`` when a
    document of the trio is missing.
    """
    folder = root / FOLDER
    known = _known_entries(folder)
    manifest = Manifest(
        project="trivet",
        last_session=LastSession(agent=TEAM, timestamp=utc_text(now), phase=phase),
        files={name: _entry(folder / name, known.get(name), now) for name in documents(folder)},
        quick_context=_first_paragraph(folder / "STATUS.md", CONTEXT_LENGTH),
    )
    text = json.dumps(manifest.model_dump(exclude_none=True), indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def verify(root: Path) -> list[str]:
    """Everything in which the manifest at ``root`` is untrue, in words; an empty list when it is true."""
    folder = root / FOLDER
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as problem:
        return [f"{FOLDER / MANIFEST} cannot be read: {problem}; run `trivet handoff update`"]
    return [*_strays(folder), *_untrue(folder, manifest)]


def documents(folder: Path) -> list[str]:
    """The Markdown documents that belong into the manifest: the trio first, then by path."""
    below = (path for name in SUBFOLDERS for path in (folder / name).rglob("*.md"))
    return [*TRIO, *sorted(path.relative_to(folder).as_posix() for path in below)]


def checksum(content: bytes) -> str:
    """sha256 of ``content`` with every CR removed, so that line endings do not count."""
    return "sha256:" + hashlib.sha256(content.replace(b"\r", b"")).hexdigest()


def _known_entries(folder: Path) -> Mapping[str, FileEntry]:
    """The entries of the manifest as it stands; none when there is none or it cannot be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes()).files
    except (OSError, ValidationError):
        return {}


def _entry(path: Path, known: FileEntry | None, now: datetime) -> FileEntry:
    content = path.read_bytes()
    digest = checksum(content)
    unchanged = known is not None and known.checksum == digest
    return FileEntry(
        checksum=digest,
        updated=known.updated if known and unchanged else utc_text(now),
        lines=len(content.splitlines()),
        summary=_first_paragraph(path, SUMMARY_LENGTH),
    )


def _first_paragraph(path: Path, most: int) -> str:
    """The first paragraph below the title, cut at a word so that it has at most ``most`` characters."""
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    prose = (
        " ".join(text.split()) for text in paragraphs if text.strip() and not text.lstrip().startswith("#")
    )
    text = next(prose, "")
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def _strays(folder: Path) -> Iterator[str]:
    """Files and folders beside the manifest that the protocol does not know."""
    agreed = {MANIFEST, *TRIO, *SUBFOLDERS}
    for path in sorted(folder.iterdir()):
        if path.name not in agreed:
            yield f"{FOLDER / path.name} does not belong here; move it into {', '.join(SUBFOLDERS)}"


def _untrue(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Documents that are missing, unlisted or other than the manifest says."""
    present = {name for name in documents(folder) if (folder / name).is_file()}
    for name in sorted(manifest.files.keys() - present):
        yield f"{FOLDER / name} is listed and missing; restore it or run `trivet handoff update`"
    for name in sorted(present - manifest.files.keys()):
        yield f"{FOLDER / name} is not listed; run `trivet handoff update`"
    for name in sorted(present & manifest.files.keys()):
        if checksum((folder / name).read_bytes()) != manifest.files[name].checksum:
            yield f"{FOLDER / name} has changed since the manifest was written; run `trivet handoff update`"


def main(arguments: list[str]) -> int:
    """``update PHASE`` or ``verify``; returns the exit status: 0 true, 1 untrue, 2 bad usage."""
    match arguments:
        case ["update", phase] if phase in PHASES:
            update(Path(), SystemClock().now().replace(microsecond=0), PHASES[phase])
            return 0
        case ["verify"]:
            problems = verify(Path())
            sys.stderr.writelines(f"{problem}\n" for problem in problems)
            return int(bool(problems))
        case _:
            sys.stderr.write(f"usage: handoff verify | handoff update {'|'.join(PHASES)}\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
