"""News from a folder of files: JSON Lines with an item a line, or YAML and JSON with a list of ``items``.

Nothing is guessed and nothing is lost: what is no item is given back with file, line and the reason.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adapters.news.arrival import Arrival, Gathered, Unread, together, unread
from adapters.news.fields import read_fields
from adapters.news.mentions import Mentions
from policy.strict_yaml import Located, read_yaml

MOST_BYTES = 16 * 1024 * 1024
NOTES = ".md"
"""Files that say where the others come from, and are not read."""
_LINES = (".jsonl",)
_LISTS = (".yaml", ".yml", ".json")


class FolderMissing(ValueError):
    """There is no such folder of news."""


def read_folder(folder: Path, mentions: Mentions) -> Gathered:
    """Every item of ``folder``, file by file in the order of their names; raises ``FolderMissing``."""
    if not folder.is_dir():
        raise FolderMissing(f"{folder} is no folder; create it, or set TRIVET_NEWS to one with news")
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix != NOTES]
    return together(_file(path, mentions) for path in files if not path.name.startswith("."))


def _file(path: Path, mentions: Mentions) -> Gathered:
    if path.suffix not in (*_LINES, *_LISTS):
        return _unread(
            path.name, f"is no news; name it {', '.join((*_LINES, *_LISTS))}, or {NOTES} for a note"
        )
    try:
        if path.stat().st_size > MOST_BYTES:
            return _unread(path.name, f"has more than {MOST_BYTES} bytes; split it")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return _unread(path.name, f"cannot be read ({error}); write it in UTF-8")
    read = _lines if path.suffix in _LINES else _list
    return _gathered(list(read(text, path.name, mentions)))


def _lines(text: str, name: str, mentions: Mentions) -> Iterator[Arrival | Unread]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            fields = json.loads(line, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            yield unread(place, "unreadable", f"is not JSON: {error}; write one item a line", line)
            continue
        yield _item(fields, place, mentions, line)


def _list(text: str, name: str, mentions: Mentions) -> Iterator[Arrival | Unread]:
    root, problems = read_yaml(text, name)
    if problems or root is None:
        yield from (_refused(f"{name}:{one.line}", one.text) for one in problems)
        return
    items = root.value.get("items") if isinstance(root.value, dict) else None
    if items is None or not isinstance(items.value, list) or set(root.keys or {}) != {"items"}:
        yield _refused(f"{name}:{root.line}", "must hold a list of items and nothing else; write items: […]")
        return
    for entry in items.value:
        yield _item(_plain(entry), f"{name}:{entry.line}", mentions, "")


def _item(fields: Any, place: str, mentions: Mentions, came: str) -> Arrival | Unread:
    if isinstance(fields, dict):
        return read_fields(fields, place, mentions)
    return unread(place, "unreadable", "is no item; write {at, source, headline}", came)


def _plain(located: Located) -> Any:
    if isinstance(located.value, dict):
        return {name: _plain(entry) for name, entry in located.value.items()}
    if isinstance(located.value, list):
        return [_plain(entry) for entry in located.value]
    return located.value


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands there twice")
    return fields


def _refused(place: str, text: str) -> Unread:
    return unread(place, "unreadable", text)


def _unread(place: str, text: str) -> Gathered:
    return Gathered(unread=(_refused(place, text),))


def _gathered(read: list[Arrival | Unread]) -> Gathered:
    return Gathered(
        tuple(one for one in read if isinstance(one, Arrival)),
        tuple(one for one in read if isinstance(one, Unread)),
    )
