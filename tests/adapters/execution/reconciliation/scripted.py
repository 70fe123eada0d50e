"""A morning on which the broker's messages are lost, somebody else trades on the account, and shares turn up.

``python -m tests.adapters.execution.reconciliation.scripted`` writes what the report says of it into
``docs/reconciliation.md``; a test holds the page to it.
"""

import tempfile
from decimal import Decimal
from pathlib import Path

from adapters.cli.reconciliation_words import report
from adapters.ports import BrokerWord
from adapters.storage.database import open_store
from tests.adapters.brokers.trading import permit, ticket
from tests.adapters.execution.parts import TradingHouse
from tests.trivet import PROJECT

PAGE = PROJECT / "docs" / "reconciliation.md"
_BEGINS, _ENDS = "<!-- report: begins -->\n", "<!-- report: ends -->\n"


def morning(house: TradingHouse) -> None:
    """Every kind of difference, one after another; the last look finds what nobody has explained yet."""
    house.broker.lost = {BrokerWord.FILLED}
    house.order(1)
    house.step()
    house.reconcile()
    house.broker.lost = set()
    stranger = ticket(qty=30)
    house.broker.inner.submit(permit(stranger), stranger)
    house.step()
    house.reconcile()
    house.broker.claims = {"MSFT": Decimal(7)}
    house.reconcile()
    house.execution.release("MSFT", "ada", "a gift of the broker's for opening the account")
    house.order(2, limit_price="99.50")
    house.step()
    house.broker.gift = Decimal("-0.35")
    house.reconcile()


def told(house: TradingHouse) -> str:
    """The report on ``house``."""
    return "\n".join(report(house.execution.reconciled(20))) + "\n"


def with_report(page: str, text: str) -> str:
    """``page`` with ``text`` between its two marks."""
    before, _, rest = page.partition(_BEGINS)
    _, _, after = rest.partition(_ENDS)
    return f"{before}{_BEGINS}```\n{text}```\n{_ENDS}{after}"


def main() -> None:
    """Write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'trivet.db'}")
        house = TradingHouse(store)
        morning(house)
        PAGE.write_text(with_report(PAGE.read_text("utf-8"), told(house)), "utf-8")
        store.dispose()


if __name__ == "__main__":
    main()
