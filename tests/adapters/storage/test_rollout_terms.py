"""The terms of the rollout are read whole or not at all, and every fault names its place."""

from pathlib import Path

import pytest

from adapters.storage.rollout import FILE, TermsUnfit, read_terms
from policy.rollout.phases import Phase

SHIPPED = Path("rules") / FILE


def changed(folder: Path, old: str, new: str) -> Path:
    """The shipped terms with one edit, in a folder of rules."""
    text = SHIPPED.read_text("utf-8")
    assert old in text
    (folder / FILE).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_the_shipped_terms_ask_for_four_weeks_on_paper() -> None:
    terms = read_terms(Path("rules"))
    assert set(terms) == set(Phase)
    paper = terms[Phase.PAPER]
    assert (paper.packs, paper.sessions, paper.weeks) == ((("rollout-paper", "1.0.0"),), 20, 4)
    assert terms[Phase.DEVELOPMENT].packs == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("  live:", "  alive:", '"alive" is unknown; the phases are development, paper, sandbox, live'),
        ("sessions: 20, ", "", "rollout.yaml:6:17 paper needs exactly drill_days, packs, sessions, weeks"),
        (
            "weeks: 4",
            "weeks: 4, moons: 1",
            "paper needs exactly drill_days, packs, sessions, weeks; look at moons",
        ),
        ("sessions: 20", "sessions: soon", "sessions must be a whole number, 0 or above"),
        ("sessions: 20", "sessions: -1", "sessions must be a whole number, 0 or above"),
        ("sessions: 20", "sessions: 0.5", "sessions must be a whole number, 0 or above"),
        ("rollout-paper@1.0.0", "rollout-paper", '"rollout-paper" is no pack; write pack@version'),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(TermsUnfit) as caught:
        read_terms(changed(tmp_path, old, new))
    assert fault in str(caught.value)
    assert f"{tmp_path}/{FILE}:" in str(caught.value)


def test_without_the_file_nobody_advances(tmp_path: Path) -> None:
    with pytest.raises(TermsUnfit, match="restore it from version control"):
        read_terms(tmp_path)
