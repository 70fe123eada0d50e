"""What must hold of every rule: it can hit, it decides some signal, and no comparison in it is idle."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from engine.invariants_case import Case, Proof
from engine.literals import to_cel
from engine.outcome import Outcome
from engine.pack import Rule
from engine.symbolic import RuleFormula
from engine.symbolic_check import effect_of
from engine.symbolic_search import Answer, Status
from engine.symbolic_space import Facts
from engine.symbolic_terms import Formula, all_of, any_of, negated
from engine.tree import Compare, In, Node, inputs_of, walk
from engine.verdict import Verdict, strongest

_OBJECTIONS = (Verdict.REVIEW, Verdict.REJECT)


def rule_proofs(case: Case) -> Iterator[Proof]:
    """Three claims for each rule, in the order of the text; a dead rule gets only the first."""
    deciding = _Deciding(case)
    for rule in case.panel.rules:
        alive = _can_hit(case, rule)
        yield alive
        if alive.result != "refuted":
            yield from _idle(case, rule.rule)
            yield deciding.proof(rule)


def quick_rule_proofs(case: Case) -> Iterator[Proof]:
    """The same without the last claim, which is the costly one."""
    for rule in case.panel.rules:
        alive = _can_hit(case, rule)
        yield alive
        if alive.result != "refuted":
            yield from _idle(case, rule.rule)


def _can_hit(case: Case, rule: RuleFormula) -> Proof:
    known = rule.name in case.seen_to_hit
    goal, confirm = rule.meaning.true, partial(_hits, case, rule.name)
    status: Status = "witness" if known else case.accepted.exists(goal, confirm)
    proof = case.proof(
        "P604", rule.rule.when_place, rule.rule.id, f"{rule.rule.id} can hit", _reverse(status)
    )
    if proof.result != "refuted":
        return proof
    return replace(
        proof, because="no signal that the pack accepts makes its condition true; mend or remove it"
    )


def _hits(case: Case, name: str, facts: Facts) -> bool:
    outcome = case.judged(facts)
    return outcome is not None and outcome.results[name] == "hit"


def _reverse(status: Status) -> Answer:
    """For claims that a witness proves."""
    turned: dict[Status, Status] = {"impossible": "witness", "witness": "impossible"}
    return Answer(turned.get(status, status))


def _idle(case: Case, rule: Rule) -> Iterator[Proof]:
    """Comparisons that the declared ranges alone decide; one claim for all where there is none."""
    atoms = [node for node in walk(rule.condition) if isinstance(node, Compare | In) and inputs_of(node)]
    found = [_settled(case, node) for node in dict.fromkeys(atoms)]
    settled = [one for one in found if one]
    claim = f"every comparison of {rule.id} can be true and can be false"
    status = Answer("unknown" if None in found else "witness" if settled else "impossible")
    if atoms:
        because = f"within the declared ranges {'; '.join(settled)}" if settled else ""
        yield replace(case.proof("P605", rule.when_place, rule.id, claim, status), because=because)


def _settled(case: Case, node: Node) -> str | None:
    """How ``node`` always is, in words; empty where it can be both, None where that is unknown."""
    read = inputs_of(node)
    allowed = [negated(case.panel.refusals[case.pack.name, name]) for name in read]
    sane = [case.space.sane(slot) for name in read for slot in case.space.named[name]]
    meaning = case.panel.conditions.meaning(node)
    answers = [case.apart.possible(*allowed, *sane, formula) for formula in meaning]
    if None in answers:
        return None
    if all(answers):
        return ""
    return f"{to_cel(node)} is {'never true' if not answers[0] else 'always true'}"


class _Deciding:
    """Whether the pack without one rule would judge some signal differently.

    Asked of signals whose calculations are finite; the others are rejected in any case.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.finite = negated(case.panel.not_finite)
        self.silent = {verdict: _Silence(case, verdict) for verdict in _OBJECTIONS}
        self.uncapped = {
            rule.name: case.accepted.name(negated(rule.objects), f"{rule.name} caps not")
            for rule in case.panel.rules
            if rule.rule.cap is not None
        }

    def proof(self, rule: RuleFormula) -> Proof:
        status = self.case.accepted.exists(self._goal(rule), partial(self._decides, rule))
        claim = f"{rule.rule.id} decides some signal"
        proof = self.case.proof("P606", rule.rule.place, rule.rule.id, claim, _reverse(status))
        if proof.result != "refuted":
            return proof
        return replace(proof, because=f"removing it changes nothing: {self._covered(rule)}")

    def _goal(self, rule: RuleFormula) -> Formula:
        if rule.rule.cap is None:
            return all_of(
                self.finite, any_of(*[one.broken_by_alone(rule.name) for one in self.silent.values()])
            )
        nobody_rejects = negated(self.case.panel.rejects)
        return all_of(self.finite, nobody_rejects, self._caps(rule), *self._no_tighter(rule).values())

    def _caps(self, rule: RuleFormula) -> Formula:
        """Its cap applies and takes something away."""
        assert rule.rule.cap is not None
        return all_of(negated(self.uncapped[rule.name]), self.case.panel.asks_more(rule.rule.cap))

    def _no_tighter(self, rule: RuleFormula) -> dict[str, Formula]:
        """By rule, that no other cap as low applies."""
        most = rule.rule.cap
        assert most is not None
        others = [one for one in self.case.panel.rules if one is not rule and one.rule.cap is not None]
        return {one.name: self.uncapped[one.name] for one in others if (one.rule.cap or 0.0) <= most}

    def _covered(self, rule: RuleFormula) -> str:
        """The rules that already say what ``rule`` says, wherever it says it."""
        if rule.rule.cap is None:
            silent = self.silent[rule.rule.then or Verdict.REVIEW]
            own, others = negated(silent.by_rule[rule.name]), silent.all_but(rule.name)
        else:
            own = self._caps(rule)
            others = self._no_tighter(rule) | self.silent[Verdict.REJECT].by_rule
        names = [name.partition("/")[2] for name in self.case.accepted.core(others, all_of(self.finite, own))]
        return f"{', '.join(names)} cover{'s' if len(names) == 1 else ''} it" if names else "it never counts"

    def _decides(self, rule: RuleFormula, facts: Facts) -> bool:
        """Whether the evaluators' verdict or size would be another one without this rule's part in it."""
        outcome = self.case.judged(facts)
        if outcome is None:
            return False
        verdict, cap = effect_of(outcome, rule.name)
        rest = strongest(hit.verdict for hit in outcome.hits if hit.rule != rule.name)
        if rule.rule.cap is None:
            return verdict > rest
        return outcome.verdict is not Verdict.REJECT and cap < self._size_without(rule, outcome, facts)

    def _size_without(self, rule: RuleFormula, outcome: Outcome, facts: Facts) -> float:
        asked = facts.get("size_pct")
        caps = [cap.size_pct for cap in outcome.caps if cap.rule != rule.name]
        return min([*caps, asked if isinstance(asked, float) else float("inf")])


