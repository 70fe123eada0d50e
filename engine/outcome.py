"""What the engine says of one signal: the verdict, every hit, the caps, and every rule when asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from engine.compiled import CompiledPack, bits
from engine.margins import Margin, margins
from engine.pack import Rule
from engine.tree import LimitRef, Scalar, walk
from engine.verdict import Verdict, strongest

Cause = Literal["hit", "absent"]
Result = Literal["hit", "miss", "unknown"]

# Python 3.11 takes 0.1 µs for each look at a member of an enumeration.
_APPROVE, _REVIEW, _REJECT = Verdict.APPROVE, Verdict.REVIEW, Verdict.REJECT


class Hit(NamedTuple):
    """One objection. ``cause`` is ``absent`` when the rule could not be judged for want of an input."""

    rule: str
    verdict: Verdict
    cause: Cause
    message: str


class Cap(NamedTuple):
    """One rule that bounds the size, a fraction of equity."""

    rule: str
    size_pct: float
    message: str


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule with what it was given: ``values`` by input and ``limits.name``, None where absent.

    ``margins`` say how far its numbers are from their limits.
    """

    rule: str
    result: Result
    when: str
    values: Mapping[str, Scalar | tuple[Scalar, ...] | None]
    margins: tuple[Margin, ...]
    message: str | None


class Judged:
    """One pack's answer as bit masks by rule; words are made only when somebody asks."""

    __slots__ = ("audible", "facts", "hits", "house_hits", "pack", "unknowns", "verdict")

    def __init__(
        self,
        pack: CompiledPack,
        facts: dict[str, Scalar],
        hits: int,
        unknowns: int,
        house_hits: tuple[Hit, ...],
    ) -> None:
        self.pack = pack
        self.facts = facts
        self.hits = hits
        self.unknowns = unknowns
        self.house_hits = house_hits
        self.audible = hits | unknowns & pack.loud_mask  # what hits, and the unknown that is not passed over
        self.verdict = self._verdict()

    def _verdict(self) -> Verdict:
        if self.hits & self.pack.reject_mask or self.house_hits:
            return _REJECT
        heard = _REVIEW if self.hits & self.pack.review_mask else _APPROVE
        return max(heard, self._absent_verdict()) if self.unknowns & self.pack.loud_mask else heard

    def _absent_verdict(self) -> Verdict:
        verdict_rules = self._rules(self.unknowns & self.pack.loud_mask & ~self.pack.cap_mask)
        return strongest(self._when_absent(rule) for _, rule, _ in verdict_rules)

    def _when_absent(self, rule: Rule) -> Verdict:
        """The strictest ``absent`` of the inputs that ``rule`` names and the facts lack."""
        inputs = self.pack.pack.inputs
        return strongest(inputs[name].verdict_when_absent for name in rule.reads if name not in self.facts)

    def objections(self) -> tuple[list[Hit], list[Cap]]:
        """The rules that object and the caps that apply, each in pack order.

        An unknown rule gives what the inputs it lacks declare; when all of them say ``skip``, nothing.
        """
        hits: list[Hit] = []
        caps: list[Cap] = []
        for name, rule, hit in self._rules(self.audible):
            verdict = rule.then or _APPROVE if hit else self._when_absent(rule)
            if not hit and verdict is _APPROVE:
                continue
            message = rule.message.fill(self.facts) if hit else self._absent_message(rule)
            if rule.cap is None:
                hits.append(Hit(name, verdict, "hit" if hit else "absent", message))
            else:
                caps.append(Cap(name, rule.cap, message))
        return hits, caps

    def reports(self) -> Iterator[RuleReport]:
        """Every rule, hit or not."""
        for rule, (name, result) in zip(self.pack.pack.rules, self.results(), strict=True):
            yield RuleReport(
                name, result, rule.when, self._values(rule), margins(rule.condition, self.facts),
                self._message(rule, result),
            )  # fmt: skip

    def results(self) -> Iterator[tuple[str, Result]]:
        """Every rule's full name and result, without the words."""
        for index, name in enumerate(self.pack.rule_names):
            bit = 1 << index
            yield name, "hit" if self.hits & bit else "unknown" if self.unknowns & bit else "miss"

    def _message(self, rule: Rule, result: Result) -> str | None:
        if result == "miss":
            return None
        return rule.message.fill(self.facts) if result == "hit" else self._absent_message(rule)

    def _values(self, rule: Rule) -> dict[str, Scalar | tuple[Scalar, ...] | None]:
        values: dict[str, Scalar | tuple[Scalar, ...] | None] = {
            name: self.facts.get(name) for name in rule.reads
        }
        limits = (node for node in walk(rule.condition) if isinstance(node, LimitRef))
        return values | {f"limits.{limit.name}": limit.value for limit in limits}

    def _rules(self, mask: int) -> list[tuple[str, Rule, bool]]:
        """Full name, rule, and whether it hit, for each rule in ``mask``."""
        if not mask:
            return []
        names, rules = self.pack.rule_names, self.pack.pack.rules
        return [(names[index], rules[index], self.hits >> index & 1 == 1) for index in bits(mask)]

    def _absent_message(self, rule: Rule) -> str:
        missing = ", ".join(name for name in rule.reads if name not in self.facts)
        if not missing:
            return f"{rule.id} cannot be judged: a calculation is not a finite number"
        return f"{rule.id} cannot be judged without {missing}"


class Outcome:
    """The verdict over all packs.

    ``hits`` holds every objection, strongest first, then by pack name, then in pack order; ``caps``
    every cap that applies, by pack name, then in pack order. ``approved_size_pct`` is the size that
    may be traded, a fraction of equity: 0 on REJECT, None if no size was asked.
    """

    def __init__(
        self, judged: Sequence[Judged], house_hits: Sequence[Hit], requested_size: float | None
    ) -> None:
        self._judged = judged
        self.verdict: Verdict = _REJECT if house_hits else _strictest(judged)
        hits, caps = [*house_hits], []
        for one in judged:
            if one.audible:
                own_hits, own_caps = one.objections()
                hits += own_hits
                caps += own_caps
        self.hits: tuple[Hit, ...] = _ranked(hits)
        self.caps: tuple[Cap, ...] = tuple(caps)
        self.approved_size_pct = _approved(self.verdict, requested_size, self.caps)

    @cached_property
    def rules(self) -> tuple[RuleReport, ...]:
        """Every rule of every pack with the values it read."""
        return tuple(report for one in self._judged for report in one.reports())

    @property
    def results(self) -> dict[str, Result]:
        """What every rule came to, by full name: cheap enough to record with each decision."""
        return {name: result for one in self._judged for name, result in one.results()}


def _strictest(judged: Sequence[Judged]) -> Verdict:
    """The strongest verdict of all packs; one pack, the usual case for callers, needs no comparison."""
    return judged[0].verdict if len(judged) == 1 else max([one.verdict for one in judged])


def _ranked(hits: list[Hit]) -> tuple[Hit, ...]:
    if len(hits) > 1:
        hits.sort(key=_strongest_first)
    return tuple(hits)


def _strongest_first(hit: Hit) -> tuple[int, str]:
    return -hit.verdict, hit.rule.partition("/")[0]


def _approved(verdict: Verdict, requested: float | None, caps: Sequence[Cap]) -> float | None:
    if verdict is _REJECT:
        return 0.0
    if requested is None or not caps:
        return requested
    return min([requested, *[cap.size_pct for cap in caps]])
