"""Proofs about a pack in words and as JSON: each claim at its place, with the signal that refutes it."""

from collections import Counter
from typing import Any

from adapters.cli.difference_words import changed_facts
from engine import RulePack
from engine.invariants_case import Proof, Proofs, Result
from engine.symbolic_space import Facts
from engine.symbolic_start import Start
from engine.tree import Scalar

_RESULTS: tuple[Result, ...] = ("proved", "noted", "refuted", "unknown")


def as_text(pack: RulePack, found: Proofs) -> str:
    """One line for each claim, and what came of all of them."""
    lines = [_line(one, found.start) for one in found.proofs]
    counts = Counter(one.result for one in found.proofs)
    words = ", ".join(f"{counts[result]} {result}" for result in _RESULTS)
    return "\n".join([*lines, f"{pack.name}@{pack.version}: {len(lines)} claims, {words}"])


def as_json(pack: RulePack, found: Proofs) -> dict[str, Any]:
    """The same for a machine; ``other`` is what the second of two signals has instead."""
    proofs = [_json(one) for one in found.proofs]
    return {"pack": pack.name, "version": pack.version, "holds": found.hold, "proofs": proofs}


def _line(proof: Proof, start: Start) -> str:
    place = f"{proof.source}:{proof.place.line}:{proof.place.column}"
    why = [proof.because] if proof.because else []
    if proof.witness is not None:
        why.append(_signals(proof.witness, start))
    return f"{place} {proof.code} {proof.result}: {proof.claim}{' - ' if why else ''}{'; '.join(why)}"


def _signals(witness: Facts, start: Start) -> str:
    facts, other = _apart(witness)
    text = changed_facts(facts, start)
    return text + "".join(
        f", against {changed_facts({name: value}, Start(None, {}))}" for name, value in other.items()
    )


def _apart(witness: Facts) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    """The signal, and the value that a second signal has instead, under its proper name."""
    other = {name.removesuffix("'"): value for name, value in witness.items() if name.endswith("'")}
    return {name: value for name, value in witness.items() if not name.endswith("'")}, other


def _json(proof: Proof) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "code": proof.code, "source": proof.source, "line": proof.place.line, "column": proof.place.column,
        "subject": proof.subject, "claim": proof.claim, "result": proof.result,
    }  # fmt: skip
    if proof.because:
        shown["because"] = proof.because
    if proof.witness is not None:
        facts, other = _apart(proof.witness)
        shown |= {"facts": facts, "other": other} if other else {"facts": facts}
    return shown
