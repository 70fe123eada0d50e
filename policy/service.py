"""The policy service put together from its parts; ``adapters/wiring.py`` brings the ports."""

from dataclasses import dataclass

from sqlalchemy import Engine

from policy.evaluate import Evaluation
from policy.house_facts import NO_BOOKS
from policy.packs import PackLoader
from policy.ports import Clock, ContextSource, HouseFacts, PackLibrary, Sessions
from policy.retention.months import Months
from policy.reviews import Reviews
from policy.shelf import Shelf
from policy.stops.tripping import Stops
from policy.watching.tally import Tally
from policy.writer import Writer


@dataclass(frozen=True)
class PolicyService:
    """Everything the API and the event handlers need; ``start`` before use, ``stop`` after."""

    store: Engine
    clock: Clock
    loader: PackLoader
    shelf: Shelf
    evaluation: Evaluation
    reviews: Reviews
    stops: Stops
    writer: Writer
    tally: Tally

    def start(self) -> None:
        """Stock an empty shelf and begin to decide."""
        self.shelf.stock()
        self.writer.start()

    def stop(self) -> None:
        """Finish what was accepted."""
        self.writer.stop()


def build_policy(
    store: Engine,
    clock: Clock,
    sessions: Sessions,
    contexts: ContextSource,
    library: PackLibrary,
    chain: str = "main",
    books: HouseFacts = NO_BOOKS,
) -> PolicyService:
    """The service on a migrated ``store``; ``chain`` names this process's chain of the audit log.

    Without ``books`` what they would tell is absent from the facts, which no pack takes for harmless.
    """
    loader, tally = PackLoader(library), Tally()
    shelf = Shelf(store, loader, clock)
    evaluation = Evaluation(store, clock, sessions, shelf, tally, Months(store), books, chain)
    reviews = Reviews(store, clock, contexts, loader, books, chain)
    writer = Writer(evaluation.evaluate_batch, evaluation.keep_refused, tally)
    return PolicyService(store, clock, loader, shelf, evaluation, reviews, Stops(store, clock), writer, tally)
