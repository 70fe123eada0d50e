"""One symbol's rows on their way into the store: inspected in order, held against what is there, added."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from adapters.market.calendar import TradingCalendar
from adapters.market.gaps import gaps, session_day
from adapters.market.history_inspection import inspected_as_traded, inspecting
from adapters.market.importing.notes import Beside
from adapters.market.importing.report import LINES_SHOWN, Differing, OfSymbol, PutAside
from adapters.market.importing.rows import Row
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.level import JUMP
from adapters.market.inspection.outcome import Acceptance, Fault, Quarantined
from adapters.market.source import RawBar
from adapters.storage.bar_notes import Correction, Look
from adapters.storage.bars import BarStore, numbers_of
from policy.contracts import Bar

SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Terms:
    """Into which store rows go, at what time, and what somebody has said about them beforehand.

    ``correct``: other numbers take the place of stored ones. ``accepted`` jumps, by symbol and day, were
    looked at, as ``note`` says; prices up to the fraction ``jump`` away are none. What lies ``beside`` the
    rows counts as what is on record does.
    """

    store: BarStore
    calendar: TradingCalendar
    now: datetime
    dry_run: bool = False
    correct: bool = False
    accepted: frozenset[tuple[str, date]] = frozenset()
    note: str = ""
    jump: Decimal = JUMP
    beside: Beside = field(default_factory=Beside)


class OneSymbol:
    """Takes the rows of ``symbol``, oldest first; ``aside`` keeps those that are not let in."""

    def __init__(self, symbol: str, terms: Terms, aside: Callable[[PutAside], None]) -> None:
        self._terms = terms
        self._aside = aside
        self._stored = terms.store.between(symbol)
        self._days = [session_day(bar) for bar in self._stored]
        self._before = 0
        self._inspection = _inspection(symbol, terms)
        self._changed: list[Bar] = []
        self._looks: list[Look] = []
        self._report = OfSymbol(symbol)

    def put_aside(self, no: Quarantined, row: Row, file: str) -> None:
        """Count and keep ``row``, which was not let in."""
        one = PutAside(file, row.line, no.fault.value, no.text, no.against, _came(row))
        self._report.put_aside(one)
        self._aside(one)

    def take(self, raw: RawBar, row: Row, file: str) -> None:
        """Inspect ``raw``, which stands in ``row`` of ``file``, against what lies before it."""
        self._report.rows += 1
        outcome = self._inspected(raw)
        if isinstance(outcome, Quarantined):
            self.put_aside(outcome, row, file)
            return
        self._hold_against_stored(outcome, row, file)

    def finish(self) -> OfSymbol:
        """Store what was let in, unless this is a dry run, and tell what became of all rows."""
        terms, report = self._terms, self._report
        if not terms.dry_run:
            for look in self._looks:
                terms.store.add_look(look)
            correction = Correction(SOURCE, terms.now) if terms.correct else None
            terms.store.add(report.symbol, self._changed, correction)
        days = {*self._days, *map(session_day, self._changed)}
        if days:
            report.first, report.last = min(days).isoformat(), max(days).isoformat()
        missing = [one.session.day for one in gaps(report.symbol, days, terms.calendar)]
        report.gaps, report.first_gaps = len(missing), [str(day) for day in missing[:LINES_SHOWN]]
        return report

    def _inspected(self, raw: RawBar) -> Bar | Quarantined:
        self._recall_before(raw)
        outcome = inspected_as_traded(self._inspection, raw)
        if isinstance(outcome, Bar) or outcome.fault is not Fault.JUMP:
            return outcome
        day = date.fromisoformat(str(raw.session))
        symbol = self._report.symbol
        if (symbol, day) not in self._terms.accepted:
            return outcome
        level, note = Decimal(str(raw.close)), self._terms.note
        self._inspection.accept(Acceptance(symbol, day, level, note))
        self._looks.append(Look(symbol, day, level, note, self._terms.now))
        return inspected_as_traded(self._inspection, raw)

    def _recall_before(self, raw: RawBar) -> None:
        """Let the inspection know the newest stored bar before ``raw``, where that is news to it."""
        try:
            day = date.fromisoformat(str(raw.session))
        except ValueError:
            return
        last, self._before = self._before, bisect_left(self._days, day, lo=self._before)
        self._inspection.recall(bars=self._stored[last : self._before][-1:])

    def _hold_against_stored(self, bar: Bar, row: Row, file: str) -> None:
        report, at = self._report, self._before
        stored = self._stored[at] if at < len(self._stored) else None
        if stored is None or stored.opened_at != bar.opened_at:
            report.new += 1
            self._changed.append(bar)
        elif stored == bar:
            report.same += 1
        else:
            self._differ(stored, bar, row, file)

    def _differ(self, stored: Bar, came: Bar, row: Row, file: str) -> None:
        correct, both = self._terms.correct, (numbers_of(stored), numbers_of(came))
        day = session_day(came).isoformat()
        self._report.differ(Differing(file, row.line, day, *both, correct))
        if correct:
            self._changed.append(came)
        else:
            self._aside(PutAside(file, row.line, "differs", f"stored is {both[0]}", None, _came(row)))


def _inspection(symbol: str, terms: Terms) -> Inspection:
    found = [split for split in terms.beside.splits if split.symbol == symbol]
    looks = [look for look in terms.beside.looks if look.symbol == symbol]
    splits = {split.ex_day: split for split in (*found, *terms.store.splits(symbol))}
    looks = [*terms.store.looks(symbol), *looks]
    return inspecting(symbol, list(splits.values()), looks, terms.calendar, terms.jump)


def _came(row: Row) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("symbol", "when", "open", "high", "low", "close", "volume")}
