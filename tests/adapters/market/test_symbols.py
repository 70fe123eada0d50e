"""A symbol is written in one way, whoever it is heard from."""

import pytest

from adapters.market.symbols import NoSymbol, house_symbol


@pytest.mark.parametrize("text", ["BRK.B", "brk-b", "BRK/B", " brk b ", "Brk.b\t"])
def test_share_classes_have_one_form(text):
    assert house_symbol(text) == "BRK.B"


@pytest.mark.parametrize(
    ("text", "form"), [(" aapl ", "AAPL"), ("c", "C"), ("BF-B", "BF.B"), ("jpm/pr/c", "JPM.PR.C")]
)
def test_the_form_is_upper_case_and_stays_itself(text, form):
    assert house_symbol(text) == form
    assert house_symbol(form) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "7UP",
        "AAPL?",
        "A..B",
        "-B",
        "BRK.",
        "\uff21\uff21\uff30\uff2c",
        "A" * 11,
        "A" * 500,
        "A\nB",
        "../etc",
    ],
)
def test_what_is_no_symbol_is_refused_in_words(text):
    with pytest.raises(NoSymbol, match=r"write one like AAPL or BRK\.B"):
        house_symbol(text)
