"""Released versions as compiled packs, loaded when asked for and let go when long unused."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from engine import PackProblems, RulePack, read_pack
from policy.contracts import PackRef
from policy.ports import PackLibrary, PackUnavailable

_KEPT = 32


def ref_of(pack: RulePack) -> PackRef:
    """A pack by name, version and hashes."""
    return PackRef(pack=pack.name, version=pack.version, logic=pack.logic_hash, text=pack.text_hash)


class PackLoader:
    """Compiled packs by name and version; the ones used last stay in memory."""

    def __init__(self, library: PackLibrary, kept: int = _KEPT) -> None:
        self.library = library
        self._kept = kept
        self._lock = threading.Lock()
        self._packs: OrderedDict[tuple[str, str], RulePack] = OrderedDict()

    def load(self, pack: str, version: str) -> RulePack:
        """The released version, compiled; ``PackUnavailable`` when it cannot be read any more."""
        with self._lock:
            key = (pack, version)
            if key not in self._packs:
                self._packs[key] = self._read(pack, version)
            self._packs.move_to_end(key)
            while len(self._packs) > self._kept:
                self._packs.popitem(last=False)
            return self._packs[key]

    def exact(self, ref: PackRef) -> RulePack:
        """The version that ``ref`` names, and only if it still hashes to what was recorded."""
        found = self.load(ref.pack, ref.version)
        if ref_of(found) != ref:
            raise PackUnavailable(
                f"{ref.pack}@{ref.version} is not the text that was recorded; restore the release that "
                f"hashes to {ref.text}"
            )
        return found

    def all_exact(self, refs: Sequence[PackRef]) -> list[RulePack]:
        """``exact`` for each of ``refs``."""
        return [self.exact(ref) for ref in refs]

    def _read(self, pack: str, version: str) -> RulePack:
        text = self.library.frozen_text(pack, version)
        try:
            found = read_pack(text, source=f"{pack}@{version}")
        except PackProblems as problems:
            raise PackUnavailable(f"{pack}@{version} cannot be read: {problems}") from problems
        if (found.name, found.version) != (pack, version):
            raise PackUnavailable(f"the text of {pack}@{version} calls itself {found.name}@{found.version}")
        return found
