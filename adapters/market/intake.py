"""The one way in for quotes and bars of every source: inspected, counted, and what is unfit put aside."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.outcome import Quarantined
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.inspection.tally import QuoteTally
from adapters.market.source import RawBar, RawQuote
from policy.contracts import Bar, Quote

LOOK_EVERY = timedelta(seconds=1)


class Intake:
    """Takes in what one source delivers, in the order of arrival; one delivery at a time.

    Inspecting asks the store for nothing but acceptances, once a second while a level is held; they count
    from then on. What is put aside is in the store when ``settle`` has returned.
    """

    def __init__(
        self, source: str, inspection: Inspection, quarantine: Quarantine, acceptances: Acceptances
    ) -> None:
        """Goes on with the levels that are held and the acceptances that there are in the store."""
        self.tally = QuoteTally(source, lambda: inspection.held)
        self._source = source
        self._inspection = inspection
        self.quarantine = quarantine
        self.acceptances = acceptances
        self._heard = 0
        self._looked_at: datetime | None = None
        self._one_delivery = Lock()
        inspection.recall(held=quarantine.holds().values())
        self._hear()

    def recall(self, quotes: Iterable[Quote] = (), bars: Iterable[Bar] = ()) -> None:
        """Go on where these were let in last."""
        with self._one_delivery:
            self._inspection.recall(quotes, bars)

    def quotes(self, raws: Sequence[RawQuote]) -> list[Quote]:
        """Those that were let in, in order."""
        accepted: list[Quote] = []
        refused: list[Quarantined] = []
        with self._one_delivery:
            if raws and self._inspection.held and self._is_due(raws[-1].received_at):
                self._hear()
            for raw in raws:
                found = self._inspection.quote(raw)
                if isinstance(found, Quarantined):
                    refused.append(found)
                else:
                    accepted.append(found)
            self.tally.took(self._source, accepted)
            self._put_aside(refused)
        return accepted

    def bars(self, raws: Iterable[RawBar]) -> list[Bar]:
        """Those that were let in, in order; each belongs to a session that has closed."""
        with self._one_delivery:
            found = [self._inspection.bar(raw) for raw in raws]
            self._put_aside([one for one in found if isinstance(one, Quarantined)])
        return [one for one in found if not isinstance(one, Quarantined)]

    def follows(self, symbol: str) -> bool:
        """Whether ``symbol`` is one that is looked at."""
        return symbol in self._inspection.symbols

    def put_aside(self, refused: Sequence[Quarantined]) -> None:
        """Keep what was found unfit on another way in, such as minutes, or bars of days gone by."""
        with self._one_delivery:
            self._put_aside(refused)

    def settle(self) -> None:
        """Keep what was put aside since the last time; what the store does not take goes on waiting.

        To be called by whoever hands in, after every step or once a second; where nothing waits, it is free.
        """
        with self._one_delivery:
            self.quarantine.write(self._inspection.held)

    def _put_aside(self, refused: Sequence[Quarantined]) -> None:
        if refused:
            self.tally.refused(refused)
            self.quarantine.put(refused)

    def _is_due(self, now: datetime) -> bool:
        is_due = self._looked_at is None or now - self._looked_at >= LOOK_EVERY
        if is_due:
            self._looked_at = now
        return is_due

    def _hear(self) -> None:
        for number, acceptance in self.acceptances.since(self._heard):
            self._inspection.accept(acceptance)
            self._heard = number
