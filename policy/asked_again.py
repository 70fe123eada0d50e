"""The packs that decided, asked again about the same signal, in contexts that the house measures now.

A pack that has come into force since is asked as well: what a new phase of the rollout forbids is not let
through because it was approved before.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Row

from policy.activations import IN_ORDER, latest, ref_of_row
from policy.canonical import canonical
from policy.decisions import proposal_of, refs_of
from policy.house_facts import measured
from policy.judge import Judgement, judge_what_is_there
from policy.packs import PackLoader
from policy.ports import ContextSource, HouseFacts
from policy.proposal import Proposal
from policy.record import CONTEXTS
from policy.shelf import InForce, in_force

Missing = Literal["recorded", "absent"]


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """What the rules say now, and where each part of what they read came from, as JSON text."""

    judgement: Judgement
    facts_source: str


@dataclass(frozen=True, slots=True)
class Question:
    """What will be put to the packs that decided: gathered before any lock is held, judged under it."""

    proposal: Proposal
    packs: InForce
    came_from: dict[str, str]
    at: datetime
    loader: PackLoader

    def put(self, connection: Connection, books: HouseFacts, qty: Decimal | None = None) -> AskedAgain:
        """The packs' answer with what the house says of itself in the transaction of ``connection``.

        That is never taken from the record: a stop that was tripped since has to count. ``qty`` is the
        order's whole shares, where there is one. Raises ``PackUnavailable`` where a pack that came into
        force since the decision cannot be read.
        """
        packs = self._with_newcomers(connection)
        names = packs.house_inputs
        (said,) = measured(connection, books, names, [self.proposal], self.at, qty)
        came_from = self.came_from | ({"house": "house"} if names else {})
        judgement = judge_what_is_there(self.proposal, packs, self.at, said)
        return AskedAgain(judgement, canonical(came_from))

    def _with_newcomers(self, connection: Connection) -> InForce:
        """The packs that decided, in the versions that did, and those that no version of decided."""
        decided = {pack.name for pack in self.packs.packs}
        standing = latest(connection.execute(IN_ORDER)).values()
        new = [
            ref_of_row(row)
            for row in standing
            if row.pack_set == self.proposal.source and not row.shadow and row.pack not in decided
        ]
        return in_force([*self.packs.packs, *self.loader.all_exact(new)]) if new else self.packs


def question(
    row: Row[Any], now: datetime, contexts: ContextSource, loader: PackLoader, missing: Missing
) -> Question:
    """The signal of evaluation ``row`` as it is to be judged anew at ``now``.

    A context that the house cannot measure is the ``recorded`` one, or ``absent``, which the packs then
    treat as they treat every input that nobody gave: never as harmless.
    """
    recorded = proposal_of(row)
    now_seen = contexts.measure(recorded.symbol, now, recorded.candidate_action)
    parts = {"market_context": now_seen.market, "portfolio_context": now_seen.portfolio}
    fresh = {name: part for name, part in parts.items() if part is not None or missing == "absent"}
    came_from = {name: "house" if name in fresh else "recorded" for name in CONTEXTS}
    proposal: Proposal = recorded.model_copy(update=fresh)
    return Question(proposal, in_force(loader.all_exact(refs_of(row))), came_from, now, loader)