class _Silence:
    """That rules do not say ``verdict`` or more, as variables the solver knows, alone and in a row."""

    def __init__(self, case: Case, verdict: Verdict) -> None:
        rules = [rule for rule in case.panel.rules if rule.rule.cap is None]
        word = f"not {verdict.name}"
        self.by_rule = {
            rule.name: case.accepted.name(negated(rule.at_least(verdict)), f"{rule.name} {word}")
            for rule in rules
        }
        self.before = self._row(case, list(self.by_rule), f"{word} before")
        self.after = self._row(case, list(reversed(self.by_rule)), f"{word} after")

    def all_but(self, name: str) -> dict[str, Formula]:
        """By rule, that the others are silent."""
        return {other: silent for other, silent in self.by_rule.items() if other != name}

    def broken_by_alone(self, name: str) -> Formula:
        """That this rule speaks and no other one does."""
        return all_of(negated(self.by_rule[name]), self.before[name], self.after[name])

    def _row(self, case: Case, names: Sequence[str], word: str) -> dict[str, Formula]:
        """For each rule, that all those before it in ``names`` are silent; each made of the one before."""
        row, so_far = {}, case.space.true
        for name in names:
            row[name] = case.accepted.name(so_far, f"{word} {name}")
            so_far = all_of(row[name], self.by_rule[name])
        return row
