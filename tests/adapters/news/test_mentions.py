"""Which symbols a text is about."""

import pytest

from adapters.market.symbols import house_symbol
from adapters.news.mentions import read_mentions
from tests.adapters.news.items import MENTIONS


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("$AAPL up", ("AAPL",)),
        ("shares of BRK (NYSE: BRK-B) and Apple's rise", ("AAPL", "BRK.B")),
        ("$BRK/B, $MSFT.", ("BRK.B", "MSFT")),
        ("Nasdaq:GOOG", ("GOOG",)),
        ("International Business Machines", ("IBM",)),
        ("<b>Apple</b> and <i class='$FB'>Google</i>", ("AAPL", "GOOG")),
        ("\uff04AAPL in wide letters", ("AAPL",)),
        ("an apple a day, pineapples, Appleby's", ()),
        ("it costs $100 and US$BN, a$AAPL", ()),
        ("", ()),
    ],
)
def test_symbols_are_found_in_the_forms_that_news_writes(text, symbols):
    assert MENTIONS.found(text) == symbols


def test_a_table_of_companies_that_cannot_be_read_is_told_with_its_place(tmp_path):
    path = tmp_path / "companies.yaml"
    path.write_text("AAPL: [Apple]\nFB: Facebook\n")
    with pytest.raises(ValueError, match=r"companies\.yaml:2:5 must be a list of names"):
        read_mentions(house_symbol, path)
