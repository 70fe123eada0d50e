"""The packs that decided, asked again about the same signal, in contexts that the house measures now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row

from policy.canonical import canonical
from policy.decisions import proposal_of, refs_of
from policy.judge import Judgement, judge_what_is_there
from policy.packs import PackLoader
from policy.ports import ContextSource
from policy.proposal import Proposal
from policy.shelf import in_force

Missing = Literal["recorded", "absent"]
CONTEXTS = ("market_context", "portfolio_context", "reasoning", "facts")


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """What the rules say now, and where each part of what they read came from, as JSON text."""

    judgement: Judgement
    facts_source: str


def ask_again(
    row: Row[Any], now: datetime, contexts: ContextSource, loader: PackLoader, missing: Missing
) -> AskedAgain:
    """Judge the signal of evaluation ``row`` anew at ``now``.

    A context that the house cannot measure is the ``recorded`` one, or ``absent``, which the packs then
    treat as they treat every input that nobody gave: never as harmless.
    """
    recorded = proposal_of(row)
    measured = contexts.measure(recorded.symbol, now, recorded.candidate_action)
    parts = {"market_context": measured.market, "portfolio_context": measured.portfolio}
    fresh = {name: part for name, part in parts.items() if part is not None or missing == "absent"}
    came_from = {name: "house" if name in fresh else "recorded" for name in CONTEXTS}
    proposal: Proposal = recorded.model_copy(update=fresh)
    packs = in_force(loader.all_exact(refs_of(row)))
    return AskedAgain(judge_what_is_there(proposal, packs, now), canonical(came_from))
