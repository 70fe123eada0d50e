"""No player is what a 404 says, and nothing else: a refusal is told, not taken for the real clock."""

import pytest

from ui import connection
from ui.client import Problem


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch):
    """Makes the API refuse every question with a status."""

    def refuse(status: int) -> None:
        class Refusing:
            def get(self, _path: str) -> None:
                raise Problem(status, "refused", "refused", "", {})

        monkeypatch.setattr(connection, "api", Refusing)

    return refuse


def test_where_there_is_no_player_the_house_goes_by_the_real_clock(refusing):
    refusing(404)
    assert connection.player() is None


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_refusal_is_not_taken_for_the_real_clock(refusing, status):
    refusing(status)
    with pytest.raises(Problem):
        connection.player()
    with pytest.raises(Problem):
        connection.now()
