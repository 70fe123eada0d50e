"""What docs/access.md says of roles and routes is what the code does."""

import pytest

from adapters.access.page import PAGE, with_table


def test_the_page_shows_the_table_of_the_code():
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page, "write it anew: python -m adapters.access.page"
    assert "| `POST /v1/orders` |  | ● |  |  |  |  |  |" in page


def test_a_page_that_lost_its_marks_is_not_written_over():
    with pytest.raises(ValueError, match="lost a mark"):
        with_table("# Something else")
