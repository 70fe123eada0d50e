"""Takes in what the live market says, a few times a second: quotes for the board, minutes for the session."""

import threading
import time
from datetime import datetime, timedelta

import structlog

from adapters.market.alpaca.source import AlpacaSource
from adapters.market.calendar import TradingCalendar
from adapters.market.closing.minutes import read_minute
from adapters.market.closing.session_bars import SessionBars
from adapters.market.inspection.outcome import Fault, Quarantined, Unfit
from adapters.market.intake import Intake
from adapters.market.live_bars import MinuteVolumes
from adapters.market.live_board import LiveBoard
from adapters.market.source import RawBar, SourceAway
from policy.ports import Clock

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 0.2
_FILL_AGAIN_SECONDS = 5.0
_SETTLE_SECONDS = 1.0
_INSTANT = timedelta(microseconds=1)
PAUSE = timedelta(seconds=30)
"""How long nobody may have looked, by the clock, before something counts as missed: the machine slept."""


class Feed:
    """Carries from ``source`` through inspection to ``board`` and ``minutes``, in one thread.

    What is quoted while the exchange is closed is no quote of a session, and no fault either: it is let go.
    """

    def __init__(
        self,
        source: AlpacaSource,
        intake: Intake,
        board: LiveBoard,
        minutes: SessionBars,
        volumes: MinuteVolumes,
        calendar: TradingCalendar,
        clock: Clock,
    ) -> None:
        self._source = source
        self._intake = intake
        self._board = board
        self._minutes = minutes
        self._volumes = volumes
        self._calendar = calendar
        self._clock = clock
        self._fill_at = self._settle_at = 0.0
        self._gap_from: datetime | None = None
        self._looked_at = clock.now()
        self._complaint = ""
        self._alone = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Listen, and carry from now on."""
        self._source.start()
        self._thread.start()

    def stop(self) -> None:
        """Carry no more; what was taken in is written."""
        self._over.set()
        self._source.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._intake.settle()

    @property
    def lacks_minutes(self) -> bool:
        """Whether minutes may be missing that are still to be asked for."""
        return self._source.has_lost_minutes or self._gap_from is not None or self._has_paused()

    def turn(self) -> None:
        """Carry what has arrived since the last time; what is lost where that fails is asked for again."""
        with self._alone:
            if self._has_paused():
                self._source.note_gap()
            try:
                self._carry()
            except Exception:
                self._source.note_gap()
                raise
            finally:
                self._looked_at = self._clock.now()

    def _has_paused(self) -> bool:
        return self._clock.now() - self._looked_at > PAUSE

    def _carry(self) -> None:
        if self._source.has_lost_minutes and self._gap_from is None:
            self._gap_from = self._wanted_from()  # before a minute that comes now hides where it begins
        self._take_quotes()
        if time.monotonic() >= self._settle_at:
            self._settle_at = time.monotonic() + _SETTLE_SECONDS
            self._intake.settle()
        self._take_minutes(self._source.minutes())
        if self._source.has_lost_minutes and time.monotonic() >= self._fill_at:
            self._fill_at = time.monotonic() + _FILL_AGAIN_SECONDS
            self._fill_minutes()

    def _run(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            try:
                self.turn()
                self._complaint = ""
            except Exception as error:  # whatever it was, the next quotes must be taken in
                if self._complaint != (complaint := repr(error)):  # told once, however often
                    log.error("what the market said could not be taken in", error=complaint, exc_info=error)
                    self._complaint = complaint

    def _take_quotes(self) -> None:
        arrived = self._source.quotes()
        in_session = [raw for raw in arrived if self._calendar.is_open(raw.received_at)]
        self._board.put(self._intake.quotes(in_session))

    def _take_minutes(self, raws: list[RawBar]) -> None:
        """Minutes of a session; others are of no session's bar. What is unfit or late is put aside."""
        known = [raw for raw in raws if self._known(raw)]
        if known:
            self._intake.put_aside([no for no in self._minutes.take_all(known) if no is not None])

    def _known(self, raw: RawBar) -> bool:
        try:
            minute, _ = read_minute(raw, self._calendar)
            if not self._intake.follows(minute.symbol):
                raise Unfit(Fault.UNKNOWN_SYMBOL, f"{minute.symbol} is not among those that are followed")
        except Unfit as unfit:
            if unfit.fault is not Fault.NOT_A_SESSION:
                self._intake.put_aside([Quarantined(unfit.fault, unfit.text, raw, None, unfit.against)])
            return False
        self._volumes.put(minute)
        return True

    def _fill_minutes(self) -> None:
        """Ask for what was traded while nobody listened; what cannot be had is asked for again."""
        now = self._clock.now()
        session = self._calendar.latest_before(now)
        self._source.found_minutes()
        try:
            if session is not None and self._gap_from is not None:
                until = min(now, session.closes)
                self._take_minutes(self._source.minutes_between(self._gap_from, until))
            self._gap_from = None
        except SourceAway as away:
            log.warning("minutes are missing; they are asked for again", why=str(away))
            self._source.lost_minutes()

    def _wanted_from(self) -> datetime | None:
        """Where what is known of the session that is open, or was last, may have come to its end."""
        now = self._clock.now()
        session = self._calendar.latest_before(now)
        at = None if session is None else min(now, session.closes - _INSTANT)
        return None if at is None else self._minutes.wanted_from(at, self._source.symbols)
