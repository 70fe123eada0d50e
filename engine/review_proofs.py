"""What ``check`` proves of a pack: the claims about it that the solver settles at once."""

from engine.invariants import incomplete_proof
from engine.invariants_case import Case, Proof
from engine.invariants_rules import quick_rule_proofs
from engine.pack import RulePack
from engine.problems import Problem, Severity
from engine.symbolic_search import EFFORT

_WARNINGS = ("P605",)
"""An idle comparison changes no verdict; what else is refuted is an error."""


def review_proofs(pack: RulePack, effort: int = EFFORT) -> list[Problem]:
    """What is refuted, and what the solver could not settle within ``effort``, in the order of the text.

    The claims: no signal without a required input is approved; every rule can hit; every comparison
    can be true and can be false within the declared ranges.
    """
    case = Case(pack, None, effort)
    proofs = (incomplete_proof(case), *quick_rule_proofs(case))
    return sorted(_problem(one) for one in proofs if one.result != "proved")


def _problem(proof: Proof) -> Problem:
    found = "not known whether" if proof.result == "unknown" else "not so that"
    why = f": {proof.because}" if proof.because else ""
    severity: Severity = "warning" if proof.result == "unknown" or proof.code in _WARNINGS else "error"
    line, column = proof.place.line, proof.place.column
    return Problem(proof.source, line, column, proof.code, f"{found} {proof.claim}{why}", severity)
