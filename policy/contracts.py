"""The messages of the house: frozen Pydantic models that every service and screen shares.

Nothing is coerced: a string is never a number, 0 is never false. Fractions and scores are
floats, times are aware UTC, money and quantities (from the order lifecycle on) are Decimal.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

Action = Literal["BUY", "SELL"]
VerdictWord = Literal["APPROVE", "REVIEW", "REJECT"]
MemoStatus = Literal["OK", "FAILED", "SKIPPED"]
Recommendation = Literal["ALLOW", "ALLOW_WITH_CAUTION", "BLOCK"]
PackSet = Literal["callers", "house"]


def utc_text(at: datetime) -> str:
    """ISO 8601 in UTC with ``Z``, microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _written_whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("is no time in UTC; give one of the years 1 to 9999 there") from None


def _written_out(asked: object) -> object:
    if isinstance(asked, str) and asked.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("is a number, not a time; write it as 2012-06-04T14:30:00Z")
    return asked


Utc = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(utc_text, when_used="json")]
UtcAsked = Annotated[Utc, BeforeValidator(_written_out)]
"""A time in a query, where everything is text: a bare number would be seconds since 1970, and 2012 a moment
of that year."""
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Symbol = Annotated[str, Field(min_length=1, max_length=32)]
WHOLE = BeforeValidator(_written_whole)
"""Beside an ``int``: JSON knows one kind of number, so 250.0 is 250."""
ReasonCode = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Scalar = bool | float | str


class Contract(BaseModel):
    """Base of every message: frozen, strict, no unknown fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class MarketContext(Contract):
    """What the market looked like at the signal's time."""

    data_age_seconds: NonNegative
    market_open: bool
    event_blackout_active: bool
    liquidity_score: Fraction | None = None


class PortfolioContext(Contract):
    """What the book looked like at the signal's time; ``_pct`` fields are fractions of equity."""

    gross_exposure_pct: NonNegative
    daily_drawdown_pct: Fraction
    correlation: Annotated[float, Field(ge=-1, le=1)] | None = None


# What the validator of MemoOpinion demands, for those who read the schema.
_OPINION_OK: dict[str, Any] = {
    "properties": {
        "status": {"const": "OK"},
        "recommendation": {"type": "string"},
        "reason": {"type": "null"},
    },
    "required": ["recommendation"],
}
_OPINION_NONE: dict[str, Any] = {
    "properties": {"status": {"enum": ["FAILED", "SKIPPED"]}, "recommendation": {"type": "null"}}
}


class MemoOpinion(Contract):
    """What of a memo the rules may read: its status and, only with OK, its recommendation.

    ``reason`` is a code, such as ``time-out``, for why there is no opinion.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [_OPINION_OK, _OPINION_NONE]})

    status: MemoStatus
    recommendation: Recommendation | None = None
    reason: ReasonCode | None = None

    @model_validator(mode="after")
    def recommendation_goes_with_ok(self) -> "MemoOpinion":
        if (self.status == "OK") != (self.recommendation is not None):
            raise ValueError("a recommendation goes with status OK and only with OK")
        if self.status == "OK" and self.reason is not None:
            raise ValueError("a reason goes with status FAILED or SKIPPED and never with OK")
        return self


class ReasoningMemo(MemoOpinion):
    """A reasoner's opinion on one signal: a witness, never a judge.

    ``reason_text`` says the reason in words, ``citations`` names the items of the question that it rests on,
    ``reasoner`` who thought. ``memo_id`` and ``digest`` name its record and what that hashes to; a memo
    that is on no record has neither.
    """

    signal_id: UUID
    thesis: str = ""
    counter_thesis: str = ""
    risk_flags: tuple[str, ...] = ()
    reason_text: str = ""
    citations: tuple[str, ...] = ()
    reasoner: str = ""
    memo_id: UUID | None = None
    digest: str | None = None


class MemoRef(Contract):
    """Which memo a decision was made with, and what its record hashes to."""

    memo_id: UUID
    digest: str


class SignalCandidate(Contract):
    """A strategy's proposal. It knows nothing of the rules."""

    signal_id: UUID
    symbol: Symbol
    candidate_action: Action
    confidence: Fraction
    size_pct: Fraction
    strategy: str
    model_version: str
    stop_distance_pct: Fraction | None = None
    created_at: Utc


class EvaluateRequest(Contract):
    """The body of ``POST /v1/policy/evaluate``: a signal with the contexts its sender saw."""

    signal_id: UUID
    symbol: Symbol
    candidate_action: Action
    confidence: Fraction
    size_pct: Fraction
    stop_distance_pct: Fraction | None = None
    market_context: MarketContext
    portfolio_context: PortfolioContext
    reasoning: MemoOpinion | None = None
    facts: Mapping[str, Scalar] = Field(default_factory=dict)


