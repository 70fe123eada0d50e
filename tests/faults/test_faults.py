"""Whatever is killed, cut off, forgotten or told twice while the house plays: nothing is lost and nothing
happens twice, and in the end everything is as if nothing had happened."""

import pytest

from tests.faults.faults import faults
from tests.faults.suffering import print_row, suffer


@pytest.mark.faults
def test_a_house_that_suffers_every_fault_ends_as_one_that_suffered_none(open_folder):
    open_folder.chmod(0o711)  # Postgres runs as nobody where we are root
    print("\n| fault | the player stood at | went on after |\n|---|---|---|")
    done = suffer(open_folder, print_row)
    print(f"{done.apart['signals']} signals, {done.apart['fills']} fills, sha256 {done.apart['sha256']}")
    assert [row.fault for row in done.rows] == list(faults())
    assert done.broken == []
    assert done.apart == done.together
    assert done.together["fills"] > 0
