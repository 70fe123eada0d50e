"""This engine as contenders: the whole evaluation, and each evaluator alone."""

from engine import Outcome, RulePack, evaluate
from engine.compiled import bits, compiled
from tests.benchmarks.contender import Answer, Contender, answer_of


def whole(pack: RulePack) -> Contender:
    """Both evaluators, the verdict, and every hit and cap with its message."""
    packs = [pack]

    def ask(facts: dict) -> Outcome:
        outcome = evaluate(packs, facts)
        _ = outcome.verdict, outcome.hits, outcome.caps, outcome.approved_size_pct
        return outcome

    def read(outcome: Outcome) -> Answer:
        names = (one.rule.partition("/")[2] for one in (*outcome.hits, *outcome.caps))
        return outcome.verdict.name, frozenset(names)

    return Contender("Trivet, both evaluators and messages", ask, read)


def reference_alone(pack: RulePack) -> Contender:
    """The reference evaluator: which rules hit, nothing else."""
    return Contender("Trivet, reference alone", compiled(pack).reference, _reader(pack))


def rete_alone(pack: RulePack) -> Contender:
    """durable-rules behind its fence: which rules hit, nothing else."""
    return Contender("Trivet, Rete alone", compiled(pack).network.judge, _reader(pack))


def _reader(pack: RulePack):
    verdicts = {rule.id: rule.then for rule in pack.rules}
    ids = [rule.id for rule in pack.rules]
    return lambda masks: answer_of({ids[index] for index in bits(masks[0])}, verdicts)
