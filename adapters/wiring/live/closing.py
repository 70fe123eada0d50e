"""What a live house does while the market is closed: bars close, gaps are filled in, splits are learnt."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from adapters.features.live import BarRefused, LiveFeatures
from adapters.market.calendar import Session
from adapters.market.closing.session_bars import SessionBars
from adapters.market.intake import Intake
from adapters.market.source import SourceAway
from adapters.wiring.live.history import History, last_closed
from policy.contracts import Bar

log = structlog.get_logger(__name__)

SETTLES = timedelta(minutes=2)
"""How long after the bell late trades may still change a session's last minutes, and lost ones be found."""
AGAIN = timedelta(minutes=10)
"""How long a market that has not told a session's bar yet is left alone before it is asked again."""


class Closing:
    """Sees to it that before a session every one before it has its bars, and that features follow them."""

    def __init__(
        self,
        history: History,
        minutes: SessionBars,
        features: LiveFeatures,
        intake: Intake,
        lacks_minutes: Callable[[], bool],
    ) -> None:
        """``lacks_minutes`` says whether some may be missing that are still to be asked for."""
        self._lacks_minutes = lacks_minutes
        self._history = history
        self._minutes = minutes
        self._features = features
        self._intake = intake
        self._closed: date | None = None
        self._split_day = history.clock.now().date()
        self._complete: date | None = None
        self._ask_at = history.clock.now()
        self._lacking_since: datetime | None = None

    def turn(self) -> None:
        """Do what is due now; asked again and again, it does what is left to do."""
        now = self._history.clock.now()
        session = last_closed(self._history.calendar, now)
        if now < session.closes + SETTLES:
            return
        if self._closed != session.day:
            if self._waits_for_minutes(session, now):
                return
            self._close(session)
        is_due = self._complete != session.day or self._split_day != now.date()
        if is_due and now >= self._ask_at:
            self._ask_at = now + AGAIN
            self._complete_up_to(session.day)

    def _waits_for_minutes(self, session: Session, now: datetime) -> bool:
        """Whether some are missing that may yet be had; after a while they count as lost for good."""
        if not self._lacks_minutes():
            return False
        self._lacking_since = self._lacking_since or now
        if now - self._lacking_since < SETTLES:
            return True
        self._minutes.missed(session.day, "minutes were lost, and could not be had")
        return False

    def _close(self, session: Session) -> None:
        self._history.learn_looks()
        closed = self._minutes.close(session)
        self._intake.put_aside(closed.quarantined)
        self._follow(closed.bars)
        self._closed, self._lacking_since = session.day, None

    def _complete_up_to(self, day: date) -> None:
        """Learn of splits, and of bars that did not close here; features begin anew where either is new.

        On a new day they all do: a split that was on record beforehand may have its day.
        """
        try:
            changed = self._history.learn_splits()
        except SourceAway as away:
            log.warning("splits could not be learnt; they are asked for again", why=str(away))
            return
        filled = self._history.fill()
        self._intake.put_aside([no for one in filled for no in one.quarantined])
        changed |= {one.symbol for one in filled if one.added}
        today = self._history.clock.now().date()
        for symbol in sorted(changed if today == self._split_day else self._history.symbols):
            self._features.restart(symbol, self._history.adjusted(symbol))
        self._intake.recall(bars=self._history.last_bars())
        self._split_day = today
        if not any(one.missing for one in filled):
            self._complete = day

    def _follow(self, bars: tuple[Bar, ...]) -> None:
        for bar in bars:
            try:
                self._features.take(bar)
            except BarRefused as refused:
                log.warning("features begin anew from what is stored", symbol=bar.symbol, why=str(refused))
                self._features.restart(bar.symbol, self._history.adjusted(bar.symbol))
        self._intake.recall(bars=bars)
