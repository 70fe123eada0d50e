"""The page of reconciliation: both books side by side, what differs, what was put right, and a release."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from policy.order_contracts import OrderState
from policy.reconciliation_contracts import (
    AssetBeside,
    Executions,
    ExplainedView,
    FrozenView,
    LookView,
    OrderBeside,
    OrderSide,
    Picture,
    ReconciliationView,
    RepairView,
    Start,
)
from tests.ui.doubles import Double, answering
from tests.ui.pages import column, opened, ran, reconciliation_page, texts
from tests.ui.running import bought, emptied, filled

AT = datetime(2012, 9, 4, 15, tzinfo=UTC)
SUMS = Executions(orders=2, shares=Decimal(20), dollars=Decimal("6953.70"), commission=Decimal(2))
SIDE = OrderSide(state=OrderState.ACCEPTED, cum_qty=Decimal(0), notional=Decimal(0), commission=Decimal(0))
OURS = OrderBeside(
    order_id=UUID(int=1),
    external_order_id="P-1",
    symbol="IBM",
    side="BUY",
    qty=Decimal(7),
    origin="LOCAL",
    ours=SIDE,
    theirs=None,
    agrees=False,
    left_alone=False,
)


def asset(name: str, ours: str, theirs: str, agrees: bool) -> AssetBeside:
    """One line of positions and cash."""
    return AssetBeside(
        asset=name,
        ours=Decimal(ours),
        theirs=Decimal(theirs),
        explained=Decimal(0),
        moving=False,
        agrees=agrees,
    )


def looked(outcome: str, **changes: Any) -> LookView:
    """A look that came to ``outcome``."""
    assets = (asset("cash", "1000", "1000.00", True), asset("AAPL", "10", "12", False))
    seen = Picture(compared=2, orders=(OURS,), executions_ours=SUMS, executions_theirs=SUMS, assets=assets)
    whole = {"run_id": UUID(int=9), "first_at": AT, "at": AT, "by": "reconciliation", "why": None}
    return LookView(**{**whole, "outcome": outcome, "picture": seen, **changes})


def books(**changes: Any) -> dict[str, Any]:
    """Books in which two shares of AAPL differ, with ``changes``, as the API sends them."""
    repair = RepairView(
        number=4,
        run_id=UUID(int=9),
        at=AT,
        kind="told",
        asset="MSFT",
        order_id=UUID(int=2),
        before={"state": "ACCEPTED", "cum_qty": "0"},
        after={"state": "FILLED", "cum_qty": "10"},
        by="reconciliation",
    )
    whole = {
        "start": Start(started_at=AT, settled_at=AT, waits_for=None),
        "last": looked("unexplained"),
        "last_answered": looked("unexplained"),
        "frozen": (FrozenView(asset="AAPL", since=AT, why="10 here and 12 at the broker"),),
        "explained": (ExplainedView(asset="GOOG", amount=Decimal(3), at=AT, by="kim", note="a gift"),),
        "repairs": (repair,),
        "external": (),
    }
    return ReconciliationView(**(whole | changes)).model_dump(mode="json")


@pytest.fixture
def differing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """An API whose books differ from the broker's."""
    with answering(
        {"/v1/reconciliation": (200, books()), "/v1/reconciliation/release": (200, books())}
    ) as double:
        monkeypatch.setenv("TRIVET_API_URL", double.address)
        yield double


def test_both_books_stand_side_by_side_with_what_differs(differing: Double) -> None:
    app = opened(reconciliation_page)
    assert column(app, "here")[:2] == [r"$1,000\.00".replace("$", r"\$"), "10"]
    assert column(app, "at the broker")[1] == "12"
    assert column(app, "broker has more")[:2] == ["—", "+2"]
    assert "unexplained" in column(app, "both")[1]
    assert "something differs that no order explains" in texts(app)


def test_an_order_that_one_side_lacks_is_told_from_both_sides(differing: Double) -> None:
    app = opened(reconciliation_page)
    assert "does not have it" in column(app, "at the broker")
    assert any("differ" in cell for cell in column(app, "both"))


def test_a_repair_tells_what_was_before_and_after(differing: Double) -> None:
    app = opened(reconciliation_page)
    assert column(app, "before") == [r"state **ACCEPTED** · cum qty **0**"]
    assert column(app, "after") == [r"state **FILLED** · cum qty **10**"]


def test_a_release_wants_a_note_and_says_what_follows(differing: Double) -> None:
    app = opened(reconciliation_page)
    assert "If you release it" in texts(app)
    ran(app.button(key="release-AAPL-send").click().run())
    assert differing.told == []
    assert "Write the reason first" in texts(app)
    app.text_input(key="release-AAPL-note").set_value("bought by hand")
    ran(app.button(key="release-AAPL-send").click().run())
    assert differing.told == [("/v1/reconciliation/release", {"asset": "AAPL", "note": "bought by hand"})]


def test_until_the_books_are_settled_the_page_says_that_only_exits_are_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = Start(started_at=AT, settled_at=None, waits_for="the broker does not answer")
    silent = looked("silent", picture=None, why="no answer")
    found = books(start=waiting, last=silent, last_answered=None, frozen=(), repairs=(), explained=())
    with answering({"/v1/reconciliation": (200, found)}) as double:
        monkeypatch.setenv("TRIVET_API_URL", double.address)
        app = opened(reconciliation_page)
    assert "Only exits are sent until the books are settled" in app.warning[0].value
    assert "the broker does not answer" in app.warning[0].value
    assert "both books agree" not in texts(app)


def test_a_running_houses_books_agree_and_are_compared_on_request(screens: str) -> None:
    emptied(screens)
    (order,) = bought(screens)
    filled(screens, order)
    app = opened(reconciliation_page)
    ran(app.button(key="compare").click().run())
    assert "both books agree" in texts(app)
    assert column(app, "of")[:2] == ["cash", "AAPL"]
    assert column(app, "here")[1] == column(app, "at the broker")[1] == "10"
