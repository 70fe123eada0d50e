"""What people see of the crew: a line for each change, a table where there is a terminal."""

from io import StringIO

from rich.console import Console

from adapters.together.crew import Row
from adapters.together.table import shown_rows, table, words

HEALTHY = Row("market", "healthy", 41, "http://127.0.0.1:8002", 0, None, None, "market.log")
DIED = Row("market", "died", None, "http://127.0.0.1:8002", 1, -9, 3.7, "market.log")


def test_a_process_that_died_says_of_what_and_when_it_comes_back():
    assert words(DIED) == "died (code -9), again in 4 s"
    assert words(HEALTHY) == "healthy"


def test_without_a_terminal_each_change_is_one_line(capsys):
    with shown_rows() as show:
        for rows in ([HEALTHY], [HEALTHY], [DIED], [DIED], [HEALTHY]):
            show(rows)
    told = [line.split("s  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "market      healthy  http://127.0.0.1:8002",
        "market      died (code -9), again in 4 s  http://127.0.0.1:8002",
        "market      healthy  http://127.0.0.1:8002",
    ]


def test_beside_a_document_nothing_is_said(capsys):
    with shown_rows(quiet=True) as show:
        show([HEALTHY])
    assert capsys.readouterr().out == ""


def test_the_table_shows_every_process():
    paper = StringIO()
    Console(file=paper, width=100).print(table([HEALTHY, DIED]))
    heading, healthy, died = paper.getvalue().splitlines()
    assert heading.split() == ["process", "state", "pid", "address", "restarts"]
    assert healthy.split() == ["market", "healthy", "41", "http://127.0.0.1:8002"]
    assert died.split()[-1] == "1"
