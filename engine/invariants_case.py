"""One pack before the solver, and the shape of what is proved about it."""

from dataclasses import dataclass
from typing import Literal

from engine.invariants_reader import Invariants
from engine.outcome import Outcome
from engine.pack import Place, RulePack
from engine.symbolic import PanelFormula
from engine.symbolic_check import judged
from engine.symbolic_search import Answer, Apart, Search
from engine.symbolic_space import Facts, Space
from engine.symbolic_start import Start, starting_point
from engine.symbolic_terms import negated

Result = Literal["proved", "refuted", "noted", "unknown"]
_FACTS_INCOMPLETE = "trivet/facts-incomplete"


@dataclass(frozen=True, slots=True)
class Proof:
    """One claim with what came of it.

    ``witness`` is the signal that refutes the claim or is to be noted; where it takes two signals, the
    second differs in the one input whose name is primed. ``because`` says more.
    """

    code: str
    place: Place
    source: str
    subject: str
    claim: str
    result: Result
    witness: Facts | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Every claim about a pack; ``start`` is what the witnesses differ from as little as possible."""

    proofs: tuple[Proof, ...]
    start: Start

    @property
    def hold(self) -> bool:
        """Whether nothing was refuted and nothing is unknown."""
        return all(one.result in ("proved", "noted") for one in self.proofs)


class Case:
    """One pack before the solver: all facts, or only those it accepts."""

    def __init__(self, pack: RulePack, invariants: Invariants | None, effort: int) -> None:
        self.pack = pack
        self.invariants = invariants
        self.start = starting_point([pack])
        given = [one.given for one in invariants.listed] if invariants else []
        self.space = Space([pack], known=[self.start.facts], also=given)
        self.panel = PanelFormula([pack], self.space, self.space.slots)
        self.anything = Search(self.space, [pack], self.start, effort)
        self.accepted = Search(self.space, [pack], self.start, effort)
        self.accepted.keep(negated(self.panel.refused))
        self.apart = Apart(self.space, effort)
        self.seen_to_hit: set[str] = set()
        for one in (one for rule in pack.rules for one in rule.cases):
            self.judged(one.facts)

    def judged(self, facts: Facts) -> Outcome | None:
        """What the evaluators say of ``facts``, noting which rules hit; None when the pack refuses them."""
        outcome = judged([self.pack], facts)
        if any(hit.rule == _FACTS_INCOMPLETE for hit in outcome.hits):
            return None
        self.seen_to_hit.update(name for name, result in outcome.results.items() if result == "hit")
        return outcome

    def proof(self, code: str, place: Place, subject: str, claim: str, answer: Answer) -> Proof:
        """A claim that a witness refutes."""
        results: dict[str, Result] = {"impossible": "proved", "witness": "refuted", "unknown": "unknown"}
        return Proof(code, place, self.pack.source, subject, claim, results[answer.status], answer.facts)
