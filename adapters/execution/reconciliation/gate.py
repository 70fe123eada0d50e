"""The gate of the books: while they are not known to be the broker's, nothing but exits is sent.

Exits pass. They go by the shares on record, which only fills of the broker's have made, and may only reduce;
to hold them back would keep the house in positions just when it knows least.
"""

from collections.abc import Set

from adapters.execution.reconciliation.compare import Ask, Comparison, Tell
from policy.order_contracts import OrderReason

NOT_YET = "the broker's account has not been compared since this process began"
SILENCES = 3
"""After so many looks in a row without a whole answer the gate closes, until the next that is settled."""


class BooksGate:
    """Closed when a process begins, and when the broker has been silent for long.

    Its state is the process's own: nothing that an earlier one left on record can open it.
    """

    def __init__(self) -> None:
        self._waits_for: str | None = NOT_YET
        self._silences = 0

    @property
    def waits_for(self) -> str | None:
        """Why it is closed; None while it is open."""
        return self._waits_for

    def answered(self, waits_for: str | None) -> bool:
        """A whole answer was compared, and ``waits_for`` is what it left to settle, None for nothing.

        Returns whether that changes anything; it never closes a gate that is open.
        """
        self._silences = 0
        return self._becomes(self._waits_for and waits_for)

    def silent(self, why: str) -> bool:
        """A look had no whole answer; returns whether that changes anything."""
        self._silences += 1
        closed = self._waits_for is not None or self._silences >= SILENCES
        return self._becomes(f"the broker's account cannot be seen ({why})" if closed else None)

    def _becomes(self, waits_for: str | None) -> bool:
        before, self._waits_for = self._waits_for, waits_for
        return before != waits_for

    def refusal(self) -> OrderReason | None:
        """Why no new risk is taken yet; None once the gate is open."""
        if self._waits_for is None:
            return None
        message = f"the books are not settled with the broker's yet ({self._waits_for}); try again in a while"
        return OrderReason(code="limit-not-reconciled", message=message)


def waiting_for(found: Comparison, frozen: Set[str], *, certain: bool) -> str | None:
    """What keeps the books of ``found`` from being the broker's; None where nothing does.

    What is ``frozen`` is fenced in. With a ``certain`` broker an order of ours that differs explains itself:
    nothing of it is still on its way, and it is followed by the look that repairs.
    """
    if found.strangers:
        return f"the broker has orders that were not here ({len(found.strangers)})"
    if loose := sorted({*found.mismatched} - frozen):
        return f"shares or dollars differ and are not frozen yet ({', '.join(loose)})"
    on_the_way = sum(one.is_young for one in found.beside)
    on_the_way += sum(isinstance(repair, Tell | Ask) for repair in found.repairs)
    if on_the_way and not certain:
        return f"orders may still have news on the way ({on_the_way})"
    return None
