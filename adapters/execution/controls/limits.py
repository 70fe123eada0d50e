"""The limits of one phase as frozen values, each with its unit, what it is for and what looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, get_type_hints

from policy.rollout.phases import Phase

Kind = Literal["amount", "fraction", "count", "words", "switch"]
"""A number above 0; one that is at most 1; a whole number above 0; a list of names; yes or no."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a limit is: the unit that its file has to name, what it means, and what reads it.

    ``optional``: in development it may be ``none``, which has to be written.
    """

    kind: Kind
    unit: str
    control: str
    meaning: str
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every limit of one phase; names that end in ``_pct`` are fractions, as everywhere in the house."""

    brokers: Annotated[tuple[str, ...], Told("words", "broker", "phase-lock", "brokers that may be sent to")]
    person_must_answer: Annotated[
        bool,
        Told("switch", "yes or no", "needs-person", "whether a person has to have answered for a signal"),
    ]
    max_order_qty: Annotated[Decimal, Told("amount", "shares", "order-size", "shares in one order")]
    max_order_value: Annotated[
        Decimal, Told("amount", "dollars", "order-size", "what one order may cost or bring")
    ]
    max_position_value: Annotated[
        Decimal, Told("amount", "dollars", "exposure", "shares of one symbol, BUYs at work included")
    ]
    max_gross_exposure_pct: Annotated[
        Decimal, Told("amount", "fraction of equity", "exposure", "all positions, BUYs at work included")
    ]
    max_open_positions: Annotated[
        int, Told("count", "positions", "exposure", "symbols that are held or being bought")
    ]
    max_open_order_value: Annotated[
        Decimal, Told("amount", "dollars", "exposure", "BUYs that are not filled yet, together")
    ]
    price_collar_pct: Annotated[
        Decimal,
        Told("fraction", "fraction of price", "price", "how much worse than the market a price may be"),
    ]
    orders_per_second: Annotated[int, Told("count", "orders", "pace", "orders sent in any second")]
    orders_per_minute: Annotated[int, Told("count", "orders", "pace", "orders sent in any minute")]
    cancels_per_minute: Annotated[
        int, Told("count", "requests", "pace", "cancels and replaces that callers ask for in any minute")
    ]
    orders_per_day: Annotated[int, Told("count", "orders", "pace", "orders sent on one day, UTC")]
    orders_per_symbol_per_day: Annotated[
        int, Told("count", "orders", "pace", "orders sent in one symbol on one day, UTC")
    ]
    executions_per_strategy_per_day: Annotated[
        int,
        Told("count", "executions", "repeats", "fills of one strategy on one day, UTC; then it is stopped"),
    ]
    rejections_per_strategy_per_day: Annotated[
        int,
        Told(
            "count",
            "rejections",
            "repeats",
            "brokers' rejections of one strategy on one day; then it is stopped",
        ),
    ]
    duplicate_window_seconds: Annotated[
        int | None,
        Told("count", "seconds", "duplicates", "how long a strategy's same deal is a duplicate", True),
    ]
    max_signal_age_seconds: Annotated[
        int, Told("count", "seconds", "signal-age", "how old a signal may be when its order is made")
    ]
    daily_drawdown_pct: Annotated[
        Decimal,
        Told("fraction", "fraction of equity", "watchers", "loss since the open that stops everything"),
    ]
    daily_loss: Annotated[
        Decimal, Told("amount", "dollars", "watchers", "loss since the open that stops everything")
    ]
    market_silence_seconds: Annotated[
        int, Told("count", "seconds", "watchers", "how long an open market may tell nothing")
    ]
    reconcile_patience_seconds: Annotated[
        int, Told("count", "seconds", "watchers", "how long the books may differ from the broker's")
    ]
    heartbeat_seconds: Annotated[
        int,
        Told("count", "seconds", "watchers", "how long what the gate depends on may be silent, in real time"),
    ]
    flatten_before_close_minutes: Annotated[
        int | None,
        Told("count", "minutes", "flat-by-close", "how long before the close positions are left", True),
    ]


LIMITS: Mapping[str, Told] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Limits, include_extras=True).items()
}
"""What each limit is, by name, in the order of the files."""

LimitsByPhase = Mapping[Phase, Limits]
"""The limits of every phase; none is missing."""


def text_of(limit: object) -> str:
    """A limit's value as people read it."""
    if isinstance(limit, bool):
        return "yes" if limit else "no"
    if isinstance(limit, tuple):
        return " or ".join(limit) or "none"
    return "none" if limit is None else f"{limit}"


def file_of(phase: Phase) -> str:
    """Where the limits of ``phase`` stand, as messages name it."""
    return f"rules/limits/{phase.value}.yaml"
