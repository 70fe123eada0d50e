"""What docs/access.md says of roles and routes is what the code does."""

import re
from pathlib import Path

import pytest

from adapters.access.page import PAGE, with_table

ROOT = Path(__file__).parents[3]


def test_the_page_shows_the_table_of_the_code():
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page, "write it anew: python -m adapters.access.page"
    assert "| `POST /v1/orders` |  | ● |  |  |  |  |  |" in page


def test_a_page_that_lost_its_marks_is_not_written_over():
    with pytest.raises(ValueError, match="lost a mark"):
        with_table("# Something else")


def test_every_test_that_the_threat_model_names_is_there():
    words = re.findall(
        r"`((?:tests/[\w/]+\.py)?)((?:::\w+)?)`", (ROOT / "docs" / "threat-model.md").read_text()
    )
    path, missing = "", []
    for file, test in words:
        path = file or path
        text = (ROOT / path).read_text() if (ROOT / path).is_file() else ""
        missing += [f"{path}{test}"] if not text or f"def {test[2:]}" not in text else []
    assert len(words) > 20
    assert missing == []
