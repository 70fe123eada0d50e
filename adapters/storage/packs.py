"""Released rule packs on disk: frozen texts below ``TRIVET_RULES`` and the lock that vouches for them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from policy.contracts import PackSet
from policy.ports import PackUnavailable, PackUnknown


@dataclass(frozen=True, slots=True)
class FrozenPacks:
    """Implements ``policy.ports.PackLibrary`` on the folder ``rules``."""

    rules: Path

    def frozen_text(self, pack: str, version: str) -> str:
        """The text released as ``version``; ``PackUnavailable`` if unknown, missing or edited since."""
        locked = self._lock().get("packs", {}).get(pack, {}).get(version)
        if locked is None:
            raise PackUnknown(f"{pack}@{version} was never released; `trivet release {pack}` releases it")
        path = self.rules / pack / "released" / f"{version}.yaml"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise PackUnavailable(f"{path} cannot be read ({error}); restore it") from error
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != locked["text"]:
            raise PackUnavailable(f"{path} was edited after its release; restore it from version control")
        return content.decode("utf-8")

    def default_shelf(self) -> dict[PackSet, tuple[tuple[str, str], ...]]:
        """(pack, version) pairs by set, as the lock's ``default`` lists them."""
        listed = self._lock().get("default", {})
        return {which: tuple(_pair(text) for text in listed.get(which, ())) for which in get_args(PackSet)}

    def _lock(self) -> Mapping[str, Any]:
        path = self.rules / "packs.lock.yaml"
        try:
            found = yaml.safe_load(path.read_text("utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise PackUnavailable(f"{path} cannot be read ({error}); restore it") from error
        if not isinstance(found, dict):
            raise PackUnavailable(f"{path} is not a mapping; restore it from version control")
        return found


@dataclass(frozen=True, slots=True)
class ChosenPacks:
    """A library whose new stores start with ``house`` packs of somebody's choice instead of the lock's.

    ``everywhere`` are packs that judge in every set beside the others.
    """

    library: FrozenPacks
    house: tuple[tuple[str, str], ...] = ()
    everywhere: tuple[tuple[str, str], ...] = ()

    def frozen_text(self, pack: str, version: str) -> str:
        """As the library has it."""
        return self.library.frozen_text(pack, version)

    def default_shelf(self) -> dict[PackSet, tuple[tuple[str, str], ...]]:
        """The library's shelf with the chosen packs."""
        listed = self.library.default_shelf()
        chosen = {**listed, "house": self.house} if self.house else listed
        return {which: (*packs, *self.everywhere) for which, packs in chosen.items()}


def _pair(text: str) -> tuple[str, str]:
    pack, _, version = text.partition("@")
    if not pack or not version:
        raise PackUnavailable(f"packs.lock.yaml lists {text!r}; write it as pack@version")
    return pack, version
