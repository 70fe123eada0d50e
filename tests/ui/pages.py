"""The pages as the screen tests run them, and what is read from a page that ran."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

PATIENCE_SECONDS = 30


def today_page() -> None:
    from ui import today

    today.show()


def decisions_page() -> None:
    from ui import decisions

    decisions.show()


def orders_page() -> None:
    from ui import orders

    orders.show()


def reviews_page() -> None:
    from ui import reviews

    reviews.show()


def packs_page() -> None:
    from ui import packs

    packs.show()


def safety_page() -> None:
    from ui import safety

    safety.show()


def reconciliation_page() -> None:
    from ui import reconciliation

    reconciliation.show()


def senses_page() -> None:
    from ui import senses

    senses.show()


def player_bar() -> None:
    from ui.player import show_player

    show_player()


def opened(page: Callable[[], None], line: str | None = None) -> AppTest:
    """``page`` after its first run, without an exception; ``line`` is the key of one that a person opened."""
    app = AppTest.from_function(page, default_timeout=PATIENCE_SECONDS)
    if line is not None:
        app.session_state[line] = True
    return ran(app.run())


def ran(app: AppTest) -> AppTest:
    """``app``, if its last run raised nothing."""
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    """Everything the page says in Markdown, and its messages."""
    elements = (*app.markdown, *app.caption, *app.error, *app.warning, *app.success, *app.info)
    return "\n".join(str(element.value) for element in elements)


def column(app: AppTest, name: str) -> list[str]:
    """What stands in the column ``name`` of the page's tables, top to bottom."""
    return [str(cell) for table in app.table if name in table.value for cell in table.value[name]]


def heads(app: AppTest) -> list[str]:
    """The lines that can be opened."""
    return [row.label for row in app.expander]