class Reason(Contract):
    """One rule that objected, in words."""

    rule: str
    decision: VerdictWord
    message: str
    cause: Literal["hit", "absent"] = "hit"


class CapApplied(Contract):
    """One rule that limited the size, a fraction of equity."""

    rule: str
    size_pct: float
    message: str


class PackRef(Contract):
    """A released pack version by name and by what its text and logic hash to."""

    pack: str
    version: str
    logic: str
    text: str


class RuleMargin(Contract):
    """How far a number is from one it is compared with, in the fact's unit: negative ``room`` is past it."""

    fact: str
    limit: float
    room: float


class RuleResult(Contract):
    """One rule of one pack as it judged these facts, with the values it read."""

    rule: str
    result: Literal["hit", "miss", "unknown"]
    when: str
    values: Mapping[str, Scalar | tuple[Scalar, ...] | None]
    """What it read, inputs and ``limits.name`` alike; an absent input is None."""
    margins: tuple[RuleMargin, ...] = ()
    message: str | None = None


class Decision(Contract):
    """The recorded business fact around a verdict."""

    decision: VerdictWord
    reasons: tuple[Reason, ...]
    caps: tuple[CapApplied, ...]
    approved_size_pct: float | None
    expires_at: Utc | None
    decision_id: UUID | None
    signal_id: UUID
    symbol: str
    candidate_action: Action
    evaluated_at: Utc
    review_id: UUID | None
    packs: tuple[PackRef, ...]
    source: PackSet
    """Whose signal it was: only the house's own flow on to a book or a broker."""
    waived: tuple[Reason, ...] = ()
    """REVIEW reasons that a person saw and let pass."""
    supersedes: UUID | None = None
    answered_by: str | None = None
    rules: tuple[RuleResult, ...] | None = None


class ReviewStatus(StrEnum):
    """The life of a review: it leaves PENDING once and never comes back."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    OVERRULED = "OVERRULED"


class ReviewStep(Contract):
    """One line of a review's history."""

    at: Utc
    by: str
    what: str
    note: str = ""


class Review(Contract):
    """A decision that waits for a person."""

    review_id: UUID
    decision_id: UUID
    signal_id: UUID
    symbol: str
    candidate_action: Action
    status: ReviewStatus
    reasons: tuple[Reason, ...]
    created_at: Utc
    expires_at: Utc
    answered_by: str | None = None
    note: str | None = None
    answered_at: Utc | None = None
    history: tuple[ReviewStep, ...] = ()


class ReviewAnswer(Decision):
    """What a person made of a review: the new decision, with the review as it stands now."""

    status: ReviewStatus
    review: Review


class Quote(Contract):
    """The best bid and ask of one symbol; ``at`` is the exchange's time, not ours."""

    symbol: Symbol
    bid: Decimal
    ask: Decimal
    at: Utc


class Bar(Contract):
    """One closed session of one symbol, split-adjusted; ``closed_at`` is the session's close."""

    symbol: Symbol
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    opened_at: Utc
    closed_at: Utc


class FeatureSnapshot(Contract):
    """Features of one symbol from bars closed by ``at``; one that is not warm is absent from ``values``.

    ``version`` is that of the set of features. ``cold`` has each one that is not warm with the closed bars
    that it still needs; one that is in neither is undefined on these bars, or needs a quote or a book.
    """

    symbol: Symbol
    at: Utc
    bars: Annotated[int, Field(ge=0), WHOLE]
    values: Mapping[str, float]
    version: Annotated[int, Field(ge=1), WHOLE] = 1
    cold: Mapping[str, Annotated[int, Field(ge=1), WHOLE]] = {}


class EventType(StrEnum):
    """CloudEvents types, which are the bus subjects too."""

    QUOTE_UPDATED = "market.quote.updated"
    BAR_CLOSED = "market.bar.closed"
    SIGNAL_CREATED = "signal.candidate.created"
    DECISION_MADE = "policy.decision.made"
    REVIEW_REQUESTED = "policy.review.requested"
    REVIEW_ANSWERED = "policy.review.answered"
    PACK_ACTIVATED = "policy.pack.activated"
    ORDER_SUBMITTED = "order.submitted"
    ORDER_ACCEPTED = "order.accepted"
    ORDER_FILLED = "order.filled"
    ORDER_REJECTED = "order.rejected"
    ORDER_CANCELLED = "order.cancelled"
    SNAPSHOT_TAKEN = "portfolio.snapshot.taken"
    STOP_TRIPPED = "stop.tripped"
    STOP_REARMED = "stop.rearmed"
    PHASE_CHANGED = "rollout.phase.changed"


class Event(Contract):
    """A CloudEvents 1.0 envelope. ``id`` is derived from what happened, so a repeat is recognisable."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: EventType
    source: str
    subject: str
    time: Utc
    datacontenttype: Literal["application/json"] = "application/json"
    data: Mapping[str, Any]
