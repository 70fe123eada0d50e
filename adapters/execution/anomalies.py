"""What can be odd about an event of an order, and what each oddity asks for."""

from collections.abc import Mapping
from enum import StrEnum


class Anomaly(StrEnum):
    """An oddity, the gravest first; an order keeps those it has met."""

    GATE_PASSED_BY = "gate-passed-by"
    """A broker knows an order that was denied."""
    OVERFILL = "overfill"
    """More shares were filled than ordered."""
    TOTALS_DISAGREE = "totals-disagree"
    """The broker's totals and the fills it sent cannot both be true."""
    OTHER_TERMS = "other-terms"
    """The broker's view under our id has another symbol, side or quantity."""
    EXECUTION_CLASH = "execution-clash"
    """A known execution id came with other content."""
    ALIVE_AFTER_END = "alive-after-end"
    """The broker works an order that had ended here."""
    FILL_AFTER_REJECT = "fill-after-reject"
    """A fill for an order that was rejected."""
    INCOMPLETE = "incomplete"
    """The event lacks what its kind needs, or has numbers that cannot be."""
    REFUSED = "refused"
    """The table has no such transition."""
    LOST = "lost"
    """The broker no longer knows an order that it had taken."""
    EXTERNAL_ORDER = "external-order"
    """The broker has an order that the house never sent."""
    ROW_MISSING = "row-missing"
    """The broker has an order of the house that the house had no record of."""
    SEND_RECORDED_LATE = "send-recorded-late"
    """The broker answered an order whose sending was not on record."""
    LATE_FILL = "late-fill"
    """A fill after the order had ended."""
    FILL_SYNTHESISED = "fill-synthesised"
    """The broker's totals told of shares whose fill had not come."""
    INFERRED = "inferred"
    """The outcome is concluded from silence, not told."""
    REQUEST_REFUSED = "request-refused"
    """A cancel or replace was asked for where there is nothing to cancel or replace."""


class Demand(StrEnum):
    """What an oddity asks of the house: tell a person, freeze the symbol, halt, ask the broker soon."""

    ALERT = "alert"
    FREEZE = "freeze"
    HALT = "halt"
    RECONCILE = "reconcile"


_FROZEN = frozenset({Demand.ALERT, Demand.FREEZE, Demand.RECONCILE})
_ALERTED = frozenset({Demand.ALERT, Demand.RECONCILE})

DEMANDS: Mapping[Anomaly, frozenset[Demand]] = {
    Anomaly.GATE_PASSED_BY: frozenset({Demand.ALERT, Demand.HALT, Demand.RECONCILE}),
    Anomaly.OVERFILL: _FROZEN,
    Anomaly.TOTALS_DISAGREE: _FROZEN,
    Anomaly.OTHER_TERMS: _FROZEN,
    Anomaly.EXECUTION_CLASH: _ALERTED,
    Anomaly.ALIVE_AFTER_END: _FROZEN,
    Anomaly.FILL_AFTER_REJECT: _ALERTED,
    Anomaly.INCOMPLETE: _ALERTED,
    Anomaly.REFUSED: _ALERTED,
    Anomaly.LOST: _ALERTED,
    Anomaly.EXTERNAL_ORDER: frozenset({Demand.ALERT}),
    Anomaly.ROW_MISSING: frozenset({Demand.ALERT}),
    Anomaly.SEND_RECORDED_LATE: frozenset(),
    Anomaly.LATE_FILL: frozenset(),
    Anomaly.FILL_SYNTHESISED: frozenset(),
    Anomaly.INFERRED: frozenset(),
    Anomaly.REQUEST_REFUSED: frozenset(),
}
