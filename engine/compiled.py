"""A pack made ready to judge: its fact reader, both evaluators, and what its bit masks mean."""

from collections.abc import Iterator
from threading import Lock
from weakref import finalize

from engine.facts import FactReader
from engine.pack import RulePack
from engine.reference import compile_reference
from engine.rete import Network
from engine.verdict import Verdict


class CompiledPack:
    """The evaluators of one pack. Bit ``i`` of every mask stands for rule ``i``."""

    def __init__(self, pack: RulePack) -> None:
        conditions = [rule.condition for rule in pack.rules]
        required = [name for name, one in pack.inputs.items() if one.required]
        self.pack = pack
        self.reader = FactReader(pack.inputs)
        self.reference = compile_reference(conditions, present=required)
        self.lenient_reference = compile_reference(conditions, present=())
        self.network = Network(conditions)
        self.reject_mask = _mask(rule.then is Verdict.REJECT for rule in pack.rules)
        self.review_mask = _mask(rule.then is Verdict.REVIEW for rule in pack.rules)
        self.loud_mask = _mask(
            any(pack.inputs[name].verdict_when_absent for name in rule.reads) for rule in pack.rules
        )
        self.cap_mask = _mask(rule.cap is not None for rule in pack.rules)
        self.rule_names = tuple(f"{pack.name}/{rule.id}" for rule in pack.rules)
        finalize(self, self.network.close)

    def names(self, mask: int) -> list[str]:
        """The full names of the rules in ``mask``."""
        return [self.rule_names[index] for index in bits(mask)]

    def difference(self, rete: tuple[int, int], reference: tuple[int, int]) -> str:
        """Which rules the two evaluators see differently, in words."""
        hits, unknowns = rete[0] ^ reference[0], rete[1] ^ reference[1]
        return f"they differ on {', '.join(self.names(hits | unknowns))}"


_lock = Lock()


def compiled(pack: RulePack) -> CompiledPack:
    """``pack`` made ready, once. It is kept on the pack itself, so that both go together."""
    ready: CompiledPack | None = pack.__dict__.get("_compiled")
    if ready is None:
        with _lock:
            ready = pack.__dict__.get("_compiled") or CompiledPack(pack)
            pack.__dict__["_compiled"] = ready
    return ready


def bits(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _mask(flags: Iterator[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)
